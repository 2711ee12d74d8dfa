package ssooidctest

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync"
	"time"
)

// Service is IAM Identity Center's OIDC service and portal, in memory. It is an
// [http.Handler], and starts no goroutine. Its clock is [time.Now], so in a
// testing/synctest bubble it is the bubble's.
//
// Its methods are safe for concurrent use.
type Service struct {
	opts Options
	base string // where NewServer listens; "": the request's own host

	mu         sync.Mutex
	requests   []Request
	script     map[string][]*step      // by operation
	hosts      map[string]http.Handler // by host name, in lower case
	forgetNext time.Time

	clients       map[string]*client // by client ID
	devices       map[string]*device // by device code
	userCodes     map[string]*device // the same, by user code
	started       int                // how many device codes were issued
	codes         map[string]*code   // authorization codes that are not used up
	accessTokens  map[string]*token
	refreshTokens map[string]*token
	portalLimit   rateLimit
}

// New makes a service. It panics if opts are invalid, such as a lifetime that
// is negative or not whole seconds, an unknown enum value or an account ID that
// is not twelve digits. The panic names the option.
func New(opts Options) *Service {
	return &Service{
		opts:          opts.complete(),
		script:        map[string][]*step{},
		hosts:         map[string]http.Handler{},
		clients:       map[string]*client{},
		devices:       map[string]*device{},
		userCodes:     map[string]*device{},
		codes:         map[string]*code{},
		accessTokens:  map[string]*token{},
		refreshTokens: map[string]*token{},
		portalLimit:   rateLimit{perSecond: opts.PortalRate},
	}
}

// StartURL returns the address of the AWS access portal that this service
// knows: Options.StartURL, or an invented one in the live service's form.
// Nothing answers there.
func (s *Service) StartURL() string {
	if s.opts.StartURL != "" {
		return s.opts.StartURL
	}
	return defaultStartURL
}

// maxBody is how much of a request is read. Real ones are far smaller.
const maxBody = 1 << 20

// arrival is the context key of the body that a handler of HandleNext or
// HandleHost was given, so that the handler can return the request for the real
// answer.
type arrival struct{ *Service }

// arrivedBody is the body of a request, for a handler to read.
type arrivedBody struct {
	io.Reader
	whole []byte
}

func (*arrivedBody) Close() error { return nil }

// ServeHTTP answers as the service and as the portal, whatever the host, except
// those of [Service.HandleHost].
//
// A handler of [Service.HandleNext] or HandleHost may call it with the request
// that it got, whether it has read the body or not. ServeHTTP then gives the
// answer that the service would have given; if the handler has replaced r.Body,
// to that body. Such a request is recorded once, as it arrived, and meets no
// other handler.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	op := operationOf(r)
	var body []byte
	given, back := r.Context().Value(arrival{s}).(*arrivedBody)
	if back && r.Body == given {
		body = given.whole
	} else {
		body = readBody(r)
	}
	if !back {
		if h := s.arrived(op, r, body); h != nil {
			given = &arrivedBody{bytes.NewReader(body), body}
			r = r.WithContext(context.WithValue(r.Context(), arrival{s}, given))
			r.Body = given
			h.ServeHTTP(w, r)
			return
		}
	}
	switch {
	case op == nil && r.URL.Path == "/" && r.Method == http.MethodGet: // a person who typed the address alone
		http.Redirect(w, r, "/device", http.StatusFound)
	case op == nil:
		unknownOperation(w)
	case len(body) > maxBody:
		op.serve(s, w, r, op, nil) // nothing that an operation or a page could use
	default:
		op.serve(s, w, r, op, body)
	}
}

// readBody reads the body, but not much more than maxBody.
func readBody(r *http.Request) []byte {
	if r.Body == nil { // of a request that no server has made
		return []byte{}
	}
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody+1)) // cut off, it is torn JSON or half a form
	return body
}

// arrived records the request. It returns what answers in the service's place:
// the host's handler, the next step of the script, or nil.
func (s *Service) arrived(op *operation, r *http.Request, body []byte) http.Handler {
	s.mu.Lock()
	defer s.mu.Unlock()
	h := s.hostHandler(r)
	if h != nil {
		op = nil // no operation of ours has this host
	}
	s.record(newRequest(op, r, body))
	s.forget(time.Now())
	if h != nil {
		return h
	}
	return s.nextStep(op)
}
