package faults_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/wire"
)

// fault is what breaks.
type fault struct {
	name string

	// meet is what a request comes to. nil: it is not a request that breaks.
	meet func(c *client, r *http.Request) (*http.Response, error)

	cause  func(error) bool // what an error without an answer must be made of
	status int              // of the answer, if there is one
	hangs  bool             // there is no answer, for ever

	signs   bool // every request that can be signed is
	iamOnly bool // it is of CreateTokenWithIAM alone

	breakDisk func(t *testing.T, folder string) (mend func())
}

// The faults of the network are met on real sockets by the HTTP client that the module makes, but for the black hole, which
// takes virtual time.
var (
	refused = fault{name: "connection refused", cause: isErrno(syscall.ECONNREFUSED),
		meet: func(c *client, r *http.Request) (*http.Response, error) {
			return c.overNetwork(r, "https", "127.0.0.1:1") // nobody's
		}}
	reset = fault{name: "reset once the request has left", cause: isErrno(syscall.ECONNRESET),
		meet: func(c *client, r *http.Request) (*http.Response, error) {
			return c.overNetwork(r, "http", network.resetting)
		}}
	blackHole = fault{name: "black hole", hangs: true, cause: isTimeout,
		meet: func(c *client, r *http.Request) (*http.Response, error) { return c.intoBlackHole(r) }}
	badCertificate = fault{name: "TLS failure", cause: isA[*tls.CertificateVerificationError],
		meet: func(c *client, r *http.Request) (*http.Response, error) {
			return c.overNetwork(r, "https", network.secure)
		}}
	unknownCA = fault{name: "a proxy with a private CA, and no AWS_CA_BUNDLE", cause: says("set AWS_CA_BUNDLE"),
		meet: func(c *client, r *http.Request) (*http.Response, error) {
			return c.overNetwork(r, "https", r.URL.Host)
		}}
	proxyRefuses = fault{name: "a proxy that refuses", cause: says("refused: 403 Forbidden"),
		meet: func(c *client, r *http.Request) (*http.Response, error) {
			network.refuses.Store(true)
			defer network.refuses.Store(false)
			return c.overNetwork(r, "https", r.URL.Host)
		}}
)

// The answers tempt: where they can, they repeat the request with all its secrets.
var (
	badGateway = fault{name: "502 of a proxy", status: 502, meet: answer(502, "text/html", func(c *client, r *http.Request) string {
		return "<html><h1>Bad gateway</h1><pre>" + html.EscapeString(c.echo(r)) + "</pre></html>"
	})}
	unavailable = fault{name: "503", status: 503, meet: answer(503, "application/json", func(*client, *http.Request) string { return "" })}
	tooMany     = fault{name: "429 with Retry-After", status: 429, meet: answer(429, "application/json", func(c *client, r *http.Request) string {
		return fmt.Sprintf(`{"message":%q}`, "Too many of "+c.echo(r))
	})}
	htmlPage = fault{name: "HTML", status: 200, meet: answer(200, "text/html", func(c *client, r *http.Request) string {
		return "<!DOCTYPE html><title>Welcome to the hotel</title><pre>" + html.EscapeString(c.echo(r)) + "</pre>"
	})}
	torn = fault{name: "torn JSON", status: 200,
		meet: func(c *client, r *http.Request) (*http.Response, error) {
			resp, err := c.answered(r)
			if err != nil {
				return nil, err
			}
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				return nil, err
			}
			resp.Body = io.NopCloser(bytes.NewReader(body[:max(0, len(body)-1)])) // with all that is secret in it
			return resp, nil
		}}
	skew = fault{name: "a signature refused for skew", signs: true, status: 403,
		meet: func(c *client, r *http.Request) (*http.Response, error) {
			if r.Header.Get("Authorization") == "" {
				return nil, errors.New("the request is not signed")
			}
			resp, err := answer(403, "application/json", func(c *client, r *http.Request) string {
				return fmt.Sprintf(`{"message":%q}`, "Signature not yet current: 20000101T001500Z is still later than 20000101T000500Z "+c.echo(r))
			})(c, r)
			resp.Header.Set("X-Amzn-ErrorType", "InvalidSignatureException")
			return resp, err
		}}
	inTransit = fault{name: "a signature that is 15 minutes old", iamOnly: true, status: 403,
		meet: func(c *client, r *http.Request) (*http.Response, error) {
			time.Sleep(15 * time.Minute) // as far as the service's clock is ahead
			return c.answered(r)
		}}
	cancelled = fault{name: "context cancelled",
		meet: func(c *client, r *http.Request) (*http.Response, error) {
			c.cancelCaller()
			select {
			case <-r.Context().Done():
				return nil, r.Context().Err()
			case <-time.After(time.Second): // a request that is detached from the caller
				return c.answered(r)
			}
		}}
)

var faults = []fault{
	refused, reset, blackHole, badCertificate, unknownCA, proxyRefuses, badGateway, unavailable, tooMany, htmlPage, torn, skew, inTransit, cancelled,
}

// answer is a fault that answers instead of the service.
func answer(status int, contentType string, body func(*client, *http.Request) string) func(*client, *http.Request) (*http.Response, error) {
	return func(c *client, r *http.Request) (*http.Response, error) {
		return &http.Response{
			Status: http.StatusText(status), StatusCode: status, Request: r,
			Header: http.Header{"Content-Type": {contentType}, "Retry-After": {"3600"}},
			Body:   io.NopCloser(bytes.NewBufferString(body(c, r))),
		}, nil
	}
}

// overNetwork sends a request by the module's own HTTP client, to another server.
func (c *client) overNetwork(r *http.Request, scheme, host string) (*http.Response, error) {
	own, err := wire.NewHTTPClient()
	if err != nil {
		return nil, err
	}
	defer own.CloseIdleConnections()
	return own.Do(elsewhere(r, scheme, host))
}

// intoBlackHole is overNetwork to a server that takes everything and says nothing. In the world's time that is the caller's
// deadline.
func (c *client) intoBlackHole(r *http.Request) (*http.Response, error) {
	own, err := wire.NewHTTPClient()
	if err != nil {
		return nil, err
	}
	defer own.CloseIdleConnections()
	if c.at.flow.listens {
		c.cancelCaller()
	}
	own.Transport.(*http.Transport).DialContext = func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go io.Copy(io.Discard, theirs)
		return ours, nil
	}
	return own.Do(elsewhere(r, "http", "black.hole.example"))
}

func elsewhere(r *http.Request, scheme, host string) *http.Request {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = scheme, host, ""
	return r
}

func isErrno(want syscall.Errno) func(error) bool {
	return func(err error) bool {
		var errno syscall.Errno // Windows has numbers of its own
		return errors.Is(err, want) || onWindows && errors.As(err, &errno)
	}
}

func isA[T error](err error) bool {
	var target T
	return errors.As(err, &target)
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
