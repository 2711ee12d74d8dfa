package ssooidc_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// basePath is where the tests' service lives: a client that drops the path of its endpoint fails them all.
const basePath = "/base/path"

// planted begins every secret in these tests, and stands in no text that may be shown.
const planted = "PLANTED"

// The requests have every field set, each secret one to something planted.
var (
	registerRequest = &ssooidc.RegisterClientRequest{
		ClientName: "tests", ClientType: ssooidc.ClientTypePublic, Scopes: []string{ssooidc.ScopeAccountAccess},
		RedirectURIs: []string{"http://127.0.0.1/oauth/callback"}, GrantTypes: []string{ssooidc.GrantTypeAuthorizationCode},
		IssuerURL: "https://example.awsapps.com/start", EntitledApplicationARN: "arn:aws:sso::1:application/a",
	}
	deviceRequest = &ssooidc.StartDeviceAuthorizationRequest{
		ClientID: "client", ClientSecret: planted + "-client<5ecret>", StartURL: "https://example.awsapps.com/start",
	}
	tokenRequest = &ssooidc.CreateTokenRequest{
		ClientID: "client", ClientSecret: planted + "-client<5ecret>", GrantType: ssooidc.GrantTypeRefreshToken,
		DeviceCode: planted + "-device/code", Code: planted + "-code&more", RefreshToken: planted + "-refresh\"t0ken",
		Scope: []string{ssooidc.ScopeAccountAccess}, RedirectURI: "http://127.0.0.1:8080/oauth/callback",
		CodeVerifier: planted + "-verifier+é",
	}
	iamRequest = &ssooidc.CreateTokenWithIAMRequest{
		ClientID: "arn:aws:sso::1:application/a", GrantType: ssooidc.GrantTypeTokenExchange,
		Code: planted + "-code", RefreshToken: planted + "-refresh", Assertion: planted + "-assertion",
		Scope: []string{"s"}, RedirectURI: "https://example.com/", SubjectToken: planted + "-subject",
		SubjectTokenType: ssooidc.TokenTypeAccessToken, RequestedTokenType: ssooidc.TokenTypeRefreshToken,
		CodeVerifier: planted + "-verifier",
	}
)

// operations calls each operation with its request, so that a test of what they share is one loop.
var operations = map[string]func(context.Context, ssooidc.API) (any, error){
	"RegisterClient": func(ctx context.Context, c ssooidc.API) (any, error) {
		return c.RegisterClient(ctx, registerRequest)
	},
	"StartDeviceAuthorization": func(ctx context.Context, c ssooidc.API) (any, error) {
		return c.StartDeviceAuthorization(ctx, deviceRequest)
	},
	"CreateToken": func(ctx context.Context, c ssooidc.API) (any, error) {
		return c.CreateToken(ctx, tokenRequest)
	},
	"CreateTokenWithIAM": func(ctx context.Context, c ssooidc.API) (any, error) {
		return c.CreateTokenWithIAM(ctx, iamRequest)
	},
}

// successes are answers that the operations take for a result.
var successes = map[string]string{
	"RegisterClient":           `{"clientId":"client","clientSecret":"PLANTED-s","clientIdIssuedAt":1,"clientSecretExpiresAt":2,"authorizationEndpoint":null,"tokenEndpoint":null}`,
	"StartDeviceAuthorization": `{"deviceCode":"PLANTED-d","userCode":"ABCD-EFGH","verificationUri":"https://v","verificationUriComplete":"https://v?c","expiresIn":600,"interval":1}`,
	"CreateToken":              `{"accessToken":"PLANTED-a","tokenType":"Bearer","expiresIn":3600,"refreshToken":"PLANTED-r","idToken":null,"aws_sso_app_session_id":"x","issuedTokenType":null,"originSessionId":null}`,
	"CreateTokenWithIAM":       `{"accessToken":"PLANTED-a","tokenType":"Bearer","expiresIn":3600,"scope":["s"],"awsAdditionalDetails":{"identityContext":"PLANTED-i"}}`,
}

// credentials are static; their parts are secrets too.
var credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKID", SecretAccessKey: planted + "-secret-key", SessionToken: "session"}, nil
})

// setup makes a client of a real handler on loopback, under basePath.
func setup(t *testing.T, h http.HandlerFunc, change ...func(*ssooidc.Options)) *scanned {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle(basePath+"/", http.StripPrefix(basePath, h))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	opts := ssooidc.Options{
		Region: "us-east-1", BaseEndpoint: server.URL + basePath, Credentials: credentials,
		HTTPClient: server.Client(), Retryer: aws.NopRetryer{},
	}
	for _, fn := range change {
		fn(&opts)
	}
	return newClient(t, opts)
}

// stub makes a client whose requests f answers, in this goroutine.
func stub(t testing.TB, f func(*http.Request) (*http.Response, error), change ...func(*ssooidc.Options)) *scanned {
	t.Helper()
	opts := ssooidc.Options{
		Region: "us-east-1", Credentials: credentials, HTTPClient: doer(f), Retryer: aws.NopRetryer{},
	}
	for _, fn := range change {
		fn(&opts)
	}
	return newClient(t, opts)
}

func newClient(t testing.TB, opts ssooidc.Options) *scanned {
	t.Helper()
	c, err := ssooidc.New(opts)
	if err != nil {
		t.Fatal(err)
	}
	return &scanned{c, t}
}

// scanned is a client whose errors are scanned for secrets.
type scanned struct {
	*ssooidc.Client
	t testing.TB
}

func (c *scanned) RegisterClient(ctx context.Context, in *ssooidc.RegisterClientRequest) (*ssooidc.RegisterClientResponse, error) {
	out, err := c.Client.RegisterClient(ctx, in)
	wantNoSecret(c.t, err)
	return out, err
}

func (c *scanned) StartDeviceAuthorization(ctx context.Context, in *ssooidc.StartDeviceAuthorizationRequest) (*ssooidc.StartDeviceAuthorizationResponse, error) {
	out, err := c.Client.StartDeviceAuthorization(ctx, in)
	wantNoSecret(c.t, err)
	return out, err
}

func (c *scanned) CreateToken(ctx context.Context, in *ssooidc.CreateTokenRequest) (*ssooidc.CreateTokenResponse, error) {
	out, err := c.Client.CreateToken(ctx, in)
	wantNoSecret(c.t, err)
	return out, err
}

func (c *scanned) CreateTokenWithIAM(ctx context.Context, in *ssooidc.CreateTokenWithIAMRequest) (*ssooidc.CreateTokenWithIAMResponse, error) {
	out, err := c.Client.CreateTokenWithIAM(ctx, in)
	wantNoSecret(c.t, err)
	return out, err
}

func (c *scanned) AuthorizeURL(in *ssooidc.AuthorizeURLRequest) (string, error) {
	out, err := c.Client.AuthorizeURL(in)
	wantNoSecret(c.t, err)
	return out, err
}

// doer is an opaque HTTPClient.
type doer func(*http.Request) (*http.Response, error)

func (f doer) Do(req *http.Request) (*http.Response, error) { return f(req) }

// respond is an answer with the given headers, in pairs.
func respond(status int, body string, headers ...string) *http.Response {
	h := http.Header{"X-Amzn-Requestid": {"request-1"}}
	for i := 0; i < len(headers); i += 2 {
		h.Set(headers[i], headers[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// always answers every request alike.
func always(status int, body string, headers ...string) func(*http.Request) (*http.Response, error) {
	return func(req *http.Request) (*http.Response, error) { return respond(status, body, headers...), nil }
}

// wantNoSecret fails if anything that may be shown of the values holds a planted secret. Errors are also shown
// as each error they wrap.
func wantNoSecret(t testing.TB, values ...any) {
	t.Helper()
	for i := 0; i < len(values); i++ {
		v := values[i]
		if v == nil {
			continue
		}
		switch wrapping := v.(type) {
		case interface{ Unwrap() error }:
			if err := wrapping.Unwrap(); err != nil {
				values = append(values, err)
			}
		case interface{ Unwrap() []error }:
			for _, err := range wrapping.Unwrap() {
				values = append(values, err)
			}
		}
		texts := []string{}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			texts = append(texts, fmt.Sprintf(verb, v))
		}
		var log strings.Builder
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "value", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "value", v)
		for _, text := range append(texts, log.String()) {
			if strings.Contains(text, planted) || strings.Contains(text, fmt.Sprintf("%x", planted)) || strings.Contains(text, fmt.Sprintf("%X", planted)) {
				t.Errorf("a secret is shown of a %T: %s", v, text)
				break
			}
		}
	}
}

// as is errors.As with the type as its argument.
func as[E error](t *testing.T, err error) E {
	t.Helper()
	var e E
	if !errors.As(err, &e) {
		t.Fatalf("got %T (%v), want %v", err, err, reflect.TypeFor[E]())
	}
	return e
}

func decode[T any](t *testing.T, data []byte) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	return v
}
