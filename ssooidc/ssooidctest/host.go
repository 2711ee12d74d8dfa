package ssooidctest

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// HandleHost lets h answer every request that addresses host, whatever the
// method, port and path. It is for hosts beside the service, such as a company's
// own address that redirects to the start URL:
//
//	start := http.RedirectHandler(service.StartURL(), http.StatusFound)
//	service.HandleHost("sso.example.com", start)
//
// Other answers are handlers too. A loop is a redirect to the address itself,
// and a server that hangs waits for r.Context().Done(). A later call for the
// same host replaces the handler.
//
// A request for host is recorded and meets no script. h may be called
// concurrently, and may hand its request to [Service.ServeHTTP] for the
// service's own answer.
//
// A client of [Service.HTTPClient] reaches every host. Another client must find
// the service at host, through its resolver or a proxy.
//
// HandleHost panics if h is nil, or if host is not the name of a host, without a
// scheme and a port.
func (s *Service) HandleHost(host string, h http.Handler) {
	if h == nil {
		panic("ssooidctest: HandleHost: the handler is nil")
	}
	if host == "" || host != (&url.URL{Host: host}).Hostname() || strings.ContainsAny(host, "/?#@ ") {
		panic(fmt.Sprintf("ssooidctest: HandleHost: %q must be the name of a host, without a port", host))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hosts[strings.ToLower(host)] = h
}

// hostHandler returns the handler of the host that a request addresses, or nil.
// s.mu is held.
func (s *Service) hostHandler(r *http.Request) http.Handler {
	return s.hosts[strings.ToLower((&url.URL{Host: r.Host}).Hostname())]
}
