package ssooidctest

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// responseWriter makes a client's response of what a handler writes. A short answer is kept until the
// handler has returned, and then has a Content-Length, as net/http's server does it; a longer one, or
// one that the handler flushes, is streamed.
type responseWriter struct {
	req    *http.Request   // the client's, which may use it anew once it has an error: hence the next two
	method string          // of req
	ctx    context.Context // of req
	cancel func()          // ends the handler's context
	header http.Header     // the handler's, until the header is written

	status   int // 0: the header is not written yet
	sent     http.Header
	length   int64 // as the handler declared it; -1: not
	written  int64
	buffered bytes.Buffer
	stream   *stream // nil until the answer is streamed

	// started is closed when there is a response or an error; they are not changed after.
	started  chan struct{}
	response *http.Response
	err      error
}

// keep is how much of an answer net/http's server holds back.
const keep = 2048

func newResponseWriter(req *http.Request, cancel func()) *responseWriter {
	return &responseWriter{
		req: req, method: req.Method, ctx: req.Context(),
		cancel: cancel, header: http.Header{}, started: make(chan struct{}),
	}
}

// Header implements [http.ResponseWriter].
func (w *responseWriter) Header() http.Header { return w.header }

// WriteHeader implements [http.ResponseWriter].
func (w *responseWriter) WriteHeader(status int) {
	if status < 100 || status > 999 {
		panic(fmt.Sprintf("invalid WriteHeader code %v", status)) // as net/http has it
	}
	if w.status != 0 || status < 200 { // superfluous, or informational: the client shows none of these
		return
	}
	w.status, w.sent, w.length = status, w.header.Clone(), -1
	if n, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil && n >= 0 {
		w.length = n
	} else {
		w.sent.Del("Content-Length")
	}
	if w.sent.Get("Date") == "" {
		w.sent.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	}
}

// Write implements [http.ResponseWriter].
func (w *responseWriter) Write(p []byte) (int, error) {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.status == http.StatusNoContent || w.status == http.StatusNotModified {
		return 0, http.ErrBodyNotAllowed
	}
	if w.length >= 0 && w.written+int64(len(p)) > w.length {
		return 0, http.ErrContentLength
	}
	// Once flushed, the header is the client's.
	if w.stream == nil && w.written == 0 && len(p) > 0 && w.sent["Content-Type"] == nil && w.sent.Get("Content-Encoding") == "" {
		w.sent.Set("Content-Type", http.DetectContentType(p))
	}
	w.written += int64(len(p))
	head := w.method == http.MethodHead
	if w.stream == nil && w.written <= keep {
		if head {
			return len(p), nil
		}
		return w.buffered.Write(p)
	}
	w.Flush()
	if head {
		return len(p), nil
	}
	return w.stream.Write(p)
}

// Flush implements [http.Flusher]: the answer goes to the client as far as it is written.
func (w *responseWriter) Flush() {
	if w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	if w.stream != nil {
		return
	}
	w.stream = newStream()
	if w.method == http.MethodHead {
		w.start(w.length, http.NoBody)
		return
	}
	// The client that waits for more must learn that its own context has ended.
	stop := context.AfterFunc(w.ctx, func() { w.stream.end(context.Cause(w.ctx)) })
	w.stream.Write(w.buffered.Bytes()) // there is room: a flush waits for nobody
	w.start(w.length, streamed{w.stream, func() { stop(); w.cancel() }})
}

// streamed is the body of a streamed answer: closing it is how a client hangs up.
type streamed struct {
	*stream
	left func()
}

func (s streamed) Close() error {
	s.left()
	s.hangUp()
	return nil
}

// start hands the response to the client.
func (w *responseWriter) start(length int64, body io.ReadCloser) {
	text := http.StatusText(w.status)
	if text == "" {
		text = "status code " + strconv.Itoa(w.status)
	}
	w.response = &http.Response{
		Status:        strconv.Itoa(w.status) + " " + text,
		StatusCode:    w.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        w.sent,
		Body:          body,
		ContentLength: length,
		Request:       w.req,
	}
	if length < 0 && w.method != http.MethodHead {
		w.response.TransferEncoding = []string{"chunked"}
	}
	close(w.started)
}

// finish ends the answer when the handler is done; err where the connection was dropped.
func (w *responseWriter) finish(err error) {
	if err == nil && w.status == 0 {
		w.WriteHeader(http.StatusOK)
	}
	short := err != nil || w.length > w.written && w.method != http.MethodHead && w.status != http.StatusNotModified
	switch {
	case w.stream != nil && w.ctx.Err() != nil: // which may be why the handler is done
		w.stream.end(context.Cause(w.ctx))
	case w.stream != nil && short:
		w.stream.end(io.ErrUnexpectedEOF)
	case w.stream != nil:
		w.stream.end(io.EOF)
	case err != nil:
		w.err = err
		close(w.started)
	case short: // the client misses the rest
		w.start(w.length, io.NopCloser(io.MultiReader(&w.buffered, cutOff{})))
	default:
		w.startWhole()
	}
}

// startWhole hands over an answer that was kept until the handler was done.
func (w *responseWriter) startWhole() {
	length := w.length
	if length < 0 && (w.written > 0 || w.method != http.MethodHead) {
		length = w.written
	}
	if length >= 0 && w.status != http.StatusNoContent && w.status != http.StatusNotModified {
		w.sent.Set("Content-Length", strconv.FormatInt(length, 10))
	}
	if w.buffered.Len() == 0 {
		w.start(length, http.NoBody)
		return
	}
	w.start(length, io.NopCloser(&w.buffered))
}

// cutOff is where a connection broke.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
