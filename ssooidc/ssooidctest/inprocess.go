package ssooidctest

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime/debug"
)

// HTTPClient returns a client whose requests the service answers, whatever
// their host. There is no network and nothing to close, so the client works
// inside a testing/synctest bubble. Each request has a connection of its own in
// memory, between net/http's client and net/http's server: what holds over a
// network holds here too. A dropped connection and a handler's panic are errors
// of the request that say so.
//
// A body that is neither read to its end nor closed keeps its connection open,
// as it does over a network.
func (s *Service) HTTPClient() *http.Client {
	return &http.Client{Transport: inProcess{s}}
}

// inProcess is a transport to a handler.
type inProcess struct{ handler http.Handler }

// RoundTrip implements [http.RoundTripper].
func (t inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	e := &exchange{handler: t.handler}
	transport := http.Transport{
		DialContext:         e.dial,
		DialTLSContext:      e.dialTLS,
		MaxIdleConnsPerHost: -1, // the connection ends with the answer
	}
	resp, err := transport.RoundTrip(req)
	switch {
	case err == io.EOF && e.panicked != nil:
		return nil, e.panicked
	case err == io.EOF:
		return nil, fmt.Errorf("ssooidctest: the handler dropped the connection: %w", err)
	case err != nil:
		return nil, err
	}
	resp.TLS = e.tls
	return resp, nil
}

// server serves every connection in memory. It is not one for each client: a
// server holds a WaitGroup, and synctest ties one that is on the heap to a
// bubble, which Go 1.25.0 may mistake for another.
var server = http.Server{
	BaseContext: func(l net.Listener) context.Context {
		return context.WithValue(context.Background(), exchangeKey{}, l)
	},
	Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Context().Value(exchangeKey{}).(*exchange).serve(w, r)
	}),
}

type exchangeKey struct{}

// exchange is one request and its answer, over one connection. It is the
// listener of that connection.
type exchange struct {
	handler  http.Handler
	conn     net.Conn             // the server's end, until it is accepted
	tls      *tls.ConnectionState // nil for plain http
	panicked error                // set before the connection ends
}

func (e *exchange) dialTLS(ctx context.Context, network, addr string) (net.Conn, error) {
	host, _, _ := net.SplitHostPort(addr)
	e.tls = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true, ServerName: host}
	return e.dial(ctx, network, addr)
}

func (e *exchange) dial(context.Context, string, string) (client net.Conn, err error) {
	client, e.conn = pipe()
	server.Serve(e) // until e has handed out its connection
	return client, nil
}

// Accept implements [net.Listener].
func (e *exchange) Accept() (net.Conn, error) {
	conn := e.conn
	if conn == nil {
		return nil, net.ErrClosed
	}
	e.conn = nil
	return conn, nil
}

// Close implements [net.Listener].
func (*exchange) Close() error { return nil }

// Addr implements [net.Listener].
func (*exchange) Addr() net.Addr { return nil }

// serve calls the handler as a network's server would.
func (e *exchange) serve(w http.ResponseWriter, r *http.Request) {
	r.RemoteAddr, r.TLS = "127.0.0.1:1", e.tls
	defer func() {
		p := recover()
		if p == nil {
			return
		}
		if p != http.ErrAbortHandler {
			e.panicked = fmt.Errorf("ssooidctest: the handler panicked: %v\n%s", p, debug.Stack())
		}
		panic(http.ErrAbortHandler)
	}()
	e.handler.ServeHTTP(w, r)
}
