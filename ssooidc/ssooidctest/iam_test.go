package ssooidctest_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

const (
	application   = "arn:aws:sso::111122223333:application/ssoins-1/apl-1"
	grantJWT      = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	typeAccess    = "urn:ietf:params:oauth:token-type:access_token"
	typeRefresh   = "urn:ietf:params:oauth:token-type:refresh_token"
)

func jwt(claims string) string { return jwtOf(`{"alg":"RS256"}`, claims) }

func jwtOf(header, claims string) string {
	part := base64.RawURLEncoding.EncodeToString
	return part([]byte(header)) + "." + part([]byte(claims)) + "." + part([]byte("signature"))
}

func TestCreateTokenWithIAM(t *testing.T) {
	t.Parallel()
	srv := ssooidctest.NewServer(ssooidctest.Options{}) // over HTTP: the server's own view of the headers is signed
	defer srv.Close()
	u := user{t, &http.Client{Transport: &http.Transport{}}, srv.URL}
	defer u.client.CloseIdleConnections()
	subject := u.signIn(srv.Service, u.register(object{"scopes": accountAccess})).text("accessToken")
	browser := u.registerBrowser()
	code := redirected(t, srv.Service, u.authorizeURL(browser, nil)).Get("code")
	future, past := jwt(fmt.Sprintf(`{"exp":%d}`, time.Now().Add(time.Hour).Unix())), jwt(`{"exp":1}`)

	bearer := object{"clientId": application, "grantType": grantJWT, "assertion": future}
	exchanged := object{"clientId": application, "grantType": grantExchange, "subjectToken": subject, "subjectTokenType": typeAccess}
	for _, tt := range []struct {
		good object
		refusal
	}{
		{bearer, refusal{"good", nil, ""}},
		{bearer, refusal{"a JWT without an expiry", object{"assertion": jwt(`{}`)}, ""}},
		{bearer, refusal{"no assertion", object{"assertion": nil}, "InvalidRequestException"}},
		{bearer, refusal{"no JWT", object{"assertion": "x"}, "InvalidGrantException"}},
		{bearer, refusal{"a header that is null", object{"assertion": jwtOf(`null`, `{}`)}, "InvalidGrantException"}},
		{bearer, refusal{"claims that are null", object{"assertion": jwt(`null`)}, "InvalidGrantException"}},
		{bearer, refusal{"claims that are a list", object{"assertion": jwt(`[]`)}, "InvalidGrantException"}},
		{bearer, refusal{"claims that are no base64url", object{"assertion": "e30.{}.x"}, "InvalidGrantException"}},
		{bearer, refusal{"an expiry that is no number", object{"assertion": jwt(`{"exp":"1"}`)}, "InvalidGrantException"}},
		{bearer, refusal{"a null for an expiry", object{"assertion": jwt(`{"exp":null}`)}, ""}},
		{bearer, refusal{"an expired JWT", object{"assertion": past}, "InvalidGrantException"}},
		{bearer, refusal{"no client", object{"clientId": nil}, "InvalidRequestException"}},
		{bearer, refusal{"no grant", object{"grantType": nil}, "InvalidRequestException"}},
		{bearer, refusal{"an unknown client", object{"clientId": "x"}, "InvalidClientException"}},
		{bearer, refusal{"another ARN", object{"clientId": "arn:aws:iam::111122223333:role/x"}, "InvalidClientException"}},
		{bearer, refusal{"a registered client", object{"clientId": browser["clientId"]}, ""}},
		{bearer, refusal{"an unknown grant", object{"grantType": "password"}, "UnsupportedGrantTypeException"}},
		{bearer, refusal{"a device code", object{"grantType": deviceGrant}, "UnsupportedGrantTypeException"}},
		{bearer, refusal{"an unknown scope", object{"scope": []string{"x"}}, "InvalidScopeException"}},
		{bearer, refusal{"a wrong type", object{"subjectToken": 5}, "InvalidRequestException"}},
		{exchanged, refusal{"exchange", nil, ""}},
		{exchanged, refusal{"exchange for a refresh token", object{"requestedTokenType": typeRefresh}, ""}},
		{exchanged, refusal{"an unknown subject", object{"subjectToken": "x"}, "InvalidGrantException"}},
		{exchanged, refusal{"no subject", object{"subjectToken": nil}, "InvalidRequestException"}},
		{exchanged, refusal{"no subject type", object{"subjectTokenType": nil}, "InvalidRequestException"}},
		{exchanged, refusal{"an ID token", object{"subjectTokenType": "urn:ietf:params:oauth:token-type:id_token"}, "InvalidRequestException"}},
		{exchanged, refusal{"for an ID token", object{"requestedTokenType": "urn:ietf:params:oauth:token-type:id_token"}, "InvalidRequestException"}},
		{exchange(browser, code), refusal{"an authorization code", object{"clientSecret": nil}, ""}},
		{exchange(browser, code), refusal{"the code again", object{"clientSecret": nil}, "InvalidGrantException"}},
	} {
		t.Run(tt.name, func(t *testing.T) { u.postSigned(signing{}, with(tt.good, tt.with)).is(tt.want) })
	}

	r := u.postSigned(signing{}, bearer).ok()
	var names []string
	for name := range r.body {
		names = append(names, name)
	}
	slices.Sort(names)
	want := []string{"accessToken", "awsAdditionalDetails", "expiresIn", "idToken", "issuedTokenType", "refreshToken", "scope", "tokenType"}
	if d := cmp.Diff(want, names); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]any{"openid", "aws", "sts:identity_context"}, r.body["scope"]); d != "" {
		t.Error(d)
	}
	if r.body["issuedTokenType"] != typeAccess || r.body["awsAdditionalDetails"].(object)["identityContext"] == "" || strings.Count(r.text("idToken"), ".") != 2 {
		t.Errorf("body %v", r.body)
	}
	again := u.postSigned(signing{}, object{"clientId": application, "grantType": "refresh_token", "refreshToken": r.text("refreshToken")}).ok()
	if again.text("accessToken") == r.text("accessToken") {
		t.Error("a refresh brought the same token")
	}
	less := u.postSigned(signing{}, with(bearer, object{"scope": []string{"aws"}})).ok()
	if d := cmp.Diff([]any{"aws"}, less.body["scope"]); d != "" || less.body["idToken"] != nil {
		t.Errorf("idToken %v, scopes:\n%s", less.body["idToken"], d)
	}
	if r := u.postSigned(signing{}, with(exchanged, object{"requestedTokenType": typeRefresh})).ok(); r.body["issuedTokenType"] != typeRefresh || r.body["refreshToken"] == nil {
		t.Errorf("body %v", r.body)
	}
	for _, end := range []struct {
		issued any
		by     func(string) error
	}{{subject, srv.Revoke}, {browser["clientId"], srv.Expire}} {
		if err := end.by(end.issued.(string)); err != nil {
			t.Error(err)
		}
	}
	u.postSigned(signing{}, exchanged).is("InvalidGrantException")
	u.postSigned(signing{}, with(bearer, object{"clientId": browser["clientId"]})).is("InvalidClientException")
}

// A registered client's token is good for what it registered, whatever it asks for: also for nothing.
func TestIAMDoesNotAddScopes(t *testing.T) {
	t.Parallel()
	for _, style := range []ssooidctest.ErrorStyle{ssooidctest.ErrorsLive, ssooidctest.ErrorsOpenAPI} {
		s := ssooidctest.New(ssooidctest.Options{Errors: style})
		u := inProcess(t, s)
		client := u.register(object{"grantTypes": []string{"authorization_code"}, "redirectUris": []string{"http://127.0.0.1/oauth/callback"}})
		code := redirected(t, s, u.authorizeURL(client, url.Values{"scopes": nil})).Get("code")
		r := u.postSigned(signing{}, with(exchange(client, code), object{"scope": accountAccess})).ok()
		if r.body["scope"] != nil || r.body["refreshToken"] != nil || r.body["expiresIn"] != 28800.0 {
			t.Errorf("%v: the token is for %v, and lasts %v s", style, r.body["scope"], r.body["expiresIn"])
		}
		if _, there := r.body["scope"]; there != (style == ssooidctest.ErrorsLive) {
			t.Errorf("%v: scope is there: %v", style, there)
		}
	}
}

// An assertion is over in the very second that it names, and an application's session when the service's are.
func TestIAMLifetimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Hour) // the bubble begins at midnight: keep all in one day
		u := inProcess(t, ssooidctest.New(ssooidctest.Options{SessionLifetime: time.Minute}))
		bearer := object{"clientId": application, "grantType": grantJWT, "assertion": jwt(fmt.Sprintf(`{"exp":%d}`, time.Now().Unix()+1))}
		refresh := u.postSigned(signing{}, bearer).ok().text("refreshToken")
		time.Sleep(time.Second)
		u.postSigned(signing{}, bearer).is("InvalidGrantException")

		again := object{"clientId": application, "grantType": "refresh_token", "refreshToken": refresh}
		time.Sleep(58 * time.Second)
		again["refreshToken"] = u.postSigned(signing{}, again).ok().text("refreshToken")
		time.Sleep(time.Second)
		u.postSigned(signing{}, again).is("InvalidGrantException")
	})
}
