package ssooidctest

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// Request is a request that arrived. Its secrets are there to read.
type Request struct {
	Time      time.Time
	Operation string // RegisterClient, CreateTokenWithIAM, GetRoleCredentials, ...; Authorize and Device for the pages; "" for what is none
	Method    string
	Path      string     // without the query
	Query     url.Values // of the path
	Host      string     // which host the client addressed
	Header    http.Header
	Body      []byte // at most 1 MiB of it
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

// record keeps a request; it is not changed after. s.mu is held.
func (s *Service) record(r Request) {
	s.requests = append(s.requests, r)
	if most := s.opts.KeepRequests; most > 0 && len(s.requests) > most {
		s.requests[0] = Request{} // let go of what it holds
		s.requests = s.requests[1:]
	}
}

// Requests are the requests that arrived so far, in order, those with scripted answers and those of the
// pages included. The caller owns them: each call copies them all. A service forgets none, unless
// Options.KeepRequests says how many it keeps.
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
