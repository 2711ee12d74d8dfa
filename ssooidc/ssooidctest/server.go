package ssooidctest

import (
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a [Service] that listens on a port of 127.0.0.1, with plain http. For TLS, put the Service of
// [New] into a server of your own: it is an [http.Handler].
type Server struct {
	*Service
	URL string // such as http://127.0.0.1:40123, without a slash at the end

	server http.Server
	served sync.WaitGroup // the accept loop, and every connection
}

// NewServer makes a service and starts a server for it, on any free port. The caller closes it. NewServer
// panics where [New] would, or where it can't listen.
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

// Close stops listening, cuts the open connections and waits until every handler has returned. Closing
// twice is fine.
func (srv *Server) Close() {
	srv.server.Close()
	srv.served.Wait()
}
