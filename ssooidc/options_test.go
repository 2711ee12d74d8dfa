package ssooidc_test

import (
	"context"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		opts  ssooidc.Options
		field string
	}{
		{ssooidc.Options{}, "Region"},
		{ssooidc.Options{Region: "x@evil:443/#"}, "Region"},
		{ssooidc.Options{Region: "us-east-1\n"}, "Region"},
		{ssooidc.Options{Region: "us-east-１"}, "Region"},
		{ssooidc.Options{Region: "us.east"}, "Region"},
		{ssooidc.Options{Region: "-"}, "Region"},
		{ssooidc.Options{Region: "x@evil:443/#", BaseEndpoint: "https://oidc.example.com"}, "Region"},
		{ssooidc.Options{BaseEndpoint: "oidc.example.com"}, "BaseEndpoint"},
		{ssooidc.Options{BaseEndpoint: "ftp://oidc.example.com"}, "BaseEndpoint"},
		{ssooidc.Options{BaseEndpoint: "http://oidc.example.com"}, "BaseEndpoint"},
		{ssooidc.Options{BaseEndpoint: "https://user:PLANTED@oidc.example.com"}, "BaseEndpoint"},
		{ssooidc.Options{BaseEndpoint: "https://oidc.example.com", UseFIPS: true}, "BaseEndpoint"},
		{ssooidc.Options{BaseEndpoint: "https://oidc.example.com", UseDualStack: true}, "BaseEndpoint"},
		{ssooidc.Options{BaseEndpoint: "https://oidc.example.com", Region: "fips-us-east-1"}, "BaseEndpoint"},
	} {
		_, err := ssooidc.New(row.opts)
		if e := as[*ssooidc.OptionsError](t, err); e.Field != row.field || !strings.Contains(err.Error(), row.field) {
			t.Errorf("%v: got %v, want one about %s", row.opts, err, row.field)
		}
		if text := err.Error(); strings.ContainsAny(text, "\n\r") || strings.Contains(text, "evil:443/#\"/") {
			t.Errorf("unfit for a terminal: %q", text)
		}
		wantNoSecret(t, err, row.opts)
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		opts ssooidc.Options
		want string
	}{
		{ssooidc.Options{Region: "us-east-1"}, "https://oidc.us-east-1.amazonaws.com/token"},
		{ssooidc.Options{Region: "us-east-1", UseFIPS: true}, "https://oidc-fips.us-east-1.amazonaws.com/token"},
		{ssooidc.Options{Region: "fips-us-east-1"}, "https://oidc-fips.us-east-1.amazonaws.com/token"},
		{ssooidc.Options{Region: "eu-west-1", UseDualStack: true}, "https://oidc.eu-west-1.api.aws/token"},
		{ssooidc.Options{Region: "us-gov-west-1", UseFIPS: true}, "https://oidc.us-gov-west-1.amazonaws.com/token"},
		{ssooidc.Options{Region: "cn-north-1", DisableHTTPS: true}, "http://oidc.cn-north-1.amazonaws.com.cn/token"},
		{ssooidc.Options{Region: "mars-central-1"}, "https://oidc.mars-central-1.amazonaws.com/token"},
		{ssooidc.Options{BaseEndpoint: "https://proxy.example.com/sso/"}, "https://proxy.example.com/sso/token"},
		{ssooidc.Options{BaseEndpoint: "https://proxy.example.com/a%2Fb"}, "https://proxy.example.com/a%2Fb/token"},
		{ssooidc.Options{BaseEndpoint: "http://[::1]:8080"}, "http://[::1]:8080/token"},
		{ssooidc.Options{BaseEndpoint: "http://proxy.example.com", DisableHTTPS: true}, "http://proxy.example.com/token"},
	} {
		row.opts.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
			if got := r.URL.String(); got != row.want || r.Host != r.URL.Host {
				t.Errorf("%v: sent to %s (Host %s), want %s", row.opts, got, r.Host, row.want)
			}
			return respond(200, successes["CreateToken"]), nil
		})
		if _, err := newClient(t, row.opts).CreateToken(t.Context(), tokenRequest); err != nil {
			t.Error(err)
		}
	}
}

func TestNewLeavesOptionsAlone(t *testing.T) {
	t.Parallel()
	hc := &http.Client{}
	newClient(t, ssooidc.Options{Region: "us-east-1", HTTPClient: hc})
	if hc.CheckRedirect != nil || hc.Transport != nil {
		t.Error("the caller's HTTP client was changed")
	}
}

func TestRequestsAreTheirOwn(t *testing.T) {
	t.Parallel()
	c := stub(t, func(r *http.Request) (*http.Response, error) {
		if r.URL.Host != "oidc.us-east-1.amazonaws.com" || r.Header.Get("X-Mine") != "" {
			t.Errorf("a change to an earlier request is in this one: %s %v", r.URL, r.Header)
		}
		r.URL.Host = "elsewhere"
		r.Header.Set("X-Mine", "1")
		return respond(500, ""), nil
	}, withAnyRetryer)
	for range 2 {
		_, err := c.CreateToken(t.Context(), tokenRequest)
		as[*ssooidc.ServiceError](t, err)
	}
}

func TestUserAgent(t *testing.T) {
	t.Parallel()
	for appID, want := range map[string]string{"": "", "my-cli/1.0": " app/my-cli-1.0", "a b\r\nX: é": " app/a-b--X---"} {
		c := setup(t, func(w http.ResponseWriter, r *http.Request) {
			agent := r.UserAgent()
			if !strings.HasPrefix(agent, "ssooidc-go/0.") || !strings.HasSuffix(agent, want) || want == "" && strings.Contains(agent, "app/") {
				t.Errorf("AppID %q: User-Agent is %q", appID, agent)
			}
			_, _ = io.WriteString(w, successes["CreateToken"])
		}, func(o *ssooidc.Options) { o.AppID = appID })
		if _, err := c.CreateToken(t.Context(), tokenRequest); err != nil {
			t.Error(err)
		}
	}
}

func TestOptionsAndClientShowNoCredentials(t *testing.T) {
	t.Parallel()
	static := staticProvider{aws.Credentials{AccessKeyID: planted, SecretAccessKey: planted, SessionToken: planted}}
	opts := ssooidc.Options{Region: "us-east-1", Credentials: static, BaseEndpoint: "https://user:" + planted + "@x"}
	wantNoSecret(t, opts, &opts)
	opts.BaseEndpoint = ""
	c := newClient(t, opts)
	wantNoSecret(t, c.Client, *c.Client, opts, []any{c.Client, opts})
	wantNoSecret(t, struct{ C *ssooidc.Client }{c.Client}, ssooidc.Client{})
}

type staticProvider struct{ Value aws.Credentials }

func (p staticProvider) Retrieve(context.Context) (aws.Credentials, error) { return p.Value, nil }

// TestCABundle needs the environment, so that it can't run beside others.
func TestCABundle(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, successes["CreateToken"])
	}))
	defer server.Close()
	call := func() error {
		c, err := ssooidc.New(ssooidc.Options{BaseEndpoint: server.URL, Retryer: aws.NopRetryer{}})
		if err != nil {
			return err
		}
		_, err = c.CreateToken(t.Context(), tokenRequest)
		return err
	}
	as[*ssooidc.TransportError](t, call()) // its certificate is nobody's

	bundle := filepath.Join(t.TempDir(), "bundle.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	if err := call(); err != nil {
		t.Errorf("with the bundle: %v", err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle+".missing")
	if err := call(); !errors.Is(as[*ssooidc.OptionsError](t, err), os.ErrNotExist) {
		t.Errorf("with a missing bundle: %v", err)
	}
	if err := os.WriteFile(bundle, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	as[*ssooidc.OptionsError](t, call())
}
