package login_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/ssooidc/ssooidc-go/internal/portal"
	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
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

// TestPortalRedirects: the portal sends the session's token elsewhere, and it does
// not go there.
func TestPortalRedirects(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s went elsewhere with %v", r.Method, r.Header)
	}))
	t.Cleanup(elsewhere.Close)
	portal := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	t.Cleanup(portal.Close)
	for name, client := range map[string]ssooidc.HTTPClient{
		"ours": nil, "a *http.Client": &http.Client{}, "AWS's": awshttp.NewBuildableClient(),
	} {
		session, err := login.New(login.Config{
			StartURL: startURL, Region: region, PortalEndpoint: portal.URL, HTTPClient: client, Cache: new(tokencache.Memory),
		})
		must(t, err)
		url, client, err := session.Portal()
		must(t, err)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/federation/credentials", nil)
		must(t, err)
		req.Header.Set("X-Amz-Sso_bearer_token", "s3cret")
		resp, err := client.Do(req)
		if err != nil || resp.StatusCode != http.StatusTemporaryRedirect {
			t.Errorf("%s: %v, %v", name, resp, err)
			continue
		}
		resp.Body.Close()
	}
}

// followsNone reports whether it is a *http.Client that follows no redirect.
func followsNone(client ssooidc.HTTPClient) bool {
	c, ok := client.(*http.Client)
	return ok && c != nil && c.CheckRedirect != nil && errors.Is(c.CheckRedirect(nil, nil), http.ErrUseLastResponse)
}
