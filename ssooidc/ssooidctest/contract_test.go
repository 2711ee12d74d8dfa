package ssooidctest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// description is the OpenAPI description's facts.
type description struct {
	Operations map[string]struct {
		Method, Path string
		Request      struct {
			Required []string
			Fields   map[string]string
		}
		Response struct {
			Status int
			Fields map[string]string
		}
		Errors map[string]string `json:"errors_by_status"`
	}
}

func readDescription(t testing.TB) description {
	t.Helper()
	data, err := os.ReadFile("testdata/openapi-2019-06-10.json")
	if err != nil {
		t.Fatal(err)
	}
	var d description
	if err := json.Unmarshal(data, &d); err != nil {
		t.Fatal(err)
	}
	if len(d.Operations) == 0 {
		t.Fatal("the description has no operations")
	}
	return d
}

// allows says what is wrong with an operation's answer; "" where the description allows it.
func (d description) allows(operation string, status int, body object) string {
	op := d.Operations[operation]
	fields := map[string]string{"error": "string", "error_description": "string"}
	if status == op.Response.Status {
		fields = op.Response.Fields
	} else if op.Errors[strconv.Itoa(status)] == "" {
		return fmt.Sprintf("%s has no status %d", operation, status)
	}
	for name, value := range body {
		_, text := value.(string)
		n, number := value.(float64)
		if !(fields[name] == "string" && text || fields[name] == "integer" && number && n == float64(int64(n))) {
			return fmt.Sprintf("%s's %d answer has %s = %v, want %q", operation, status, name, value, fields[name])
		}
	}
	return ""
}

// Every answer in OpenAPI style is one that the description allows, and says the right exception.
func TestOpenAPIStyle(t *testing.T) {
	t.Parallel()
	d := readDescription(t)
	s := ssooidctest.New(ssooidctest.Options{Errors: ssooidctest.ErrorsOpenAPI})
	u := inProcess(t, s)
	check := func(operation string, r reply, exception string) {
		t.Helper()
		if problem := d.allows(operation, r.status, r.body); problem != "" {
			t.Error(problem)
		}
		if got := d.Operations[operation].Errors[strconv.Itoa(r.status)]; got != exception {
			t.Errorf("%s: status %d is %q, want %q", operation, r.status, got, exception)
		}
		if r.header.Get("X-Amzn-ErrorType") != "" {
			t.Error("X-Amzn-ErrorType is not the description's")
		}
	}

	// Scripted, each of the tables, and what they lack.
	for operation, op := range d.Operations {
		for _, exception := range op.Errors {
			s.FailNext(operation, exception, 1)
			check(operation, u.post(op.Path, nil), exception)
		}
	}
	for _, tt := range []struct{ operation, raised, answered string }{
		{"RegisterClient", "InvalidRedirectUriException", "InvalidClientMetadataException"},
		{"RegisterClient", "UnsupportedGrantTypeException", "InvalidClientMetadataException"},
		{"RegisterClient", "SlowDownException", "InvalidRequestException"}, // which no client retries
		{"StartDeviceAuthorization", "AccessDeniedException", "InvalidRequestException"},
		{"CreateToken", "InvalidRequestRegionException", "InvalidRequestException"},
		{"CreateToken", "InvalidClientMetadataException", "InvalidRequestException"},
		{"CreateToken", "InvalidSignatureException", "AccessDeniedException"},
		{"RegisterClient", "InvalidSignatureException", "InvalidRequestException"},
	} {
		s.FailNext(tt.operation, tt.raised, 1)
		check(tt.operation, u.post(d.Operations[tt.operation].Path, nil), tt.answered)
	}

	// Not scripted: a sign-in with its refusals, and every request without one of its required fields.
	reg := u.post("/client/register", object{"clientName": "c", "clientType": "public", "scopes": accountAccess})
	check("RegisterClient", reg, "")
	client := object{"clientId": reg.body["clientId"], "clientSecret": reg.body["clientSecret"]}
	check("RegisterClient", u.post("/client/register", object{"clientName": "c", "clientType": "x"}), "InvalidClientMetadataException")
	check("RegisterClient", u.post("/client/register", object{"clientName": "c", "clientType": "public", "scopes": []string{"x"}}), "InvalidScopeException")
	check("StartDeviceAuthorization", u.post("/device_authorization", with(client, object{"clientSecret": "x", "startUrl": s.StartURL()})), "InvalidClientException")
	started := u.start(client)
	check("StartDeviceAuthorization", started, "")
	check("CreateToken", u.poll(client, started), "AuthorizationPendingException")
	check("CreateToken", u.poll(client, started), "SlowDownException")
	if err := s.Approve(started.text("userCode")); err != nil {
		t.Fatal(err)
	}
	token := u.poll(client, started)
	check("CreateToken", token, "")
	check("CreateToken", u.poll(client, started), "InvalidGrantException")
	check("CreateToken", u.refresh(client, token.text("refreshToken")), "")
	check("CreateToken", u.signIn(s, u.register(nil)), "")
	check("CreateToken", u.post("/token", with(client, object{"grantType": "x"})), "UnsupportedGrantTypeException")
	check("CreateToken", u.post("/token", with(client, object{"grantType": "authorization_code"})), "UnauthorizedClientException")
	for operation, op := range d.Operations {
		full := object{}
		for _, name := range op.Request.Required {
			full[name] = "x"
		}
		for _, name := range op.Request.Required {
			check(operation, u.post(op.Path, with(full, object{name: nil})), "InvalidRequestException")
		}
	}
}

// In live style the exception is in a header, and the status and the OAuth code are the live service's.
func TestLiveStyle(t *testing.T) {
	t.Parallel()
	oauth := map[string]string{
		"AccessDeniedException": "access_denied", "AuthorizationPendingException": "authorization_pending",
		"ExpiredTokenException": "expired_token", "InternalServerException": "server_error",
		"InvalidClientException": "invalid_client", "InvalidClientMetadataException": "invalid_client_metadata",
		"InvalidGrantException": "invalid_grant", "InvalidRedirectUriException": "invalid_redirect_uri",
		"InvalidRequestException": "invalid_request", "InvalidRequestRegionException": "invalid_request",
		"InvalidScopeException": "invalid_scope", "SlowDownException": "slow_down",
		"UnauthorizedClientException": "unauthorized_client", "UnsupportedGrantTypeException": "unsupported_grant_type",
	}
	status := map[string]int{"InvalidClientException": 401, "InternalServerException": 500}
	s := ssooidctest.New(ssooidctest.Options{Region: "cn-north-1"})
	u := inProcess(t, s)
	for operation, path := range map[string]string{
		"RegisterClient": "/client/register", "StartDeviceAuthorization": "/device_authorization",
		"CreateToken": "/token", "CreateTokenWithIAM": "/token?aws_iam=t",
	} {
		for exception, code := range oauth {
			s.FailNext(operation, exception, 1)
			r := u.post(path, nil)
			r.is(exception)
			want := 400
			if status[exception] != 0 {
				want = status[exception]
			}
			if r.status != want || r.body["error"] != code || r.body["error_description"] == "" {
				t.Errorf("%s: status %d, body %v; want %d and %q", exception, r.status, r.body, want, code)
			}
			members := 2
			if exception == "InvalidRequestRegionException" {
				members = 4
				if r.body["region"] != "cn-north-1" || r.body["endpoint"] != "https://oidc.cn-north-1.amazonaws.com.cn" {
					t.Errorf("body %v", r.body)
				}
			}
			if len(r.body) != members {
				t.Errorf("body %v, want %d members", r.body, members)
			}
		}
	}
	for exception, want := range map[string]int{
		"ForbiddenException": 403, "InternalServerException": 500, "InvalidRequestException": 400, "ResourceNotFoundException": 404,
		"TooManyRequestsException": 429, "UnauthorizedException": 401,
	} {
		for operation, request := range map[string]struct{ method, path string }{
			"GetRoleCredentials": {"GET", "/federation/credentials"}, "ListAccounts": {"GET", "/assignment/accounts"},
			"ListAccountRoles": {"GET", "/assignment/roles"}, "Logout": {"POST", "/logout"},
		} {
			s.FailNext(operation, exception, 1)
			r := u.portal(request.method, request.path, "x")
			r.is(exception)
			if r.status != want {
				t.Errorf("%s: status %d, want %d", exception, r.status, want)
			}
		}
	}
}

// A client that asked in the wrong region is told the right one, and the service's address there.
func TestHomeRegion(t *testing.T) {
	t.Parallel()
	srv := ssooidctest.NewServer(ssooidctest.Options{Region: "eu-west-1"})
	defer srv.Close()
	in := func(region string) *ssooidctest.Service {
		return ssooidctest.New(ssooidctest.Options{Region: region})
	}
	for _, tt := range []struct {
		s                *ssooidctest.Service
		region, endpoint string
	}{
		{in(""), "us-east-1", "https://oidc.us-east-1.amazonaws.com"},
		{in("us-gov-west-1"), "us-gov-west-1", "https://oidc.us-gov-west-1.amazonaws.com"},
		{in("cn-north-1"), "cn-north-1", "https://oidc.cn-north-1.amazonaws.com.cn"},
		{in("eusc-de-east-1"), "eusc-de-east-1", "https://oidc.eusc-de-east-1.amazonaws.eu"},
		{in("aws-cn-global"), "aws-cn-global", "https://oidc.aws-cn-global.amazonaws.com.cn"},
		{in("us-iso-east-1"), "us-iso-east-1", "https://oidc.us-iso-east-1.c2s.ic.gov"},
		{in("us-isob-east-1"), "us-isob-east-1", "https://oidc.us-isob-east-1.sc2s.sgov.gov"},
		{in("aws-iso-b-global"), "aws-iso-b-global", "https://oidc.aws-iso-b-global.sc2s.sgov.gov"},
		{in("eu-isoe-west-1"), "eu-isoe-west-1", "https://oidc.eu-isoe-west-1.cloud.adc-e.uk"},
		{in("us-isof-south-1"), "us-isof-south-1", "https://oidc.us-isof-south-1.csp.hci.ic.gov"},
		{srv.Service, "eu-west-1", srv.URL},
	} {
		tt.s.FailNext("CreateTokenWithIAM", "InvalidRequestRegionException", 1)
		r := inProcess(t, tt.s).post("/token?aws_iam=t", nil)
		if r.body["region"] != tt.region || r.body["endpoint"] != tt.endpoint {
			t.Errorf("told %v at %v, want %s at %s", r.body["region"], r.body["endpoint"], tt.region, tt.endpoint)
		}
	}
}

// The description's fields are all read: each with a wrong type is refused.
func TestEveryFieldIsRead(t *testing.T) {
	t.Parallel()
	d := readDescription(t)
	u := inProcess(t, ssooidctest.New(ssooidctest.Options{}))
	more := map[string][]string{ // those that the live service has added
		"RegisterClient":     {"redirectUris", "grantTypes", "issuerUrl", "entitledApplicationArn"},
		"CreateToken":        {"codeVerifier"},
		"CreateTokenWithIAM": {"codeVerifier"},
	}
	for operation, op := range d.Operations {
		full := object{}
		for _, name := range op.Request.Required {
			full[name] = "x"
		}
		for _, name := range slices.Concat(slices.Collect(maps.Keys(op.Request.Fields)), more[operation]) {
			r := u.post(op.Path, with(full, object{name: 5}))
			r.is("InvalidRequestException")
			if want := "Invalid request: " + name + " has the wrong type"; r.body["error_description"] != want {
				t.Errorf("%s: %q, want %q", operation, r.body["error_description"], want)
			}
		}
	}
}
