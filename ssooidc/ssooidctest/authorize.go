package ssooidctest

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// authorizeParameters are those of an authorization request (RFC 6749 section
// 4.1.1, RFC 7636 section 4.3). The service names the scopes "scopes".
var authorizeParameters = []string{
	"response_type", "client_id", "redirect_uri", "state", "code_challenge_method", "scopes", "code_challenge",
}

// authorization is an authorization request whose client and redirect URI are
// valid.
type authorization struct {
	client   *client
	redirect *url.URL
	in       url.Values
	scopes   []string
}

// serveAuthorize serves the start of the browser flow: a page that asks the
// person, then a redirect to the client.
func (s *Service) serveAuthorize(w http.ResponseWriter, r *http.Request, _ *operation, body []byte) {
	in, ok := pageInput(r, body)
	if !ok {
		writeBadInput(w)
		return
	}
	a, problem := s.authorization(in, time.Now())
	if problem != "" {
		// The redirect URI is not trusted: no browser is sent there (RFC 6749
		// section 4.1.2.1).
		writePage(w, http.StatusBadRequest, "message", message{"This sign-in can't go on", problem})
		return
	}
	if code, text := a.check(); code != "" {
		a.sendBack(w, r, url.Values{"error": {code}, "error_description": {text}})
		return
	}
	decision := in.Get("decision")
	switch {
	case s.opts.Consent == ConsentAsk && r.Method != http.MethodPost:
		s.askConsent(w, a)
		return
	case s.opts.Consent != ConsentAsk:
		wait := time.NewTimer(s.opts.ConsentDelay)
		defer wait.Stop()
		select {
		case <-wait.C:
		case <-r.Context().Done():
			return
		}
		decision = "approve"
		if s.opts.Consent == ConsentDeny {
			decision = "deny"
		}
	}
	switch decision {
	case "approve":
		a.sendBack(w, r, url.Values{"code": {s.newCode(a)}})
	case "deny":
		a.sendBack(w, r, url.Values{"error": {"access_denied"}, "error_description": {"The person denied the request"}})
	default:
		writeBadInput(w)
	}
}

// authorization finds the client and the redirect URI of a request. problem
// says what is wrong with them.
func (s *Service) authorization(in url.Values, now time.Time) (a *authorization, problem string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reg := s.clients[in.Get("client_id")]
	switch {
	case len(in["client_id"]) > 1 || len(in["redirect_uri"]) > 1:
		return nil, "The request names its client or its redirect URI twice."
	case reg == nil:
		return nil, "The client is not registered here."
	case !now.Before(reg.expires):
		return nil, "The client's registration has expired."
	}
	redirect, ok := parseRedirect(in.Get("redirect_uri"))
	if !ok || !slices.ContainsFunc(reg.redirectURIs, func(registered string) bool { return sameRedirect(redirect, registered) }) {
		return nil, "The redirect URI is not one that the client has registered: it must be on 127.0.0.1, on any port, with the registered path."
	}
	a = &authorization{client: reg, redirect: redirect, in: in, scopes: strings.Fields(in.Get("scopes"))}
	if len(a.scopes) == 0 {
		a.scopes = reg.scopes
	}
	return a, ""
}

// sameRedirect reports whether u is the registered redirect URI. It ignores the
// port.
func sameRedirect(u *url.URL, registered string) bool {
	r, ok := parseRedirect(registered)
	return ok && u.EscapedPath() == r.EscapedPath()
}

// check returns the error that the client is told, if any (RFC 6749 section
// 4.1.2.1).
func (a *authorization) check() (code, text string) {
	for _, name := range authorizeParameters {
		if len(a.in[name]) > 1 {
			return "invalid_request", name + " is there twice"
		}
	}
	switch {
	case a.in.Get("response_type") != "code":
		return "unsupported_response_type", "response_type must be code"
	case !a.client.may(grantAuthorizationCode):
		return "unauthorized_client", "The client is not registered for the authorization code grant"
	case a.in.Get("code_challenge_method") != "S256":
		return "invalid_request", "code_challenge_method must be S256"
	case !isChallenge(a.in.Get("code_challenge")):
		return "invalid_request", "code_challenge must be the SHA-256 of the code verifier, in 43 characters of base64url"
	case slices.ContainsFunc(a.scopes, func(scope string) bool { return !slices.Contains(a.client.scopes, scope) }):
		return "invalid_scope", "The client has not registered these scopes"
	}
	return "", ""
}

// askConsent shows the consent page. Its form holds the whole request, so the
// service need not keep it.
func (s *Service) askConsent(w http.ResponseWriter, a *authorization) {
	type field struct{ Name, Value string }
	var fields []field
	for _, name := range authorizeParameters {
		if a.in.Has(name) {
			fields = append(fields, field{name, a.in.Get(name)})
		}
	}
	writePage(w, http.StatusOK, "consent", struct {
		ClientName string
		Scopes     []string
		Fields     []field
	}{a.client.name, a.scopes, fields}, "http://"+a.redirect.Host)
}

// sendBack sends the browser to the client, with the state of the request.
func (a *authorization) sendBack(w http.ResponseWriter, r *http.Request, with url.Values) {
	if a.in.Has("state") {
		with.Set("state", a.in.Get("state"))
	}
	to := *a.redirect
	to.RawQuery = with.Encode()
	status := http.StatusFound
	if r.Method == http.MethodPost {
		status = http.StatusSeeOther
	}
	h := w.Header()
	h.Set("Location", to.String())
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Content-Length", "0")
	w.WriteHeader(status)
}
