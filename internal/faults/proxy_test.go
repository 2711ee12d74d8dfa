package faults_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
)

// TestProxyWithPrivateCA: with AWS_CA_BUNDLE, and no HTTP client of its own, each flow goes through a proxy that opens TLS,
// under the real names of the service and the portal. Without, see the table.
func TestProxyWithPrivateCA(t *testing.T) {
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(bundle, network.ca, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	const service, portal = "oidc." + region + ".amazonaws.com:443", "portal.sso." + region + ".amazonaws.com:443"
	for _, row := range []struct {
		flow  *flow
		asked string // each request has a connection of its own
		left  string
	}{
		{deviceCode, service + " " + service + " " + service + " " + service, bothNew},
		{browser, service + " " + service, bothNew},
		{refreshing, service, newToken},
		{signingOut, portal, noToken},
		{iam, service, allKept},
	} {
		t.Run(row.flow.name, func(t *testing.T) {
			before := countResources()
			s := newScene(t, t.TempDir(), step{flow: row.flow}, fault{name: "none"})
			cfg := s.config(nil)
			var err error
			if s.session, err = login.New(cfg); err != nil {
				t.Fatal(err)
			}
			provider := aws.CredentialsProviderFunc(provide)
			if s.api, err = ssooidc.New(ssooidc.Options{Region: region, Credentials: provider}); err != nil {
				t.Fatal(err)
			}
			var handler http.Handler = s.service
			network.service.Store(&handler)
			network.asked.take()
			if problem := succeeds(s, s.run(t)); problem != "" {
				t.Error(problem)
			}
			if asked := network.asked.take(); asked != row.asked {
				t.Errorf("the proxy was asked for %q, want %q", asked, row.asked)
			}
			if left := s.left(t); left != row.left {
				t.Errorf("what is left: %s, want %s", left, row.left)
			}
			before.wantNoMore(t)
		})
	}
}
