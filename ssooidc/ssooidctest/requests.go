package ssooidctest

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Request is a request that arrived. It holds the secrets that the client sent.
type Request struct {
	Time time.Time // when it arrived

	// Operation is the name of the operation, such as RegisterClient,
	// CreateTokenWithIAM or GetRoleCredentials. The pages are Authorize and
	// Device. It is "" for a request for no operation, or for a host of
	// HandleHost.
	Operation string

	Method string
	Path   string     // without the query
	Query  url.Values // of the path
	Host   string     // the host that the client addressed, with its port
	Header http.Header
	Body   []byte // at most 1 MiB of it
}

func newRequest(op *operation, r *http.Request, body []byte) Request {
	req := Request{
		Time:   time.Now(),
		Method: r.Method,
		Path:   r.URL.Path,
		Query:  r.URL.Query(),
		Host:   r.Host,
		Header: r.Header.Clone(),
		Body:   body[:min(len(body), maxBody)],
	}
	if op != nil {
		req.Operation = op.name
	}
	return req
}

// record keeps a request, which must not be changed afterwards. s.mu is held.
func (s *Service) record(r Request) {
	s.requests = append(s.requests, r)
	if most := s.opts.KeepRequests; most > 0 && len(s.requests) > most {
		s.requests[0] = Request{} // let go of what it holds
		s.requests = s.requests[1:]
	}
}

// Requests returns the requests that arrived so far, in order. Those with
// scripted answers, those of the pages and those for other hosts are included.
// Each call copies all of them, and the caller owns the copy. The service keeps
// every request, unless Options.KeepRequests limits them.
func (s *Service) Requests() []Request {
	s.mu.Lock()
	requests := slices.Clone(s.requests)
	s.mu.Unlock()
	for i := range requests {
		r := &requests[i]
		r.Query = url.Values(http.Header(r.Query).Clone())
		r.Header = r.Header.Clone()
		r.Body = slices.Clone(r.Body)
	}
	return requests
}
