package ssooidctest

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a [Service] that listens on a port of 127.0.0.1, with plain http.
// For TLS, give the Service of [New], which is an [http.Handler], to a server
// of your own.
type Server struct {
	*Service
	URL string // such as http://127.0.0.1:40123, without a slash at the end

	server http.Server
	served sync.WaitGroup // the accept loop, and every connection
}

// NewServer makes a service and starts a server for it, on any free port. The
// caller must close it. NewServer panics if [New] would, or if it can't listen.
func NewServer(opts Options) *Server {
	service := New(opts)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(fmt.Sprintf("ssooidctest: can't listen on 127.0.0.1: %v", err))
	}
	srv := &Server{Service: service, URL: "http://" + l.Addr().String()}
	service.base = srv.URL
	srv.server = http.Server{
		Handler:           service,
		ReadHeaderTimeout: 10 * time.Second,
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				srv.served.Add(1)
			case http.StateClosed, http.StateHijacked:
				srv.served.Done()
			}
		},
	}
	srv.served.Add(1)
	go func() {
		defer srv.served.Done()
		srv.server.Serve(l)
	}()
	return srv
}

// Close stops listening, closes the open connections and waits until every
// handler has returned. It may be called more than once.
func (srv *Server) Close() {
	srv.server.Close()
	srv.served.Wait()
}
