package wire

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
)

// maxBody is how much of an answer is read, after any decompression. The service's answers have a few KiB.
const maxBody = 1 << 20

// Answer is what came back. Its body is only there while Handler.Answered runs.
type Answer struct {
	Status  int
	Header  http.Header
	Body    []byte
	Problem string // why the answer can't be the service's; "" if nothing speaks against it
	Err     error  // why it could not be read to its end
}

// RequestID is the service's name for the request, as it is sent in one of two headers.
func (a Answer) RequestID() string {
	if id := a.Header.Get("X-Amzn-Requestid"); id != "" {
		return id
	}
	return a.Header.Get("X-Amz-Request-Id")
}

// received is what a request came to: an answer, whose body is in buffer, or an error.
type received struct {
	answer Answer
	buffer *bytes.Buffer
	err    error
}

// receive reads what a Doer has returned.
func receive(resp *http.Response, err error) received {
	if err == nil && resp == nil {
		err = errors.New("the HTTP client returned neither an answer nor an error")
	}
	if err != nil {
		return received{err: err}
	}
	buffer := buffers.get()
	return received{answer: read(resp, buffer), buffer: buffer}
}

// read takes an answer, up to maxBody, into buffer. An answer that fills the buffer is too long.
func read(resp *http.Response, buffer *bytes.Buffer) Answer {
	if resp.Body == nil { // net/http never does that, but another Doer may
		resp.Body = http.NoBody
	}
	defer resp.Body.Close()
	answer := Answer{Status: resp.StatusCode, Header: resp.Header}
	switch {
	case resp.StatusCode < 200: // of a protocol that nobody asked for: there is no end to read to
		answer.Problem = "the status is none of an answer's"
		return answer
	case resp.Request != nil && resp.Request.Response != nil:
		answer.Problem = "the HTTP client followed a redirect, and the service never sends one"
		return answer
	case resp.StatusCode/100 == 3:
		answer.Problem = "the answer is a redirect, and the service never sends one"
		return answer
	}
	n, err := buffer.ReadFrom(io.LimitReader(resp.Body, maxBody))
	answer.Body = buffer.Bytes()
	switch {
	case err != nil:
		answer.Problem = "the answer broke off"
		answer.Err = err
	case n == maxBody:
		answer.Problem = "the answer is larger than 1 MiB"
	}
	return answer
}

// body makes a request's body. It is a type that net/http knows, because only then does it send the
// headers and the body in one packet.
func body(b []byte) io.ReadCloser { return io.NopCloser(bytes.NewReader(b)) }

// FailedToDial tells whether an error of a Doer means that no connection was made, so that nothing of the
// request can have left.
func FailedToDial(err error) bool {
	var of *url.Error
	if errors.As(err, &of) && of.Op != "Post" {
		return false // a redirect that was followed: the request itself has left
	}
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// bufferPool reuses the memory that answers are read into, but not that of unusually long ones.
type bufferPool struct{ pool sync.Pool }

var buffers bufferPool

func (p *bufferPool) get() *bytes.Buffer {
	if b, ok := p.pool.Get().(*bytes.Buffer); ok {
		return b
	}
	return new(bytes.Buffer)
}

func (p *bufferPool) put(b *bytes.Buffer) {
	if b.Cap() > 64<<10 {
		return
	}
	clear(b.Bytes()) // tokens
	b.Reset()
	p.pool.Put(b)
}
