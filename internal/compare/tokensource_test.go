package compare_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"golang.org/x/oauth2"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// tokenSource makes a session an oauth2.TokenSource, whose interface knows no context: ctx is for all its tokens.
type tokenSource struct {
	ctx     context.Context
	session *login.Session
}

func (s tokenSource) Token() (*oauth2.Token, error) {
	t, err := s.session.Token(s.ctx)
	return &oauth2.Token{AccessToken: t.AccessToken, TokenType: "Bearer", Expiry: t.ExpiresAt}, err
}

var _ oauth2.TokenSource = tokenSource{}

func TestTokenSource(t *testing.T) {
	t.Parallel()
	service := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	session, err := login.New(login.Config{
		StartURL: service.StartURL(), Region: "us-east-1", Flow: login.FlowDeviceCode,
		HTTPClient: service.HTTPClient(), Cache: new(tokencache.Memory),
	})
	if err != nil {
		t.Fatal(err)
	}
	source := tokenSource{t.Context(), session}
	if _, err := source.Token(); !errors.As(err, new(*login.RequiredError)) {
		t.Errorf("nobody is signed in: %v", err)
	}
	token, err := session.Login(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := source.Token()
	if err != nil || got.AccessToken != token.AccessToken || !got.Expiry.Equal(token.ExpiresAt) || !got.Valid() || got.Type() != "Bearer" {
		t.Errorf("got a token valid %t until %v, %v", got.Valid(), got.Expiry, err)
	}
}

// TestTokenSourceInDocumentation: the lines above are those that the documentation shows.
func TestTokenSourceInDocumentation(t *testing.T) {
	t.Parallel()
	code, err := os.ReadFile("tokensource_test.go")
	if err != nil {
		t.Fatal(err)
	}
	shown, err := os.ReadFile("../../ssooidc/rolecreds/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	_, lines, _ := strings.Cut(string(code), ")\n\n")
	lines, _, found := strings.Cut(lines, "\n\nvar _")
	if !found {
		t.Fatal("no lines to look for")
	}
	want := "//\t" + strings.ReplaceAll(lines, "\n", "\n//\t")
	if want = strings.ReplaceAll(want, "//\t\n", "//\n"); !strings.Contains(string(shown), want) {
		t.Errorf("the documentation does not show\n%s", want)
	}
}
