package ssooidc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// exceptions are the fourteen, by their names on the wire.
var exceptions = map[string]error{
	"AccessDeniedException":          &ssooidc.AccessDeniedException{},
	"AuthorizationPendingException":  &ssooidc.AuthorizationPendingException{},
	"ExpiredTokenException":          &ssooidc.ExpiredTokenException{},
	"InternalServerException":        &ssooidc.InternalServerException{},
	"InvalidClientException":         &ssooidc.InvalidClientException{},
	"InvalidClientMetadataException": &ssooidc.InvalidClientMetadataException{},
	"InvalidGrantException":          &ssooidc.InvalidGrantException{},
	"InvalidRedirectUriException":    &ssooidc.InvalidRedirectURIException{},
	"InvalidRequestException":        &ssooidc.InvalidRequestException{},
	"InvalidRequestRegionException":  &ssooidc.InvalidRequestRegionException{},
	"InvalidScopeException":          &ssooidc.InvalidScopeException{},
	"SlowDownException":              &ssooidc.SlowDownException{},
	"UnauthorizedClientException":    &ssooidc.UnauthorizedClientException{},
	"UnsupportedGrantTypeException":  &ssooidc.UnsupportedGrantTypeException{},
}

// wantException checks that errors.As finds the exception of that name in err, and no other, and in it the
// part that all share.
func wantException(t *testing.T, err error, name string, status int) {
	t.Helper()
	wrapped := fmt.Errorf("wrapped: %w", err)
	for other, e := range exceptions {
		target := reflect.New(reflect.TypeOf(e))
		if found := errors.As(wrapped, target.Interface()); found != (other == name) {
			t.Fatalf("errors.As finds a %s: %t, in %T (%v), want a %s", other, found, err, err, name)
		}
	}
	shared := as[*ssooidc.ServiceError](t, wrapped)
	if shared.Code != name || shared.StatusCode != status || shared.RequestID != "request-1" || shared.Operation == "" {
		t.Errorf("got %+v, want code %s, status %d, request-1", *shared, name, status)
	}
	if api := as[smithy.APIError](t, wrapped); api.ErrorCode() != name || api.ErrorMessage() != shared.Description {
		t.Errorf("smithy.APIError has %q, %q", api.ErrorCode(), api.ErrorMessage())
	}
	wantNoSecret(t, err, wrapped)
}

func TestServiceErrorChoice(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		status  int
		header  string
		body    string
		code    string // "" for a ServiceError alone
		want    string // the error's text
		wantErr ssooidc.ServiceError
	}{
		{name: "the header comes before all", status: 481, header: "ns#SlowDownException:http://x/#y", body: `{"__type":"InvalidGrantException","error":"invalid_scope"}`, code: "SlowDownException"},
		{name: "the type comes before the table", status: 481, body: `{"__type":"ns#InvalidGrantException","error":"invalid_scope"}`, code: "InvalidGrantException"},
		{name: "the code comes before the table", status: 481, body: `{"code":"InvalidGrantException","error":"invalid_scope"}`, code: "InvalidGrantException"},
		{name: "the table comes before the OAuth code", status: 481, body: `{"error":"invalid_scope"}`, code: "InvalidClientException"},
		{name: "the OAuth code comes last", status: 499, body: `{"error":"invalid_scope"}`, code: "InvalidScopeException"},
		{name: "a region makes invalid_request another exception", status: 400, body: `{"error":"invalid_request","region":"eu-west-1"}`, code: "InvalidRequestRegionException"},
		{name: "so does an endpoint", status: 400, body: `{"error":"invalid_request","endpoint":"https://x"}`, code: "InvalidRequestRegionException"},
		{name: "an empty header is none", status: 400, header: ":http://x", body: `{"error":"invalid_scope"}`, code: "InvalidScopeException"},
		{name: "fields of other types are passed over", status: 400, body: `{"error":"invalid_scope","code":400,"__type":null,"message":{}}`, code: "InvalidScopeException"},
		{name: "white space before the object", status: 400, body: "\r\n {\"error\":\"invalid_scope\"}", code: "InvalidScopeException"},
		{name: "unknown exception", status: 400, header: "ThrottlingException", body: `{"message":"Rate exceeded","error":"invalid_request"}`,
			want: `ssooidc: CreateToken: ThrottlingException (invalid_request): Rate exceeded (status 400, request id request-1)`},
		{name: "unknown OAuth code", status: 400, body: `{"error":"new_error","reason":"R"}`,
			want: `ssooidc: CreateToken: new_error: R (status 400, request id request-1)`},
		{name: "refused signature", status: 403, body: `{"message":"The security token included in the request is invalid."}`,
			want: `ssooidc: CreateToken: the service answered with an error: The security token included in the request is invalid. (status 403, request id request-1)`},
		{name: "empty body", status: 503, body: ``, want: `ssooidc: CreateToken: the service answered with an error (status 503, request id request-1); try again in a moment`},
		{name: "control characters", status: 400, body: `{"error":"invalid_grant","error_description":"a\u001b[2Jb\n\tc"}`, code: "InvalidGrantException",
			want: `ssooidc: CreateToken: InvalidGrantException (invalid_grant): a [2Jb c (status 400, request id request-1)`},
		{name: "an echo of a secret", status: 400, body: `{"error":"invalid_grant","error_description":"PLANTED-code&more PLANTED-verifier+é bad"}`, code: "InvalidGrantException",
			want: `ssooidc: CreateToken: InvalidGrantException (invalid_grant): [redacted] [redacted] bad (status 400, request id request-1)`},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, err := stub(t, always(row.status, row.body, "X-Amzn-ErrorType", row.header)).CreateToken(context.Background(), tokenRequest)
			if row.code != "" {
				wantException(t, err, row.code, row.status)
			} else if _, alone := err.(*ssooidc.ServiceError); !alone {
				t.Errorf("got a %T, want a ServiceError alone", err)
			}
			if row.want != "" && err.Error() != row.want {
				t.Errorf("got  %s\nwant %s", err, row.want)
			}
			wantNoSecret(t, err)
		})
	}
}

func TestRegionException(t *testing.T) {
	t.Parallel()
	_, err := stub(t, always(400, `{"error":"invalid_request","endpoint":"https://oidc.eu-west-1.amazonaws.com","region":"eu-west-1"}`)).
		CreateTokenWithIAM(context.Background(), iamRequest)
	e := as[*ssooidc.InvalidRequestRegionException](t, err)
	if text := err.Error(); !strings.HasSuffix(text, "; use region eu-west-1; use endpoint https://oidc.eu-west-1.amazonaws.com") {
		t.Errorf("it does not say where to go: %s", text)
	}
	if e.Region != "eu-west-1" || e.Endpoint != "https://oidc.eu-west-1.amazonaws.com" {
		t.Errorf("got region %q, endpoint %q", e.Region, e.Endpoint)
	}
}

func TestErrorTextOfZeroValues(t *testing.T) {
	t.Parallel()
	errs := []error{&ssooidc.ServiceError{}, &ssooidc.ResponseError{}, &ssooidc.TransportError{}, &ssooidc.ValidationError{}, &ssooidc.OptionsError{}}
	for _, e := range exceptions {
		errs = append(errs, e)
	}
	for _, err := range errs {
		text := err.Error()
		if text == "" || strings.HasSuffix(strings.TrimSpace(text), ":") || strings.Contains(text, "()") || strings.Contains(text, ".:") || strings.HasSuffix(text, "lacks ") {
			t.Errorf("%T has an empty tail: %q", err, text)
		}
	}
}

// TestErrorTextOfNothingPrintable: a text of control characters is as good as none.
func TestErrorTextOfNothingPrintable(t *testing.T) {
	t.Parallel()
	const nothing = "\n\x00"
	for _, row := range []struct {
		err  ssooidc.ServiceError
		want string
	}{
		{ssooidc.ServiceError{Code: "A", Description: nothing, Reason: nothing}, "ssooidc: A"},
		{ssooidc.ServiceError{Code: nothing}, "ssooidc: the service answered with an error"},
		{ssooidc.ServiceError{Code: "A", OAuthError: nothing}, "ssooidc: A"},
		{ssooidc.ServiceError{Code: nothing, OAuthError: "a"}, "ssooidc: a"},
		{ssooidc.ServiceError{Code: "A", RequestID: nothing}, "ssooidc: A"},
	} {
		if got := row.err.Error(); got != row.want {
			t.Errorf("got %q, want %q", got, row.want)
		}
	}
}

// TestShortSecrets: a test's "s" for a secret must not change what the service says.
func TestShortSecrets(t *testing.T) {
	t.Parallel()
	for _, value := range []string{"d", "Exception", "authorization_pending", "AuthorizationPendingException"} {
		_, err := stub(t, always(400, `{"error":"authorization_pending","error_description":"decide"}`, "X-Amzn-ErrorType", "AuthorizationPendingException")).
			CreateToken(t.Context(), &ssooidc.CreateTokenRequest{ClientID: "c", ClientSecret: value, DeviceCode: value, GrantType: ssooidc.GrantTypeDeviceCode})
		wantException(t, err, "AuthorizationPendingException", 400)
		if e := as[*ssooidc.ServiceError](t, err); e.OAuthError != "authorization_pending" || e.Description != "decide" {
			t.Errorf("with the secret %q: %v", value, err)
		}
	}
}

// TestEchoInEveryField: whatever part of an answer repeats a secret, no field has it.
func TestEchoInEveryField(t *testing.T) {
	t.Parallel()
	echo := tokenRequest.DeviceCode
	region := fmt.Sprintf(`{"error":"invalid_request","region":%q,"endpoint":%q}`, echo, echo)
	body := fmt.Sprintf(`{"error":%q,"error_description":%q,"reason":%q}`, echo, echo, echo)
	for _, row := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
	}{
		{"the exception's name", always(400, "", "X-Amzn-ErrorType", echo)},
		{"the exception's name in the body", always(400, fmt.Sprintf(`{"__type":%q}`, echo))},
		{"the texts of an exception", always(400, body, "X-Amzn-ErrorType", "InvalidGrantException")},
		{"the region and its endpoint", always(400, region)},
		{"the request id of an exception", always(400, `{"error":"invalid_grant"}`, "X-Amzn-Requestid", echo)},
		{"the request id of a page", always(502, "<html>", "X-Amzn-Requestid", echo)},
		{"the content type of a page", always(502, "<html>", "Content-Type", "text/"+echo)},
		{"the HTTP client's error", func(*http.Request) (*http.Response, error) { return nil, errors.New("refused " + echo) }},
	} {
		_, err := stub(t, row.answer).CreateToken(t.Context(), tokenRequest)
		if err == nil {
			t.Errorf("%s: no error", row.name)
		}
		wantNoSecret(t, err)
		if e := new(ssooidc.ServiceError); errors.As(err, &e) {
			wantNoSecret(t, *e)
		}
		if e := new(ssooidc.TransportError); errors.As(err, &e) {
			wantNoSecret(t, *e)
		}
	}
}

// TestSessionTokenIsASecretToo: the service repeats the headers of a request whose signature it refuses.
func TestSessionTokenIsASecretToo(t *testing.T) {
	t.Parallel()
	signed := func(o *ssooidc.Options) {
		o.Credentials = staticProvider{aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: "k", SessionToken: planted + "-session"}}
	}
	for _, answer := range []func(*http.Request) (*http.Response, error){
		always(403, `{"message":"The Canonical String was x-amz-security-token:PLANTED-session host"}`),
		always(502, "you sent PLANTED-session"),
		func(*http.Request) (*http.Response, error) { return nil, errors.New("refused PLANTED-session") },
	} {
		_, err := stub(t, answer, signed).CreateTokenWithIAM(t.Context(), iamRequest)
		if err == nil || !strings.Contains(err.Error(), "[redacted]") {
			t.Errorf("got %v", err)
		}
		wantNoSecret(t, err)
	}
}

// secretError is an HTTP client's own type of error, as a value.
type secretError struct{ Text string }

func (e secretError) Error() string { return e.Text }

func TestTransportErrorOfAValue(t *testing.T) {
	t.Parallel()
	_, err := stub(t, func(*http.Request) (*http.Response, error) { return nil, secretError{"refused " + tokenRequest.Code} }).
		CreateToken(t.Context(), tokenRequest)
	wantNoSecret(t, err, struct{ Err error }{err})
	as[secretError](t, err)
}

func TestBareException(t *testing.T) {
	t.Parallel()
	var err error = &ssooidc.AuthorizationPendingException{} // as a mock returns it
	as[*ssooidc.AuthorizationPendingException](t, err)
	as[*ssooidc.ServiceError](t, err)
	if errors.As(err, new(*ssooidc.SlowDownException)) {
		t.Error("it is taken for another")
	}
}

func TestErrorFault(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		err  ssooidc.ServiceError
		want smithy.ErrorFault
	}{
		{ssooidc.ServiceError{}, smithy.FaultUnknown},
		{ssooidc.ServiceError{StatusCode: 400}, smithy.FaultClient},
		{ssooidc.ServiceError{Code: "InvalidGrantException", StatusCode: 482}, smithy.FaultClient},
		{ssooidc.ServiceError{StatusCode: 503}, smithy.FaultServer},
		{ssooidc.ServiceError{Code: "InternalServerException", StatusCode: 490}, smithy.FaultServer},
	} {
		if got := row.err.ErrorFault(); got != row.want {
			t.Errorf("%+v: %s, want %s", row.err, got, row.want)
		}
	}
	for _, e := range exceptions {
		if _, ok := e.(smithy.APIError); !ok {
			t.Errorf("%T is no smithy.APIError", e)
		}
	}
}

func TestResponseErrorSnippet(t *testing.T) {
	t.Parallel()
	const page = "<html><title>Blocked by policy</title>\x1b[31m"
	for _, row := range []struct {
		name        string
		status      int
		contentType string
		body        string
		snippet     string
	}{
		{"a proxy's page", 403, "text/html", page, "<html><title>Blocked by policy</title> [31m"},
		{"a success", 200, "text/html", page, ""},
		{"a success without its token", 200, "application/json", `{"tokenType":"Bearer"}`, ""},
		{"torn JSON", 400, "", ` {"accessToken":"PLANTED`, ""},
		{"JSON in a page", 500, "text/html", `<script>var x = {"accessToken":"abc"}</script>`, ""},
		{"JSON by its type", 500, "Application/JSON", `accessToken abc`, ""},
		{"JSON laid out in a page", 500, "text/html", "<pre>{\n \"access\": \"abc\"}</pre>", ""},
		{"JSON escaped in a page", 500, "text/html", "<pre>{&quot;access&quot;:&quot;abc", ""},
		{"a form", 500, "application/x-www-form-urlencoded", "access_token=abc", ""},
		{"a list", 400, "", `["abc"]`, ""},
		{"a string", 400, "", `"abc"`, ""},
		{"an echo in clear", 502, "", "you sent PLANTED-device/code", "you sent [redacted]"},
		{"an echo in a page", 502, "", "you sent PLANTED-client&lt;5ecret&gt;, PLANTED-code&amp;more", "you sent [redacted], [redacted]"},
		{"an echo of JSON", 502, "", `you sent PLANTED-refresh\"t0ken and PLANTED-client\u003c5ecret\u003e`, `you sent [redacted] and [redacted]`},
		{"an echo of a query", 502, "", "you sent PLANTED-verifier%2B%C3%A9", "you sent [redacted]"},
		{"an echo in other escapes", 502, "", "you sent PLANTED-device%2fcode, PLANTED-device&#x2F;code, PLANTED-device&sol;code", "you sent [redacted], [redacted], [redacted]"},
		{"an echo cut off", 502, "", "you sent PLANTED-device/co", "you sent [redacted]"},
		{"an echo in base64", 502, "text/html", "you sent <code>eyJjbGllbnRJZCI6ImNsaWVudCIsImNsaWVudFNlY3JldCI6IlBMQU5URUQifQ</code>", ""},
		{"a long page", 502, "", strings.Repeat("é", 300), strings.Repeat("é", 100) + "..."},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			_, err := stub(t, always(row.status, row.body, "Content-Type", row.contentType)).CreateToken(context.Background(), tokenRequest)
			e := as[*ssooidc.ResponseError](t, err)
			if diff := cmp.Diff(row.snippet, e.Snippet); diff != "" {
				t.Errorf("snippet (-want +got):\n%s", diff)
			}
			if e.StatusCode != row.status || e.RequestID != "request-1" || e.Operation != "CreateToken" {
				t.Errorf("got %+v", e)
			}
			wantNoSecret(t, err)
		})
	}
}
