package login_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/ssooidc/ssooidc-go/internal/portal"
	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
)

// doer is an HTTP client that is no *http.Client.
type doer struct{ ssooidc.HTTPClient }

func TestPortal(t *testing.T) {
	t.Setenv("AWS_CA_BUNDLE", "")
	mine := &http.Client{Transport: &http.Transport{}}
	for name, c := range map[string]struct {
		change func(*login.Config)
		url    string
		check  func(ssooidc.HTTPClient) bool
	}{
		"the default": {func(*login.Config) {}, "https://portal.sso.us-gov-west-1.amazonaws.com", followsNone},
		"nil":         {func(c *login.Config) { c.HTTPClient = (*http.Client)(nil) }, "https://portal.sso.us-gov-west-1.amazonaws.com", followsNone},
		"mine": {func(c *login.Config) { c.HTTPClient = mine; c.UseDualStack = true }, "https://portal.sso.us-gov-west-1.api.aws", func(got ssooidc.HTTPClient) bool {
			return followsNone(got) && got.(*http.Client).Transport == mine.Transport && mine.CheckRedirect == nil
		}},
		"another kind": {func(c *login.Config) { c.HTTPClient = doer{}; c.PortalEndpoint = "https://proxy.example.com/portal/" }, "https://proxy.example.com/portal", func(got ssooidc.HTTPClient) bool {
			return got == ssooidc.HTTPClient(doer{})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := login.Config{StartURL: "https://d-1234567890.awsapps.com/start", Region: "us-gov-west-1"}
			c.change(&cfg)
			session, err := login.New(cfg)
			if err != nil {
				t.Fatal(err)
			}
			url, client, err := session.Portal()
			if err != nil || url != c.url || !c.check(client.(portal.Bounded).Doer) {
				t.Errorf("got %s, %T, %v", url, client, err)
			}
		})
	}
	session, err := login.New(login.Config{StartURL: "https://d-1234567890.awsapps.com/start", Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem")
	if _, client, err := session.Portal(); err == nil || client != nil {
		t.Errorf("without a CA bundle: %T, %v", client, err)
	}
}

// followsNone reports whether it is a *http.Client that follows no redirect.
func followsNone(client ssooidc.HTTPClient) bool {
	c, ok := client.(*http.Client)
	return ok && c != nil && c.CheckRedirect != nil && errors.Is(c.CheckRedirect(nil, nil), http.ErrUseLastResponse)
}
