package ssooidctest

import (
	"net/http"
	"slices"
	"time"
)

// operation is what the service does for one path and some methods.
type operation struct {
	name    string // AWS's; of a page, ours
	path    string
	methods []string
	kind    kind
	serve   func(s *Service, w http.ResponseWriter, r *http.Request, op *operation, body []byte)
}

// kind says which exceptions an operation has.
type kind int

const (
	oidc   kind = iota // the service itself
	portal             // the portal beside it
	page               // none: a person's
)

var (
	get   = []string{http.MethodGet}
	post  = []string{http.MethodPost}
	forms = []string{http.MethodGet, http.MethodHead, http.MethodPost}
)

// operations are all operations of the service.
var operations = []*operation{
	{"RegisterClient", "/client/register", post, oidc, jsonOperation((*Service).registerClient)},
	{"StartDeviceAuthorization", "/device_authorization", post, oidc, jsonOperation((*Service).startDeviceAuthorization)},
	{"CreateToken", "/token", post, oidc, jsonOperation((*Service).createToken)},
	{"CreateTokenWithIAM", "/token", post, oidc, (*Service).serveCreateTokenWithIAM},
	{"GetRoleCredentials", "/federation/credentials", get, portal, accountOperation((*Service).getRoleCredentials)},
	{"ListAccounts", "/assignment/accounts", get, portal, accountOperation((*Service).listAccounts)},
	{"ListAccountRoles", "/assignment/roles", get, portal, accountOperation((*Service).listAccountRoles)},
	{"Logout", "/logout", post, portal, portalOperation((*Service).logout)},
	{"Authorize", "/authorize", forms, page, (*Service).serveAuthorize},
	{"Device", "/device", forms, page, (*Service).serveDevicePage},
}

// operationNamed returns nil for an unknown name.
func operationNamed(name string) *operation {
	for _, op := range operations {
		if op.name == name {
			return op
		}
	}
	return nil
}

// operationOf returns the operation that a request asks for, or nil.
func operationOf(r *http.Request) *operation {
	iam := r.URL.Query().Get("aws_iam") == "t" // the path of CreateToken and CreateTokenWithIAM is the same
	for _, op := range operations {
		if op.path == r.URL.Path && slices.Contains(op.methods, r.Method) &&
			(op.path != "/token" || iam == (op.name == "CreateTokenWithIAM")) {
			return op
		}
	}
	return nil
}

// unknownOperation answers a request for no operation, as AWS's JSON services
// do.
func unknownOperation(w http.ResponseWriter) {
	w.Header().Set("X-Amzn-ErrorType", "UnknownOperationException")
	writeJSON(w, http.StatusNotFound, map[string]any{"message": "No operation has this method and path"})
}

// call is one request of a JSON operation.
type call struct {
	now  time.Time
	base string // the service's own address, as the client sees it
	in   *input
}

// jsonOperation serves an operation of the service itself. f is called with
// s.mu held.
func jsonOperation(f func(*Service, *call) (answer, *exception)) func(*Service, http.ResponseWriter, *http.Request, *operation, []byte) {
	return func(s *Service, w http.ResponseWriter, r *http.Request, op *operation, body []byte) {
		c := &call{now: time.Now(), base: s.baseOf(r), in: parseInput(body)}
		s.mu.Lock()
		a, e := f(s, c)
		s.mu.Unlock()
		if e != nil {
			s.writeException(w, op, e)
			return
		}
		s.writeAnswer(w, a)
	}
}

// baseOf returns the service's address without a path: the start of the
// addresses that it hands out.
func (s *Service) baseOf(r *http.Request) string {
	if s.base != "" {
		return s.base
	}
	scheme := "http"
	if r.TLS != nil {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}
