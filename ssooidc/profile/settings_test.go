package profile_test

import (
	"context"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/profile"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestSettings: where the service and its portal are, by the variables and the profile.
func TestSettings(t *testing.T) {
	const (
		one  = "https://one.example.com"
		two  = "https://two.example.com"
		both = "[services local]\nsso =\n  endpoint_url = " + two + "\nsso_oidc =\n  endpoint_url = " + one + "\n"
	)
	endpoints := func(service, portal string) profile.Profile {
		cfg := corpConfig
		cfg.Endpoint, cfg.PortalEndpoint = service, portal
		return of(cfg)
	}
	variants := func(fips, dualStack bool) profile.Profile {
		cfg := corpConfig
		cfg.UseFIPS, cfg.UseDualStack = fips, dualStack
		return of(cfg)
	}
	in := func(region string) profile.Profile {
		return of(corpConfig, func(p *profile.Profile) { p.Region = region })
	}
	run(t, []row{
		{name: "FIPS", load: "dev", config: dev + "use_fips_endpoint = true\n" + corp, want: variants(true, false)},
		{name: "dual-stack", load: "dev", config: dev + "use_dualstack_endpoint = True\n" + corp, want: variants(false, true)},
		{name: "both, by variables", load: "dev", env: "AWS_USE_FIPS_ENDPOINT=true AWS_USE_DUALSTACK_ENDPOINT=true", config: dev + corp, want: variants(true, true)},
		{name: "a variable turns FIPS off", load: "dev", env: "AWS_USE_FIPS_ENDPOINT=false", config: dev + "use_fips_endpoint = true\n" + corp, want: variants(false, false)},
		{
			name: "a legacy profile's FIPS", load: "old", config: legacy + "use_fips_endpoint = true\n",
			want: of(login.Config{StartURL: startURL, Region: "us-east-1", Legacy: true, UseFIPS: true}),
		},

		{name: "endpoint_url", load: "dev", config: dev + "endpoint_url = " + one + "\n" + corp, want: endpoints(one, one)},
		{name: "services", load: "dev", config: dev + "services = local\n" + both + corp, want: endpoints(one, two)},
		{name: "services before endpoint_url", load: "dev", config: dev + "endpoint_url = " + two + "\nservices = local\n[services local]\nsso_oidc =\n  endpoint_url = " + one + "\n" + corp, want: endpoints(one, two)},
		{name: "AWS_ENDPOINT_URL before services", load: "dev", env: "AWS_ENDPOINT_URL=" + one, config: dev + "services = local\n" + both + corp, want: endpoints(one, one)},
		{name: "AWS_ENDPOINT_URL_SSO before AWS_ENDPOINT_URL", load: "dev", env: "AWS_ENDPOINT_URL=" + one + " AWS_ENDPOINT_URL_SSO=" + two, config: dev + corp, want: endpoints(one, two)},
		{name: "AWS_ENDPOINT_URL_SSO_OIDC", load: "dev", env: "AWS_ENDPOINT_URL_SSO_OIDC=" + one, config: dev + corp, want: endpoints(one, "")},
		{name: "ignored by the profile", load: "dev", config: dev + "ignore_configured_endpoint_urls = true\nendpoint_url = " + one + "\n" + corp, want: endpoints("", "")},
		{name: "ignored by a variable", load: "dev", env: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true AWS_ENDPOINT_URL=" + one, config: dev + corp, want: endpoints("", "")},
		{name: "no services, but ignored", load: "dev", env: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", config: dev + "services = local\n" + corp, want: endpoints("", "")},
		{name: "not ignored after all", load: "dev", env: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false", config: dev + "ignore_configured_endpoint_urls = true\nendpoint_url = " + one + "\n" + corp, want: endpoints(one, one)},

		{name: "AWS_REGION", load: "dev", env: "AWS_REGION=ap-south-1 AWS_DEFAULT_REGION=sa-east-1", config: dev + corp, want: in("ap-south-1")},
		{name: "AWS_DEFAULT_REGION", load: "dev", env: "AWS_DEFAULT_REGION=sa-east-1", config: dev + corp, want: in("sa-east-1")},
		{name: "no region but the Identity Center's", load: "dev", config: cut(t, dev, "region") + corp, want: in("")},
	})
}

// TestCABundle: the certificates that the profile names, or the variable, are those that both the service and the portal are
// checked against.
func TestCABundle(t *testing.T) {
	service := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	server := httptest.NewTLSServer(service)
	t.Cleanup(server.Close)
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("HOME", filepath.Dir(bundle))
	t.Setenv("USERPROFILE", filepath.Dir(bundle))
	config := dev + "endpoint_url = " + server.URL + "\n" + corp
	for _, c := range []struct {
		name, env, line string
		trusted         bool
	}{
		{name: "neither"},
		{name: "ca_bundle", line: "ca_bundle = " + bundle + "\n", trusted: true},
		{name: "ca_bundle in the home folder", line: "ca_bundle = ~/ca.pem\n", trusted: true},
		{name: "AWS_CA_BUNDLE", env: "AWS_CA_BUNDLE=" + bundle, trusted: true},
		{name: "AWS_CA_BUNDLE first", env: "AWS_CA_BUNDLE=" + bundle, line: "ca_bundle = /nowhere\n", trusted: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			setEnv(t, c.env)
			p, err := profile.Load(t.Context(), "dev", files(write(t, dev+c.line+config[len(dev):])))
			if err != nil {
				t.Fatal(err)
			}
			before := len(service.Requests())
			p.Login.Flow = login.FlowDeviceCode
			p.Login.Cache = new(tokencache.Memory)
			p.Login.Prompt = func(context.Context, login.Challenge) error { return nil }
			session, err := login.New(p.Login)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := session.Login(t.Context()); (err == nil) != c.trusted {
				t.Fatalf("Login: %v", err)
			}
			if !c.trusted {
				return
			}
			if err := session.Logout(t.Context()); err != nil {
				t.Error(err)
			}
			var operations []string
			for _, r := range service.Requests()[before:] {
				operations = append(operations, r.Operation)
			}
			if want := []string{"RegisterClient", "StartDeviceAuthorization", "CreateToken", "Logout"}; !slices.Equal(operations, want) {
				t.Errorf("requests %v, want %v", operations, want)
			}
		})
	}
}
