package ssooidctest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// refusal is a request and the exception that answers it; "" where it is fine.
type refusal struct {
	name string
	with object // changes to a good request; nil members are left out
	want string
}

func TestRegisterClientRefusals(t *testing.T) {
	t.Parallel()
	u := inProcess(t, ssooidctest.New(ssooidctest.Options{Scopes: []string{"mine"}}))
	good := object{"clientName": "c", "clientType": "public"}
	browser := func(more object) object {
		return with(object{"grantTypes": []string{"authorization_code"}, "redirectUris": []string{"http://127.0.0.1/cb"}}, more)
	}
	redirect := func(uri string) object { return browser(object{"redirectUris": []string{uri}}) }
	const redirectRefused = "InvalidRedirectUriException"
	for _, tt := range []refusal{
		{"good", nil, ""},
		{"no name", object{"clientName": nil}, "InvalidRequestException"},
		{"an empty name", object{"clientName": ""}, "InvalidRequestException"},
		{"no type", object{"clientType": nil}, "InvalidRequestException"},
		{"a name in other letters", object{"clientName": nil, "ClientName": "c"}, "InvalidRequestException"},
		{"a number for a name", object{"clientName": 5}, "InvalidRequestException"},
		{"a string for scopes", object{"scopes": "openid"}, "InvalidRequestException"},
		{"confidential", object{"clientType": "confidential"}, "InvalidClientMetadataException"},
		{"an unknown grant", object{"grantTypes": []string{"password"}}, "UnsupportedGrantTypeException"},
		{"both flows", browser(object{"grantTypes": []string{deviceGrant, "authorization_code"}}), "InvalidScopeException"},
		{"an unknown scope", object{"scopes": []string{"sso:account:access", "bogus"}}, "InvalidScopeException"},
		{"a misspelt scope", object{"scopes": []string{"sso:acount:access"}}, "InvalidScopeException"},
		{"an empty scope", object{"scopes": []string{""}}, "InvalidScopeException"},
		{"a scope with a space", object{"scopes": []string{"codewhisperer:a b"}}, "InvalidScopeException"},
		{"half a scope", object{"scopes": []string{"codewhisperer:"}}, "InvalidScopeException"},
		{"known scopes", object{"scopes": []string{"openid", "codewhisperer:completions", "mine"}}, ""},
		{"an unknown field", object{"unheardOf": 1}, ""},
		{"a null", object{"scopes": (*int)(nil)}, ""},
		{"an issuer that is no https URL", browser(object{"issuerUrl": "ftp://x"}), "InvalidRequestException"},
		{"browser", browser(object{"issuerUrl": "https://example.awsapps.com/start"}), ""},
		{"browser without a redirect", browser(object{"redirectUris": nil}), redirectRefused},
		{"a redirect with a port", redirect("http://127.0.0.1:8080/cb"), ""},
		{"a redirect to /", redirect("http://127.0.0.1/"), ""},
		{"a redirect without a path", redirect("http://127.0.0.1"), redirectRefused},
		{"a redirect with a port and no path", redirect("http://127.0.0.1:8080"), redirectRefused},
		{"a redirect with an empty port", redirect("http://127.0.0.1:/cb"), redirectRefused},
		{"a redirect with port 0", redirect("http://127.0.0.1:0/cb"), redirectRefused},
		{"a redirect with too high a port", redirect("http://127.0.0.1:65536/cb"), redirectRefused},
		{"a redirect to [::1]", redirect("http://[::1]/cb"), redirectRefused},
		{"a redirect to [127.0.0.1]", redirect("http://[127.0.0.1]/cb"), redirectRefused},
		{"a redirect to localhost", redirect("http://localhost/cb"), redirectRefused},
		{"a redirect to https", redirect("https://127.0.0.1/cb"), redirectRefused},
		{"a redirect elsewhere", redirect("http://example.com/cb"), redirectRefused},
		{"a redirect to a longer host", redirect("http://127.0.0.1.example.com/cb"), redirectRefused},
		{"a redirect with a user", redirect("http://a@127.0.0.1/cb"), redirectRefused},
		{"a redirect with a query", redirect("http://127.0.0.1/cb?a=b"), redirectRefused},
		{"a redirect with an empty query", redirect("http://127.0.0.1/cb?"), redirectRefused},
		{"a redirect with a fragment", redirect("http://127.0.0.1/cb#"), redirectRefused},
		{"a redirect that is no URL", redirect("http://127.0.0.1:port/cb"), redirectRefused},
	} {
		t.Run(tt.name, func(t *testing.T) { u.post("/client/register", with(good, tt.with)).is(tt.want) })
	}
}

func TestStartDeviceAuthorizationRefusals(t *testing.T) {
	t.Parallel()
	srv := ssooidctest.NewServer(ssooidctest.Options{})
	defer srv.Close()
	free := user{t, srv.HTTPClient(), srv.URL}
	declared := ssooidctest.New(ssooidctest.Options{StartURL: "https://one.awsapps.com/start"})
	one := inProcess(t, declared)
	start := func(url string) object { return object{"startUrl": url} }
	browser := free.register(object{"grantTypes": []string{"authorization_code"}, "redirectUris": []string{"http://127.0.0.1/cb"}})
	for _, tt := range []struct {
		user user
		refusal
	}{
		{free, refusal{"good", nil, ""}},
		{free, refusal{"an unknown client", object{"clientId": "x"}, "InvalidClientException"}},
		{free, refusal{"a wrong secret", object{"clientSecret": "x"}, "InvalidClientException"}},
		{free, refusal{"no client", object{"clientId": nil}, "InvalidRequestException"}},
		{free, refusal{"no secret", object{"clientSecret": nil}, "InvalidRequestException"}},
		{free, refusal{"no start URL", object{"startUrl": nil}, "InvalidRequestException"}},
		{free, refusal{"a browser client", browser, "UnauthorizedClientException"}},
		{free, refusal{"plain http", start("http://example.awsapps.com/start"), "InvalidRequestException"}},
		{free, refusal{"no URL", start("start"), "InvalidRequestException"}},
		{free, refusal{"a user in it", start("https://user@example.awsapps.com/start"), "InvalidRequestException"}},
		{free, refusal{"no host", start("https:///start"), "InvalidRequestException"}},
		{free, refusal{"the server's own", start(srv.URL + "/start"), ""}},
		{free, refusal{"almost the server's own", start(srv.URL + "0/start"), "InvalidRequestException"}},
		{free, refusal{"the known one", start(srv.StartURL()), ""}},
		{one, refusal{"the declared one", start("https://one.awsapps.com/start"), ""}},
		{one, refusal{"which it tells", start(declared.StartURL()), ""}},
		{one, refusal{"with a slash", start("https://one.awsapps.com/start/"), ""}},
		{one, refusal{"with a hash", start("https://one.awsapps.com/start#"), ""}},
		{one, refusal{"with both", start("https://one.awsapps.com/start#/"), ""}},
		{one, refusal{"another", start("https://two.awsapps.com/start"), "InvalidRequestException"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			good := with(tt.user.register(nil), start("https://one.awsapps.com/start"))
			tt.user.post("/device_authorization", with(good, tt.with)).is(tt.want)
		})
	}
}

func TestCreateTokenRefusals(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	client := u.register(object{"scopes": accountAccess})
	other := u.register(object{"scopes": accountAccess})
	noRefresh := u.register(object{"grantTypes": []string{deviceGrant}})
	started := u.start(client)
	refresh := u.signIn(s, client).text("refreshToken")

	device := with(client, object{"grantType": deviceGrant, "deviceCode": started.text("deviceCode")})
	again := with(client, object{"grantType": "refresh_token", "refreshToken": refresh})
	for _, tt := range []struct {
		good object
		refusal
	}{
		{device, refusal{"good", nil, "AuthorizationPendingException"}},
		{device, refusal{"no client", object{"clientId": nil}, "InvalidRequestException"}},
		{device, refusal{"no secret", object{"clientSecret": nil}, "InvalidRequestException"}},
		{device, refusal{"no grant", object{"grantType": nil}, "InvalidRequestException"}},
		{device, refusal{"no device code", object{"deviceCode": nil}, "InvalidRequestException"}},
		{device, refusal{"a wrong type", object{"scope": "openid"}, "InvalidRequestException"}},
		{device, refusal{"an unknown client", object{"clientId": "x"}, "InvalidClientException"}},
		{device, refusal{"a wrong secret", object{"clientSecret": "x"}, "InvalidClientException"}},
		{device, refusal{"an unknown grant", object{"grantType": "password"}, "UnsupportedGrantTypeException"}},
		{device, refusal{"a grant of CreateTokenWithIAM", object{"grantType": "urn:ietf:params:oauth:grant-type:jwt-bearer"}, "UnsupportedGrantTypeException"}},
		{device, refusal{"a grant of another flow", object{"grantType": "authorization_code"}, "UnauthorizedClientException"}},
		{device, refusal{"an unknown device code", object{"deviceCode": "x"}, "InvalidGrantException"}},
		{device, refusal{"another's device code", other, "InvalidGrantException"}},
		{again, refusal{"no refresh token", object{"refreshToken": nil}, "InvalidRequestException"}},
		{again, refusal{"an unknown refresh token", object{"refreshToken": "x"}, "InvalidGrantException"}},
		{again, refusal{"another's refresh token", other, "InvalidGrantException"}},
		{again, refusal{"a client that may not refresh", noRefresh, "UnauthorizedClientException"}},
		{again, refusal{"a scope, which has no effect", object{"scope": []string{"x"}}, ""}},
	} {
		t.Run(tt.name, func(t *testing.T) { u.post("/token", with(tt.good, tt.with)).is(tt.want) })
	}
}

// Whatever is no request at all is refused too, and answered well.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	u := inProcess(t, ssooidctest.New(ssooidctest.Options{}))
	for name, body := range map[string]string{
		"empty":               "",
		"torn":                `{"clientName":"c","clientType":"pub`,
		"an array":            `[]`,
		"null":                `null`,
		"a form":              "clientName=c&clientType=public",
		"trailing":            `{"clientName":"c","clientType":"public"}{}`,
		"deep":                strings.Repeat("[", 100_000),
		"too long, of blanks": `{"clientName":"c","clientType":"public"}` + strings.Repeat(" ", 1<<20),
		"too long":            `{"clientName":"c","clientType":"public","x":"` + strings.Repeat("x", 1<<20) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, path := range []string{"/client/register", "/device_authorization", "/token"} {
				u.postRaw(path, []byte(body)).is("InvalidRequestException")
			}
		})
	}
	for _, path := range []string{"/", "/nothing", "/token/", "/assignment/accounts"} {
		if r := u.post(path, nil); r.status != 404 || r.exception() != "UnknownOperationException" {
			t.Errorf("POST %s: status %d, %q", path, r.status, r.exception())
		}
	}
}

func TestRegistrationLifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(300 * time.Millisecond) // the service tells whole seconds
		s := ssooidctest.New(ssooidctest.Options{RegistrationLifetime: time.Minute})
		u := inProcess(t, s)
		r := u.post("/client/register", object{"clientName": "c", "clientType": "public"}).ok()
		client := object{"clientId": r.body["clientId"], "clientSecret": r.body["clientSecret"], "startUrl": s.StartURL()}
		expires := time.Unix(int64(r.body["clientSecretExpiresAt"].(float64)), 0)

		time.Sleep(time.Until(expires) - time.Second)
		u.post("/device_authorization", client).is("")
		time.Sleep(time.Second)
		u.post("/device_authorization", client).is("InvalidClientException")
	})
}
