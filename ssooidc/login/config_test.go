package login_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

func TestConfigErrors(t *testing.T) {
	t.Parallel()
	type config = login.Config
	tests := []struct {
		name   string
		change func(*config)
		field  string
		value  string
		says   string // part of the text
	}{
		{"no start URL", func(c *config) { c.StartURL = "" }, "StartURL", "", "is missing"},
		{"http", func(c *config) { c.StartURL = "http://d-1.awsapps.com/start" }, "StartURL", "http://d-1.awsapps.com/start", "https://"},
		{"no URL", func(c *config) { c.StartURL = "d-1234567890" }, "StartURL", "d-1234567890", "https://d-1234567890.awsapps.com/start"},
		{"a company's domain", func(c *config) { c.StartURL = "https://sso.example.com/start" }, "StartURL", "https://sso.example.com/start", "not supported yet"},
		{"a password", func(c *config) { c.StartURL = "https://me:s3cret@d-1.awsapps.com/start" }, "StartURL", "", "user name or password"},
		{"no region", func(c *config) { c.Region = "" }, "Region", "", "is missing"},
		{"no region, an endpoint", func(c *config) { c.Region, c.Endpoint = "", "https://x.example" }, "Region", "", "is missing"},
		{"no region, a client", func(c *config) { c.Region, c.Client = "", &mock{} }, "Region", "", "is missing"},
		{"no host label", func(c *config) { c.Region = "x@evil:443/#" }, "Region", "x@evil:443/#", "not the name of a region"},
		{"no host label, a client", func(c *config) { c.Region, c.Client = "us east", &mock{} }, "Region", "us east", "not the name of a region"},
		{"unknown flow", func(c *config) { c.Flow = 3 }, "Flow", "Flow(3)", "choose FlowAuto, FlowBrowser or FlowDeviceCode"},
		{"negative flow", func(c *config) { c.Flow = -1 }, "Flow", "Flow(-1)", "FlowAuto"},
		{"legacy in a browser", func(c *config) { c.Legacy, c.Flow = true, login.FlowBrowser }, "Flow", "browser", "Legacy"},
		{"legacy with scopes", func(c *config) { c.Legacy, c.Scopes = true, []string{"a", "b"} }, "Scopes", "a b", "Legacy"},
		{"an empty scope", func(c *config) { c.Scopes = []string{"a", ""} }, "Scopes", "", "has an empty scope"},
		{"two scopes in one", func(c *config) { c.Scopes = []string{"a b"} }, "Scopes", "a b", "has a space"},
		{"a scope in quotes", func(c *config) { c.Scopes = []string{`"a"`} }, "Scopes", `"a"`, "has a quote"},
		{"port", func(c *config) { c.RedirectPort = 65536 }, "RedirectPort", "65536", "from 1 to 65535"},
		{"negative port", func(c *config) { c.RedirectPort = -1 }, "RedirectPort", "-1", "from 1 to 65535"},
		{"endpoint and FIPS", func(c *config) { c.Endpoint, c.UseFIPS = "https://x.example", true }, "Endpoint", "https://x.example", "FIPS"},
		{"endpoint and dual-stack", func(c *config) { c.Endpoint, c.UseDualStack = "https://x.example", true }, "Endpoint", "https://x.example", "dual-stack"},
		{"portal and FIPS", func(c *config) { c.PortalEndpoint, c.UseFIPS = "https://x.example", true }, "PortalEndpoint", "https://x.example", "FIPS"},
		{"http endpoint", func(c *config) { c.Endpoint = "http://x.example" }, "Endpoint", "http://x.example", "https"},
		{"http portal", func(c *config) { c.PortalEndpoint = "http://x.example" }, "PortalEndpoint", "http://x.example", "https"},
		{"endpoint with a password", func(c *config) { c.Endpoint = "https://me:s3cret@x.example" }, "Endpoint", "", "user name or password"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			cfg := login.Config{StartURL: startURL, Region: region}
			tt.change(&cfg)
			s, err := login.New(cfg)
			var e *login.ConfigError
			if s != nil || !errors.As(err, &e) {
				t.Fatalf("New: %v, %v", s, err)
			}
			if e.Field != tt.field || e.Value != tt.value || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("%#v says %v", e, err)
			}
			if !strings.HasPrefix(err.Error(), "login: Config."+tt.field) || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "DisableHTTPS") {
				t.Error(err)
			}
		})
	}
}

func TestConfigDefaults(t *testing.T) {
	t.Parallel()
	for _, cfg := range []login.Config{
		{StartURL: startURL, Region: region},
		{StartURL: startURL + "#/", Region: "eu-west-1", RefreshWindow: -1},
		{StartURL: startURL, Region: region, Legacy: true},
		{StartURL: startURL, Region: region, Scopes: []string{}},
		{StartURL: startURL, Region: region, Client: (*ssooidc.Client)(nil)},
		{StartURL: startURL, Region: region, UseFIPS: true, UseDualStack: true},
		{StartURL: startURL, Region: region, Endpoint: "http://127.0.0.1:1", PortalEndpoint: "http://[::1]:2/x"},
		{StartURL: "https://ssoins-1.portal.us-east-1.app.aws", Region: region},
	} {
		before := fmt.Sprintf("%+v", cfg)
		s, err := login.New(cfg)
		if err != nil {
			t.Errorf("%+v: %v", cfg, err)
			continue
		}
		if s.Region() != cfg.Region {
			t.Errorf("Region is %q", s.Region())
		}
		if after := fmt.Sprintf("%+v", cfg); after != before {
			t.Errorf("New has changed the config to %s", after)
		}
	}
}

// TestConfigIsCopied: what the caller does to the config later means nothing.
func TestConfigIsCopied(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
		cfg := config(s)
		cfg.Scopes = []string{"sso:account:access"}
		session := newSession(t, cfg)
		cfg.Scopes[0] = "openid"
		if _, err := session.Login(t.Context()); err != nil {
			t.Fatal(err)
		}
		if body := string(s.Requests()[0].Body); !strings.Contains(body, "sso:account:access") {
			t.Errorf("registered: %s", body)
		}
	})
}

// TestRegistrationRequest: what the service is sent for the device flow, and under which name.
func TestDeviceRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
		cfg := config(s)
		cfg.ClientName = "my tool"
		if _, err := newSession(t, cfg).Login(t.Context()); err != nil {
			t.Fatal(err)
		}
		requests := s.Requests()
		if diff := cmp.Diff(`{"clientName":"my tool","clientType":"public","scopes":["sso:account:access"]}`, string(requests[0].Body)); diff != "" {
			t.Errorf("RegisterClient (-want +got):\n%s", diff)
		}
		for i, words := range [][]string{1: {`"startUrl":"` + startURL + `"`}, 2: {`"grantType":"` + ssooidc.GrantTypeDeviceCode + `"`, `"deviceCode":`}} {
			for _, word := range words {
				if !strings.Contains(string(requests[i].Body), word) {
					t.Errorf("%s lacks %s: %s", requests[i].Operation, word, requests[i].Body)
				}
			}
		}
	})
}

// TestDualStack: which host each operation goes to, for a portal that needs the dual-stack endpoint in the device flow.
func TestDualStack(t *testing.T) {
	t.Parallel()
	const portal = "https://ssoins-1234567890abcdef.portal.us-east-1.app.aws"
	tests := []struct {
		name            string
		change          func(*login.Config)
		device, refresh string
	}{
		{"the portal's form", func(*login.Config) {}, "oidc.us-east-1.api.aws", "oidc.us-east-1.amazonaws.com"},
		{"FIPS", func(c *login.Config) { c.UseFIPS = true }, "oidc-fips.us-east-1.amazonaws.com", "oidc-fips.us-east-1.amazonaws.com"},
		{"a FIPS region", func(c *login.Config) { c.Region = "fips-us-east-1" }, "oidc-fips.us-east-1.amazonaws.com", "oidc-fips.us-east-1.amazonaws.com"},
		{"dual-stack", func(c *login.Config) { c.UseDualStack = true }, "oidc.us-east-1.api.aws", "oidc.us-east-1.api.aws"},
		{"an endpoint", func(c *login.Config) { c.Endpoint = "https://x.example" }, "x.example", "x.example"},
		{"another form", func(c *login.Config) { c.StartURL = startURL }, "oidc.us-east-1.amazonaws.com", "oidc.us-east-1.amazonaws.com"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
				cfg := config(s)
				cfg.StartURL = portal
				hosts := newHostRecorder(s.HTTPClient())
				cfg.HTTPClient = hosts
				tt.change(&cfg)
				session := newSession(t, cfg)
				token, err := session.Login(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if _, err := session.Refresh(t.Context(), token.AccessToken); err != nil {
					t.Fatal(err)
				}
				want := []string{tt.device, tt.device, tt.device, tt.refresh}
				if !slices.Equal(hosts.list, want) {
					t.Errorf("asked %q, want %q", hosts.list, want)
				}
			})
		})
	}
}

// TestRegionHint: a region in the start URL's host that contradicts the configured one.
func TestRegionHint(t *testing.T) {
	t.Parallel()
	const other = "https://ssoins-1234567890abcdef.eu-west-1.portal.amazonaws.com"
	tests := []struct {
		name, startURL, region string
		hint                   bool
	}{
		{"another", other, "us-east-1", true},
		{"the same", other, "eu-west-1", false},
		{"the same, with FIPS", other, "fips-eu-west-1", false},
		{"none", startURL, "us-east-1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ssooidctest.New(ssooidctest.Options{})
				var log logs
				var seen prompts
				cfg := config(s)
				cfg.StartURL, cfg.Region = tt.startURL, tt.region
				cfg.Logger, cfg.Prompt = log.logger(), seen.prompt
				s.FailNext("CreateToken", "AuthorizationPendingException", 1)
				s.FailNext("CreateToken", "InvalidGrantException", 1)
				_, err := newSession(t, cfg).Login(t.Context())
				if !errors.As(err, new(*ssooidc.InvalidGrantException)) {
					t.Fatalf("Login: %v", err)
				}
				const hint = "the start URL is one of region eu-west-1, but the configured region is us-east-1"
				for where, text := range map[string]string{"log": log.String(), "challenge": seen.all()[0].Why, "error": err.Error()} {
					if strings.Contains(text, hint) != tt.hint {
						t.Errorf("the %s says: %s", where, text)
					}
				}
				if n := log.count("level=WARN"); (n == 1) != tt.hint {
					t.Errorf("%d warnings:\n%s", n, log.String())
				}
			})
		})
	}
}

// TestPrinting: a session and its parts print which they are, and nothing secret.
func TestPrinting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
		session := newSession(t, config(s))
		token, err := session.Login(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		const want = `login.Session{Name:"dev" StartURL:"https://d-0123456789.awsapps.com/start" Region:"us-east-1"}`
		var text strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
			if got := fmt.Sprintf(verb, session); got != want {
				t.Errorf("%s: %s", verb, got)
			}
			fmt.Fprintf(&text, verb+verb, token, &token)
			fmt.Fprintf(&text, verb+verb, []any{session, token}, struct{ S *login.Session }{session.Session})
		}
		for _, h := range []slog.Handler{slog.NewTextHandler(&text, nil), slog.NewJSONHandler(&text, nil)} {
			slog.New(h).Info("x", "session", session, "token", token)
		}
		if strings.Contains(text.String(), token.AccessToken) {
			t.Errorf("the token is in the text:\n%s", text.String())
		}
		checkNoSecret(t, s, text.String())
		if !strings.Contains(fmt.Sprint(token), "[redacted]") {
			t.Errorf("a token prints as %v", token)
		}
		if got := fmt.Sprint((*login.Session)(nil)); got != "<nil>" {
			t.Errorf("a nil session prints as %s", got)
		}
	})
}

func TestFlowString(t *testing.T) {
	t.Parallel()
	for flow, want := range map[login.Flow]string{
		login.FlowAuto: "auto", login.FlowBrowser: "browser", login.FlowDeviceCode: "device code", 7: "Flow(7)",
	} {
		if got := flow.String(); got != want {
			t.Errorf("%d prints as %q, want %q", int(flow), got, want)
		}
	}
}

// TestNotMade: a session that New did not make says so.
func TestNotMade(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]*login.Session{"nil": nil, "zero": new(login.Session)} {
		_, loginErr := s.Login(t.Context())
		_, tokenErr := s.Token(t.Context())
		_, refreshErr := s.Refresh(t.Context(), "x")
		_, bearerErr := s.RetrieveBearerToken(t.Context())
		_, _, portalErr := s.Portal()
		useErr := s.Use(t.Context(), nil, nil)
		for _, err := range []error{loginErr, tokenErr, refreshErr, bearerErr, portalErr, useErr, s.Logout(t.Context())} {
			if !errors.As(err, new(*login.ConfigError)) || err.Error() != "login: the session is nil or zero: make one with New" {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := s.Close(); err != nil || s.Region() != "" {
			t.Errorf("%s: %v, %q", name, err, s.Region())
		}
	}
}

// TestErrorTexts: what the errors say by themselves, zero values too.
func TestErrorTexts(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want string
	}{
		{&login.ConfigError{}, "login: the configuration can't be used"},
		{&login.ConfigError{Field: "Region", Problem: "is missing"}, "login: Config.Region is missing"},
		{&login.LockError{}, "login: the token can't be refreshed: another process has held its lock too long; look for one that is stopped or hangs, then try again"},
		{&login.AuthorizationError{}, "the browser came back with an error; sign in again, and if that does not help, check the start URL and the region"},
		{&login.RequiredError{}, "login: a person must sign in to this session; sign in"},
		{&login.RequiredError{Session: "dev", Err: context.Canceled}, "login: a person must sign in to dev; sign in (context canceled)"},
		{&login.AuthorizationError{Code: "access_denied"}, "the browser came back with an error: access_denied; sign in again and approve it, or ask an administrator"},
		{&login.AuthorizationError{Code: "x", Description: "a\nb"}, "the browser came back with an error: x: a b; sign in again, and if that does not help, check the start URL and the region"},
	} {
		if tt.err.Error() != tt.want {
			t.Errorf("%#v says %q, want %q", tt.err, tt.err, tt.want)
		}
	}
	if !errors.Is(&login.AuthorizationError{Code: "access_denied"}, login.ErrDenied) || errors.Is(&login.AuthorizationError{Code: "x"}, login.ErrDenied) {
		t.Error("access_denied, and nothing else, is ErrDenied")
	}
}

var _ login.API = (*mock)(nil)

var _ tokencache.Store = (*faulty)(nil)
