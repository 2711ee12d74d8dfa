package ssooidctest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

const verifier = "a-code-verifier-with-all-of-the-43-characters"

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// registerBrowser registers for the browser flow.
func (u user) registerBrowser() object {
	u.t.Helper()
	return u.register(object{
		"grantTypes": []string{"authorization_code", "refresh_token"}, "redirectUris": []string{"http://127.0.0.1/oauth/callback"},
		"issuerUrl": "https://example.awsapps.com/start", "scopes": accountAccess,
	})
}

// authorizeURL is the address that a browser is sent to, as the AWS CLI writes it.
func (u user) authorizeURL(client object, change url.Values) string {
	q := url.Values{
		"response_type": {"code"}, "client_id": {client["clientId"].(string)},
		"redirect_uri": {"http://127.0.0.1:4321/oauth/callback"}, "state": {"the state & more"},
		"code_challenge_method": {"S256"}, "scopes": {"sso:account:access"}, "code_challenge": {challenge(verifier)},
	}
	for name, values := range change {
		q[name] = values
	}
	return u.url + "/authorize?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}

// exchange is what a client sends with a code.
func exchange(client object, code string) object {
	return with(client, object{
		"grantType": "authorization_code", "code": code, "codeVerifier": verifier,
		"redirectUri": "http://127.0.0.1:4321/oauth/callback",
	})
}

// redirected is where the browser is sent after the person approved.
func redirected(t testing.TB, s *ssooidctest.Service, authorizeURL string) url.Values {
	t.Helper()
	to, err := s.Redirect(authorizeURL)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(to)
	if err != nil || u.Host != "127.0.0.1:4321" || u.Path != "/oauth/callback" {
		t.Fatalf("redirected to %q (%v)", to, err)
	}
	return u.Query()
}

func TestBrowserFlow(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	client := u.registerBrowser()

	q := redirected(t, s, u.authorizeURL(client, nil))
	if q.Get("state") != "the state & more" || q.Get("code") == "" || q.Has("error") {
		t.Fatalf("the callback gets %v", q)
	}
	token := u.post("/token", exchange(client, q.Get("code"))).ok()
	if token.body["expiresIn"] != 3600.0 {
		t.Errorf("expiresIn %v", token.body["expiresIn"])
	}
	u.refresh(client, token.text("refreshToken")).is("")
	u.post("/token", exchange(client, q.Get("code"))).is("InvalidGrantException") // a code works once
}

func TestCodeRefusals(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	client := u.registerBrowser()
	code := redirected(t, s, u.authorizeURL(client, nil)).Get("code")
	for _, tt := range []refusal{
		{"no code", object{"code": nil}, "InvalidRequestException"},
		{"no verifier", object{"codeVerifier": nil}, "InvalidRequestException"},
		{"no redirect", object{"redirectUri": nil}, "InvalidRequestException"},
		{"an unknown code", object{"code": "x"}, "InvalidGrantException"},
		{"another's code", u.registerBrowser(), "InvalidGrantException"},
		{"a wrong verifier", object{"codeVerifier": verifier + "x"}, "InvalidGrantException"},
		{"the challenge", object{"codeVerifier": challenge(verifier)}, "InvalidGrantException"},
		{"another port", object{"redirectUri": "http://127.0.0.1:4322/oauth/callback"}, "InvalidGrantException"},
		{"the registered redirect", object{"redirectUri": "http://127.0.0.1/oauth/callback"}, "InvalidGrantException"},
		{"good", nil, ""},
	} {
		t.Run(tt.name, func(t *testing.T) { u.post("/token", with(exchange(client, code), tt.with)).is(tt.want) })
	}
}

func TestCodeLifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{CodeLifetime: time.Minute})
		u := inProcess(t, s)
		client := u.registerBrowser()
		for _, tt := range []struct {
			wait time.Duration
			want string
		}{{59 * time.Second, ""}, {time.Minute, "InvalidGrantException"}} {
			code := redirected(t, s, u.authorizeURL(client, nil)).Get("code")
			time.Sleep(tt.wait)
			u.post("/token", exchange(client, code)).is(tt.want)
		}
		code := redirected(t, s, u.authorizeURL(client, nil)).Get("code")
		if err := s.Expire(code); err != nil {
			t.Error(err)
		}
		u.post("/token", exchange(client, code)).is("InvalidGrantException")
	})
}

// The person of Options.Consent takes their time in the browser too, and need not be waited for.
func TestBrowserConsentDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove, ConsentDelay: time.Hour})
		u := inProcess(t, s)
		client := u.registerBrowser()
		began := time.Now()
		redirected(t, s, u.authorizeURL(client, nil))
		if took := time.Since(began); took != time.Hour {
			t.Errorf("the person took %v", took)
		}

		u.client.Timeout = time.Minute
		began = time.Now()
		if resp, err := u.client.Get(u.authorizeURL(client, nil)); err == nil {
			t.Errorf("got %s within a minute", resp.Status)
		}
		synctest.Wait() // no handler stays: a bubble's end would find it
		if took := time.Since(began); took != time.Minute {
			t.Errorf("the browser left after %v", took)
		}
	})
}

// The address that carries the code is kept by nobody on its way.
func TestRedirectLeavesNoTrace(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	u := inProcess(t, s)
	u.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := u.client.Get(u.authorizeURL(u.registerBrowser(), nil))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if !strings.Contains(resp.Header.Get("Location"), "code=") {
		t.Errorf("%s to %q", resp.Status, resp.Header.Get("Location"))
	}
	for name, want := range map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"} {
		if got := resp.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// What is wrong with a request is told to the client, once client and redirect URI are known to be good;
// otherwise to the person alone.
func TestAuthorizeRefusals(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	client, expired := u.registerBrowser(), u.registerBrowser()
	if err := s.Expire(expired["clientId"].(string)); err != nil {
		t.Fatal(err)
	}
	noGrant := u.register(object{"redirectUris": []string{"http://127.0.0.1/oauth/callback"}})
	u.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	redirect := func(uri string) url.Values { return url.Values{"redirect_uri": {uri}} }
	for _, tt := range []struct {
		name   string
		change url.Values
		want   string // the error that the client gets; "page": it gets nothing
	}{
		{"an unknown client", url.Values{"client_id": {"x"}}, "page"},
		{"no client", url.Values{"client_id": nil}, "page"},
		{"an expired client", url.Values{"client_id": {expired["clientId"].(string)}}, "page"},
		{"a client without redirects", url.Values{"client_id": {u.register(nil)["clientId"].(string)}}, "page"},
		{"a client without the grant", url.Values{"client_id": {noGrant["clientId"].(string)}}, "unauthorized_client"},
		{"two clients", url.Values{"client_id": {client["clientId"].(string), "x"}}, "page"},
		{"no redirect", redirect(""), "page"},
		{"[::1]", redirect("http://[::1]:4321/oauth/callback"), "page"},
		{"localhost", redirect("http://localhost:4321/oauth/callback"), "page"},
		{"https", redirect("https://127.0.0.1:4321/oauth/callback"), "page"},
		{"another path", redirect("http://127.0.0.1:4321/oauth/callback/"), "page"},
		{"an encoded path", redirect("http://127.0.0.1:4321/oauth%2Fcallback"), "page"},
		{"a query", redirect("http://127.0.0.1:4321/oauth/callback?a=b"), "page"},
		{"another host", redirect("http://example.com/oauth/callback"), "page"},
		{"a user that looks like the host", redirect("http://127.0.0.1:4321@example.com/oauth/callback"), "page"},
		{"a host that begins well", redirect("http://127.0.0.1.example.com/oauth/callback"), "page"},
		{"another response type", url.Values{"response_type": {"token"}}, "unsupported_response_type"},
		{"no challenge", url.Values{"code_challenge": nil}, "invalid_request"},
		{"a short challenge", url.Values{"code_challenge": {"abc"}}, "invalid_request"},
		{"a challenge with a newline", url.Values{"code_challenge": {challenge("a") + "\n"}}, "invalid_request"},
		{"plain", url.Values{"code_challenge_method": {"plain"}}, "invalid_request"},
		{"no method", url.Values{"code_challenge_method": nil}, "invalid_request"},
		{"two challenges", url.Values{"code_challenge": {challenge("a"), challenge("b")}}, "invalid_request"},
		{"an unregistered scope", url.Values{"scopes": {"sso:account:access openid"}}, "invalid_scope"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			resp, err := u.client.Get(u.authorizeURL(client, tt.change))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			to, err := resp.Location()
			if tt.want == "page" {
				if err == nil || resp.StatusCode != 400 || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
					t.Errorf("%s to %v", resp.Status, to)
				}
				return
			}
			if err != nil || resp.StatusCode != 302 {
				t.Fatalf("%s: %v", resp.Status, err)
			}
			q := to.Query()
			if q.Get("error") != tt.want || q.Get("state") != "the state & more" || q.Has("code") || to.Host != "127.0.0.1:4321" {
				t.Errorf("redirected to %v", to)
			}
		})
	}
}

// What may be left out or differ.
func TestAuthorizeLatitude(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	for name, change := range map[string]url.Values{
		"no scopes":             {"scopes": nil},
		"empty scopes":          {"scopes": {""}},
		"an unheard-of field":   {"unheard_of": {"x", "y"}},
		"no state":              {"state": nil},
		"RFC 6749's scope, too": {"scope": {"openid"}},
	} {
		t.Run(name, func(t *testing.T) {
			client := u.registerBrowser()
			q := redirected(t, s, u.authorizeURL(client, change))
			if _, want := change["state"]; q.Has("state") == want {
				t.Errorf("the callback gets %v", q)
			}
			if r := u.post("/token", exchange(client, q.Get("code"))).ok(); r.body["refreshToken"] == nil {
				t.Errorf("the token %v is not for the registered scopes", r.body)
			}
		})
	}
}
