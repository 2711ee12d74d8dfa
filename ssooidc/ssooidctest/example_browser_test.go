package ssooidctest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// authorizeURL is what a program opens in the browser.
func authorizeURL(c *http.Client, redirectURI string) string {
	reg, _ := send(c, endpoint+"/client/register", map[string]any{
		"clientName": "example", "clientType": "public", "scopes": []string{"sso:account:access"},
		"grantTypes": []string{"authorization_code", "refresh_token"}, "redirectUris": []string{"http://127.0.0.1/oauth/callback"},
	})
	return endpoint + "/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {reg["clientId"].(string)}, "redirect_uri": {redirectURI},
		"state": {"xyz"}, "code_challenge_method": {"S256"}, "scopes": {"sso:account:access"},
		"code_challenge": {"E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"}, // of RFC 7636 appendix B
	}.Encode()
}

// listen is the redirect listener of the program under test.
func listen() (srv *httptest.Server, redirectURI string) {
	srv = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		fmt.Printf("the callback has a code: %v, state %s, error %q\n", q.Has("code"), q.Get("state"), q.Get("error"))
	}))
	return srv, srv.URL + "/oauth/callback"
}

// The browser flow: the program listens, Visit is its browser.
func ExampleService_Visit() {
	s := ssooidctest.New(ssooidctest.Options{})
	srv, redirectURI := listen()
	defer srv.Close()
	fmt.Println(s.Visit(authorizeURL(s.HTTPClient(), redirectURI)))
	// Output:
	// the callback has a code: true, state xyz, error ""
	// <nil>
}

func ExampleService_VisitDeny() {
	s := ssooidctest.New(ssooidctest.Options{})
	srv, redirectURI := listen()
	defer srv.Close()
	fmt.Println(s.VisitDeny(authorizeURL(s.HTTPClient(), redirectURI)))
	// Output:
	// the callback has a code: false, state xyz, error "access_denied"
	// <nil>
}

// The address that the browser would go to, for programs that let it be pasted.
func ExampleService_Redirect() {
	s := ssooidctest.New(ssooidctest.Options{})
	address, err := s.Redirect(authorizeURL(s.HTTPClient(), "http://127.0.0.1:8400/oauth/callback"))
	before, _, _ := strings.Cut(address, "?")
	fmt.Println(before, err)
	// Output: http://127.0.0.1:8400/oauth/callback <nil>
}
