package ssooidctest

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
)

// HTTPClient is a client whose requests the service answers itself, whatever their host: there is no
// network and nothing to close, so that it works inside a testing/synctest bubble. It otherwise behaves
// as over a connection: a request ends with its context, a handler sees that its client has gone, an
// endless body is streamed, and a handler's panic (with [http.ErrAbortHandler], or otherwise) is a
// transport error. Handlers can't hijack the connection.
func (s *Service) HTTPClient() *http.Client {
	return &http.Client{Transport: inProcess{s}}
}

// inProcess is a transport that calls a handler.
type inProcess struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	body := closeOnce(req.Body)
	if err := check(req); err != nil {
		body.Close()
		return nil, err
	}
	// The handler learns when the client's context ends, but has none of its values: they cross no connection.
	ctx, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(req.Context(), cancel)
	served, unzip := serverRequest(ctx, req, body)
	w := newResponseWriter(req, cancel)
	go func() {
		defer stop()
		defer cancel()
		defer body.Close()
		// A handler that leaves without returning, by a panic or by runtime.Goexit, drops the connection.
		err := fmt.Errorf("ssooidctest: the handler dropped the connection: %w", io.EOF)
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler {
				err = fmt.Errorf("ssooidctest: the handler panicked: %v\n%s", p, debug.Stack())
			}
			w.finish(err)
		}()
		t.handler.ServeHTTP(w, served)
		err = nil
	}()
	select {
	case <-req.Context().Done():
		body.Close()
		return nil, context.Cause(req.Context())
	case <-w.started:
	}
	if w.err != nil {
		return nil, w.err
	}
	w.response.TLS = served.TLS
	if unzip && strings.EqualFold(w.response.Header.Get("Content-Encoding"), "gzip") {
		uncompress(w.response)
	}
	return w.response, nil
}

func check(req *http.Request) error {
	switch {
	case req.URL == nil:
		return errors.New("ssooidctest: nil Request.URL")
	case req.URL.Scheme != "http" && req.URL.Scheme != "https":
		return fmt.Errorf("ssooidctest: unsupported protocol scheme %q", req.URL.Scheme)
	case req.URL.Host == "":
		return errors.New("ssooidctest: no Host in request URL")
	}
	return context.Cause(req.Context())
}

// serverRequest is what a server makes of a client's request. unzip says that the client has not asked for
// a compressed answer, but the transport has, as [http.Transport] does.
func serverRequest(ctx context.Context, req *http.Request, body io.ReadCloser) (served *http.Request, unzip bool) {
	r := req.Clone(ctx)
	r.Body = body
	r.GetBody = nil
	r.Response = nil
	r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.1", 1, 1
	r.RequestURI = req.URL.RequestURI()
	r.RemoteAddr = "127.0.0.1:1"
	if r.Host == "" {
		r.Host = req.URL.Host
	}
	if req.URL.Scheme == "https" {
		r.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: req.URL.Hostname()}
	}
	r.URL.Scheme, r.URL.Host, r.URL.User, r.URL.Fragment = "", "", nil, ""
	if r.Method == "" {
		r.Method = http.MethodGet
	}
	if r.Header == nil {
		r.Header = http.Header{}
	}
	if r.Header.Get("User-Agent") == "" {
		r.Header.Set("User-Agent", "Go-http-client/1.1")
	}
	switch {
	case req.Body == nil || req.Body == http.NoBody:
		r.ContentLength = 0
	case req.ContentLength == 0: // of a body that is there: unknown
		r.ContentLength = -1
	}
	if r.ContentLength > 0 || r.ContentLength == 0 && (r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch) {
		r.Header.Set("Content-Length", strconv.FormatInt(r.ContentLength, 10))
	}
	if r.Header.Get("Accept-Encoding") == "" && r.Header.Get("Range") == "" && r.Method != http.MethodHead {
		r.Header.Set("Accept-Encoding", "gzip")
		unzip = true
	}
	return r, unzip
}

// onceCloser is a body that both the handler and the transport close.
type onceCloser struct {
	io.ReadCloser
	close func() error
}

func (c onceCloser) Close() error { return c.close() }

func closeOnce(body io.ReadCloser) io.ReadCloser {
	if body == nil {
		return http.NoBody
	}
	return onceCloser{body, sync.OnceValue(body.Close)}
}

// uncompress lets an answer be read as what was compressed, as [http.Transport] does.
func uncompress(resp *http.Response) {
	resp.Header.Del("Content-Encoding")
	resp.Header.Del("Content-Length")
	resp.ContentLength = -1
	resp.Uncompressed = true
	resp.Body = &gzipBody{body: resp.Body}
}

// gzipBody begins to read the compressed body when it is read itself.
type gzipBody struct {
	body io.ReadCloser
	zip  *gzip.Reader
	err  error
}

func (g *gzipBody) Read(p []byte) (int, error) {
	if g.zip == nil && g.err == nil {
		g.zip, g.err = gzip.NewReader(g.body)
	}
	if g.err != nil {
		return 0, g.err
	}
	return g.zip.Read(p)
}

func (g *gzipBody) Close() error { return g.body.Close() }
