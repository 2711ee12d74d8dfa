package ssooidctest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// fuzzed is a service in use. What it issued is written in seeds as CLIENT, SECRET, DEVICE, USERCODE,
// REFRESH and ACCESS.
func fuzzed(t *testing.T) (*ssooidctest.Service, *strings.Replacer) {
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	device := u.register(object{"scopes": accountAccess})
	browser := u.registerBrowser()
	started := u.start(device)
	token := u.signIn(s, device)
	return s, strings.NewReplacer(
		"BROWSER", browser["clientId"].(string), "CLIENT", device["clientId"].(string), "SECRET", device["clientSecret"].(string),
		"DEVICE", started.text("deviceCode"), "USERCODE", started.text("userCode"),
		"REFRESH", token.text("refreshToken"), "ACCESS", token.text("accessToken"),
	)
}

// randomUUID is one with its version and its variant (RFC 9562 section 5.4).
var randomUUID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// wellFormed says what is wrong with any answer, whatever the request was.
func wellFormed(resp *http.Response, body string) string {
	if location := resp.Header.Get("Location"); location != "" {
		to, err := url.Parse(location)
		if err != nil || to.Scheme != "http" || to.Hostname() != "127.0.0.1" || to.Path != "/oauth/callback" || !to.Query().Has("code") && !to.Query().Has("error") {
			return "a redirect to " + location
		}
		return ""
	}
	switch resp.StatusCode {
	case 200, 400, 401, 403, 404: // no 500: nothing is scripted
	default:
		return "status " + resp.Status
	}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
		return pageProblem(resp.Header, body)
	}
	if id := resp.Header.Get("X-Amzn-RequestId"); !randomUUID.MatchString(id) {
		return "request ID " + id
	}
	var o object
	if body != "" && json.Unmarshal([]byte(body), &o) != nil {
		return "a body that is no JSON object: " + body
	}
	if (resp.StatusCode == 200) != (resp.Header.Get("X-Amzn-ErrorType") == "") {
		return "X-Amzn-ErrorType " + resp.Header.Get("X-Amzn-ErrorType")
	}
	return ""
}

// ask is one request as a server would hand it over, and the answer's status.
func ask(t *testing.T, s *ssooidctest.Service, method, path, query, body string, header http.Header) int {
	t.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.URL.RawQuery = query
	for name, values := range header {
		req.Header[name] = values
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, req)
	if problem := wellFormed(rec.Result(), rec.Body.String()); problem != "" {
		t.Errorf("%s %s?%s\n%s\n\n%s", method, path, query, body, problem)
	}
	return rec.Code
}

func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		`{"clientName":"c","clientType":"public","scopes":["sso:account:access"],"grantTypes":["refresh_token"]}`,
		`{"clientName":"c","clientType":"public","grantTypes":["authorization_code"],"redirectUris":["http://127.0.0.1/oauth/callback"],"issuerUrl":"https://x/"}`,
		`{"clientId":"CLIENT","clientSecret":"SECRET","startUrl":"https://example.com/start"}`,
		`{"clientId":"CLIENT","clientSecret":"SECRET","grantType":"` + deviceGrant + `","deviceCode":"DEVICE"}`,
		`{"clientId":"CLIENT","clientSecret":"SECRET","grantType":"refresh_token","refreshToken":"REFRESH"}`,
		`{"clientId":5,"clientSecret":[],"grantType":{}}`, `{"clientId":"\ud800"}`, `[[[[`, ``, `null`, "\xff",
	} {
		f.Add([]byte(seed))
	}
	d := readDescription(f)
	f.Fuzz(func(t *testing.T, body []byte) {
		s, fill := fuzzed(t)
		text := fill.Replace(string(body))
		for _, path := range []string{"/client/register", "/device_authorization", "/token", "/logout"} {
			ask(t, s, "POST", path, "", text, nil)
		}
		described := inProcess(t, ssooidctest.New(ssooidctest.Options{Errors: ssooidctest.ErrorsOpenAPI}))
		for name, op := range d.Operations {
			r := described.postRaw(op.Path, body)
			if problem := d.allows(name, r.status, r.body); problem != "" {
				t.Error(problem)
			}
			if d.Operations[name].Errors[strconv.Itoa(r.status)] == "InternalServerException" {
				t.Errorf("%s failed with %d", name, r.status)
			}
		}
	})
}

func FuzzForm(f *testing.F) {
	for _, seed := range []string{
		"user_code=USERCODE&decision=approve", "user_code=USERCODE&decision=deny", "user_code=x", "decision=approve", "", "%zz", "a;b",
		"response_type=code&client_id=BROWSER&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Foauth%2Fcallback&state=s&code_challenge_method=S256&scopes=sso:account:access&code_challenge=" + challenge(verifier) + "&decision=approve",
		"response_type=token&client_id=BROWSER&redirect_uri=http://127.0.0.1/oauth/callback&state=%0d%0aLocation:x",
		"client_id=BROWSER&redirect_uri=http://[127.0.0.1]/oauth/callback", "client_id=BROWSER&redirect_uri=//127.0.0.1/oauth/callback",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, form string) {
		s, fill := fuzzed(t)
		form = fill.Replace(form)
		for _, path := range []string{"/device", "/authorize"} {
			ask(t, s, "GET", path, form, "", nil)
			ask(t, s, "POST", path, "", form, nil)
		}
	})
}

func FuzzQuery(f *testing.F) {
	for _, seed := range []string{
		"account_id=111122223333&role_name=ReadOnlyAccess", "account_id=1", "max_result=1&next_token=1", "max_result=-1", "next_token=99999999999999999999",
		"aws_iam=t", "aws_iam=t&aws_iam=f", "%", "=&=&;", "",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, query string) {
		s, fill := fuzzed(t)
		token := http.Header{"X-Amz-Sso_bearer_token": {fill.Replace("ACCESS")}}
		for _, path := range []string{"/federation/credentials", "/assignment/accounts", "/assignment/roles", "/nothing"} {
			ask(t, s, "GET", path, query, "", token)
		}
		for _, path := range []string{"/token", "/client/register"} {
			ask(t, s, "POST", path, query, "{}", nil)
		}
	})
}

func FuzzAuthorization(f *testing.F) {
	for _, seed := range []string{
		"AWS4-HMAC-SHA256 Credential=" + documentedKey + "/20000101/us-east-1/sso-oauth/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
		"AWS4-HMAC-SHA256 Credential=////aws4_request,SignedHeaders=;,Signature=x", "AWS4-HMAC-SHA256 ", "Bearer x", "", ",,==",
	} {
		f.Add(seed, "20000101T000000Z")
	}
	f.Fuzz(func(t *testing.T, authorization, date string) {
		s := ssooidctest.New(ssooidctest.Options{})
		ask(t, s, "POST", "/token", "aws_iam=t", "{}", http.Header{"Authorization": {authorization}, "X-Amz-Date": {date}})
	})
}

// Past a good signature, CreateTokenWithIAM meets any body.
func FuzzSignedBody(f *testing.F) {
	for _, seed := range []string{
		`{"clientId":"` + application + `","grantType":"` + grantJWT + `","assertion":"e30.e30.x","scope":["openid"]}`,
		`{"clientId":"` + application + `","grantType":"` + grantJWT + `","assertion":"bnVsbA.e30."}`,
		`{"clientId":"` + application + `","grantType":"` + grantExchange + `","subjectToken":"ACCESS","subjectTokenType":"` + typeAccess + `"}`,
		`{"clientId":"` + application + `","grantType":"refresh_token","refreshToken":"REFRESH"}`,
		`{"clientId":"CLIENT","grantType":"refresh_token","refreshToken":"REFRESH"}`,
		`{"clientId":"BROWSER","grantType":"authorization_code","code":"x","codeVerifier":"` + verifier + `","redirectUri":"http://127.0.0.1/oauth/callback"}`,
		`{"clientId":"arn:aws:sso:::application/","grantType":{}}`, `[]`, ``, "\xff",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s, fill := fuzzed(t)
		text := fill.Replace(string(body))
		req := signing{}.request(t, oidcURL, []byte(text))
		status := ask(t, s, "POST", "https://"+req.URL.Host+req.URL.Path, req.URL.RawQuery, text, req.Header)
		if status == http.StatusForbidden {
			t.Error("the signature was refused")
		}
	})
}
