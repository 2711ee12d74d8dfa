package rolecreds_test

import (
	"context"
	"net/http"
	"slices"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/rolecreds"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

var readOnly = rolecreds.Role{AccountID: "111122223333", Name: "ReadOnlyAccess"}

// signedIn is a session in which somebody has signed in to the service, and the token.
func signedIn(t *testing.T, service *ssooidctest.Service, change ...func(*login.Config)) (*login.Session, login.Token) {
	t.Helper()
	cfg := login.Config{
		StartURL:   service.StartURL(),
		Region:     "eu-west-1",
		Flow:       login.FlowDeviceCode,
		HTTPClient: service.HTTPClient(),
		Cache:      new(tokencache.Memory),
		Browse:     func(context.Context, string) error { return nil },
		Prompt:     func(_ context.Context, c login.Challenge) error { return service.Approve(c.UserCode) },
	}
	for _, f := range change {
		f(&cfg)
	}
	session, err := login.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	token, err := session.Login(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return session, token
}

// after are the operations that the service was asked for since it had had a number of requests.
func after(service *ssooidctest.Service, before int) []string {
	var operations []string
	for _, r := range service.Requests()[before:] {
		operations = append(operations, r.Operation)
	}
	return operations
}

func wantAfter(t *testing.T, service *ssooidctest.Service, before int, want ...string) {
	t.Helper()
	if got := after(service, before); !slices.Equal(got, want) {
		t.Errorf("requests %v, want %v", got, want)
	}
}

// echo answers with an exception whose message repeats the token of the request.
func echo(status int, exception string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amzn-ErrorType", exception)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		w.Write([]byte(`{"message":"no such token: ` + r.Header.Get("X-Amz-Sso_bearer_token") + `"}`))
	}
}
