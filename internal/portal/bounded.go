package portal

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/ssooidc/ssooidc-go/internal/wire"
)

// maxBody is how much of an answer is read: as much as of the service's.
const maxBody = 1 << 20

// Bounded is a client for the portal's other operations: no answer that it returns has more than 1 MiB, after any decompression.
type Bounded struct{ wire.Doer }

// Do sends a request.
func (b Bounded) Do(req *http.Request) (*http.Response, error) {
	resp, err := b.Doer.Do(req)
	if err == nil && resp != nil && resp.StatusCode/100 == 1 {
		if resp.Body != nil {
			resp.Body.Close()
		}
		return nil, fmt.Errorf("the answer has status %d, which is none of an answer's: check any endpoint or proxy that is configured", resp.StatusCode)
	}
	if resp != nil && resp.Body != nil {
		resp.Body = &body{resp.Body, maxBody}
	}
	return resp, err
}

// CloseIdleConnections is the client's own, if it has one.
func (b Bounded) CloseIdleConnections() {
	if c, ok := b.Doer.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// body is that of an answer, up to so many bytes.
type body struct {
	io.ReadCloser
	left int
}

var errTooLong = errors.New("the answer is larger than 1 MiB")

// Read fails where there is more than may be.
func (b *body) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, errTooLong
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left+1)])
	if b.left -= n; b.left < 0 {
		return n - 1, errTooLong
	}
	return n, err
}
