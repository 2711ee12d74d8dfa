package errortexts_test

import (
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/rolecreds"
)

var admin = rolecreds.Role{AccountID: "111122223333", Name: "Admin"}

// retrieved asks for a role's credentials where the portal answers so.
func retrieved(h http.HandlerFunc) func(*world) error {
	return func(w *world) error {
		s := w.signedIn()
		w.service.HandleNext("GetRoleCredentials", h, 99)
		_, err := rolecreds.New(s, admin).Retrieve(w.Context())
		return err
	}
}

// refusedRole asks for a role's credentials where the portal raises an exception.
func refusedRole(exception string) func(*world) error {
	return func(w *world) error {
		s := w.signedIn()
		w.fails("GetRoleCredentials", exception)
		_, err := rolecreds.New(s, admin).Retrieve(w.Context())
		return err
	}
}

var roleSituations = []situation{
	{name: "no session", provoke: func(w *world) error {
		_, err := rolecreds.New(nil, admin).Retrieve(w.Context())
		return err
	}},
	{name: "no role", provoke: func(w *world) error {
		_, err := rolecreds.New(w.session(), rolecreds.Role{}).Retrieve(w.Context())
		return err
	}},
	{name: "certificates that are not there", provoke: func(w *world) error {
		w.Setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem")
		_, err := rolecreds.New(w.session(func(c *login.Config) { c.HTTPClient = nil }), admin).Retrieve(w.Context())
		return err
	}},
	{name: "nobody has signed in", provoke: func(w *world) error {
		_, err := rolecreds.New(w.session(), admin).Retrieve(w.Context())
		return err
	}},
	{name: "not this person's role", provoke: refusedRole("ForbiddenException")},
	{name: "no such account or role", provoke: refusedRole("ResourceNotFoundException")},
	{name: "an account ID that is none", provoke: refusedRole("InvalidRequestException")},
	{name: "too many requests", provoke: refusedRole("TooManyRequestsException")},
	{name: "the session is over, says the portal", provoke: refusedRole("UnauthorizedException")},
	{name: "the portal has a problem", provoke: retrieved(body(http.StatusServiceUnavailable, "{}"))},
	{name: "a proxy's page", provoke: retrieved(page(http.StatusForbidden))},
	{name: "a change of protocols", provoke: retrieved(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "other")
		w.WriteHeader(http.StatusSwitchingProtocols)
	})},
	{name: "a proxy's page that repeats the token", provoke: retrieved(echo(http.StatusForbidden))},
	{name: "an exception that repeats the token", provoke: retrieved(func(rw http.ResponseWriter, r *http.Request) {
		body(http.StatusForbidden, `{"message":"not with `+r.Header.Get("X-Amz-Sso_bearer_token")+`"}`, "X-Amzn-ErrorType", "ForbiddenException")(rw, r)
	})},
	{name: "an answer without credentials", provoke: retrieved(body(http.StatusOK, "{}"))},
	{name: "an answer without an expiry", provoke: retrieved(body(http.StatusOK, `{"roleCredentials":{"accessKeyId":"AKIA","secretAccessKey":"`+planted+`"}}`))},
	{name: "no network", provoke: func(w *world) error {
		w.signedIn()
		_, err := rolecreds.New(w.session(func(c *login.Config) { c.HTTPClient = broken(noDNS) }), admin).Retrieve(w.Context())
		return err
	}},
}

// visited is what a browser comes back with that is sent to an address where something else answers.
func visited(address string, h http.HandlerFunc) func(*world) error {
	return func(w *world) error {
		if h != nil {
			w.service.HandleNext("Authorize", h, 1)
		}
		return w.service.Visit(address)
	}
}

const authorize = "https://oidc.us-east-1.amazonaws.com/authorize"

var fakeSituations = []situation{
	{name: "a user code that is none", provoke: func(w *world) error { return w.service.Approve("ABCD-EFGH") }},
	{name: "a user code that has been answered", provoke: func(w *world) error {
		code := w.userCode()
		w.must(w.service.Approve(code))
		return w.service.Deny(code)
	}},
	{name: "a user code that has run out", provoke: func(w *world) error {
		code := w.userCode()
		time.Sleep(time.Hour)
		return w.service.Approve(code)
	}},
	{name: "to expire what is not there", provoke: func(w *world) error { return w.service.Expire("nothing") }},
	{name: "to revoke a code", provoke: func(w *world) error { return w.service.Revoke(w.userCode()) }},
	{name: "an address that is no authorize URL", provoke: visited("yes", nil)},
	{name: "a client that is not registered", provoke: visited(authorize+"?client_id=none", nil)},
	{name: "a page without a form", provoke: visited(authorize, page(http.StatusOK))},
	{name: "the service drops the browser's connection", provoke: visited(authorize, drop)},
	{name: "the service sends the browser back with an error", onSockets: true, provoke: func(w *world) error {
		callback := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer callback.Close()
		w.service.HandleNext("Authorize", redirect(callback.URL+"?error=invalid_scope&error_description=Not+yours"), 1)
		return w.service.Visit(authorize)
	}},
	{name: "the callback does not answer", onSockets: true, provoke: func(w *world) error {
		callback := httptest.NewServer(nil)
		callback.Close()
		w.service.HandleNext("Authorize", redirect(callback.URL+"?code="+planted), 1)
		return w.service.Visit(authorize)
	}},
	{name: "the callback refuses", onSockets: true, provoke: func(w *world) error {
		callback := httptest.NewServer(http.NotFoundHandler())
		defer callback.Close()
		w.service.HandleNext("Authorize", redirect(callback.URL+"?code="+planted), 1)
		return w.service.Visit(authorize)
	}},
}

func redirect(to string) http.HandlerFunc {
	return func(rw http.ResponseWriter, r *http.Request) { http.Redirect(rw, r, to, http.StatusFound) }
}

// userCode is one that waits for the person.
func (w *world) userCode() string {
	w.Helper()
	s := w.session()
	go s.Login(w.Context())
	time.Sleep(time.Second)
	codes := w.service.UserCodes()
	if len(codes) != 1 {
		w.Fatal(codes)
	}
	return codes[0]
}
