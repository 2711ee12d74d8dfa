package ssooidc_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

func TestAuthorizeURL(t *testing.T) {
	t.Parallel()
	c := stub(t, func(*http.Request) (*http.Response, error) { t.Error("a request was sent"); return nil, errReset })
	got, err := c.AuthorizeURL(&ssooidc.AuthorizeURLRequest{
		ClientID: "client+id", RedirectURI: "http://127.0.0.1:43210/oauth/callback", State: "a/b=",
		CodeChallenge: "ch_-~", Scopes: []string{"sso:account:access", "other"},
	})
	const want = "https://oidc.us-east-1.amazonaws.com/authorize?response_type=code&client_id=client%2Bid" +
		"&redirect_uri=http%3A%2F%2F127.0.0.1%3A43210%2Foauth%2Fcallback&state=a%2Fb%3D&code_challenge_method=S256" +
		"&scopes=sso%3Aaccount%3Aaccess%20other&code_challenge=ch_-~"
	if err != nil || got != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	for _, in := range []*ssooidc.AuthorizeURLRequest{nil, {}, {ClientID: "c", Scopes: []string{"s"}}} {
		_, err := c.AuthorizeURL(in)
		missing := as[*ssooidc.ValidationError](t, err).Missing
		want := []string{"ClientID", "RedirectURI", "State", "CodeChallenge"}
		if in != nil && in.ClientID != "" {
			want = want[1:]
		}
		if !slices.Equal(missing, want) {
			t.Errorf("%+v misses %v, want %v", in, missing, want)
		}
	}
}
