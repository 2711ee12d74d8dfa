package ssooidc_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// source is a part of a loaded configuration. That the SDK's own are read alike is shown in internal/compare.
type source struct {
	endpoint  string
	ignore    bool
	fips      aws.FIPSEndpointState
	dualStack aws.DualStackEndpointState
}

func (s source) GetServiceBaseEndpoint(_ context.Context, id string) (string, bool, error) {
	return s.endpoint, s.endpoint != "" && id == "SSO OIDC", nil
}

func (s source) GetIgnoreConfiguredEndpoints(context.Context) (bool, bool, error) {
	return s.ignore, s.ignore, nil
}

func (s source) GetUseFIPSEndpoint(context.Context) (aws.FIPSEndpointState, bool, error) {
	return s.fips, s.fips != aws.FIPSEndpointStateUnset, nil
}

func (s source) GetUseDualStackEndpoint(context.Context) (aws.DualStackEndpointState, bool, error) {
	return s.dualStack, s.dualStack != aws.DualStackEndpointStateUnset, nil
}

// TestNewFromConfigEndpoint sets the environment, so that it can't run beside others.
func TestNewFromConfigEndpoint(t *testing.T) {
	const service, global = "AWS_ENDPOINT_URL_SSO_OIDC", "AWS_ENDPOINT_URL"
	inCode := aws.String("https://code")
	for _, row := range []struct {
		name string
		cfg  aws.Config
		env  map[string]string
		want string
	}{
		{"regional", aws.Config{}, nil, "oidc.us-east-1.amazonaws.com"},
		{"in code", aws.Config{BaseEndpoint: inCode}, map[string]string{service: "https://env"}, "code"},
		{"the service's variable", aws.Config{}, map[string]string{service: "https://env", global: "https://global"}, "env"},
		{"the variable for all", aws.Config{}, map[string]string{global: "https://global"}, "global"},
		{"ignored", aws.Config{}, map[string]string{service: "https://env", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, "oidc.us-east-1.amazonaws.com"},
		{"the profile's", aws.Config{ConfigSources: []any{source{}, source{endpoint: "https://profile"}}}, nil, "profile"},
		{"the profile's, ignored", aws.Config{ConfigSources: []any{source{ignore: true}, source{endpoint: "https://profile"}}}, nil, "oidc.us-east-1.amazonaws.com"},
		{"the variable for all comes before the profile", aws.Config{BaseEndpoint: aws.String("https://global"), ConfigSources: []any{source{endpoint: "https://profile"}}}, map[string]string{global: "https://global"}, "global"},
		{"FIPS", aws.Config{ConfigSources: []any{source{fips: aws.FIPSEndpointStateEnabled}, source{fips: aws.FIPSEndpointStateDisabled}}}, nil, "oidc-fips.us-east-1.amazonaws.com"},
		{"not FIPS", aws.Config{ConfigSources: []any{source{fips: aws.FIPSEndpointStateDisabled}, source{fips: aws.FIPSEndpointStateEnabled}}}, nil, "oidc.us-east-1.amazonaws.com"},
		{"dual-stack", aws.Config{ConfigSources: []any{source{dualStack: aws.DualStackEndpointStateEnabled}}}, nil, "oidc.us-east-1.api.aws"},
	} {
		t.Run(row.name, func(t *testing.T) {
			for name, value := range row.env {
				t.Setenv(name, value)
			}
			var host string
			row.cfg.Region = "us-east-1"
			row.cfg.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
				host = r.URL.Host
				return respond(200, successes["CreateToken"]), nil
			})
			c, err := ssooidc.NewFromConfig(row.cfg)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.CreateToken(t.Context(), tokenRequest); err != nil || host != row.want {
				t.Errorf("sent to %s, want %s; %v", host, row.want, err)
			}
		})
	}
	t.Run("plain http", func(t *testing.T) {
		t.Setenv(service, "http://oidc.example.com")
		_, err := ssooidc.NewFromConfig(aws.Config{Region: "us-east-1"})
		as[*ssooidc.OptionsError](t, err)
		if _, err = ssooidc.NewFromConfig(aws.Config{Region: "us-east-1"}, func(o *ssooidc.Options) { o.DisableHTTPS = true }); err != nil {
			t.Error(err)
		}
	})
}

// TestNewFromConfigTakes has a service that answers what AWS's own retryers do not try again.
func TestNewFromConfigTakes(t *testing.T) {
	t.Parallel()
	noDelay := func() aws.Retryer { return anyRetryer{} }
	none := func() aws.Retryer { return nil }
	for _, row := range []struct {
		name string
		cfg  aws.Config
		want int
	}{
		{"nothing", aws.Config{}, 3},
		{"a retryer", aws.Config{Retryer: noDelay}, 5},
		{"its attempts", aws.Config{Retryer: noDelay, RetryMaxAttempts: 2}, 2},
		{"one attempt", aws.Config{RetryMaxAttempts: 1}, 1},
		{"two attempts", aws.Config{RetryMaxAttempts: 2}, 2},
		{"two attempts, and a retryer that is nil", aws.Config{Retryer: none, RetryMaxAttempts: 2}, 2},
		{"the adaptive mode", aws.Config{RetryMode: aws.RetryModeAdaptive}, 3},
		{"the adaptive mode, two attempts", aws.Config{RetryMode: aws.RetryModeAdaptive, RetryMaxAttempts: 2}, 2},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				row.cfg.Region, row.cfg.AppID, row.cfg.Credentials = "us-east-1", "my-cli", credentials
				row.cfg.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
					attempts++
					if r.Header.Get("Authorization") == "" {
						t.Error("the configured credentials are not used")
					}
					if agent := r.UserAgent(); !strings.HasSuffix(agent, " app/my-cli") {
						t.Errorf("the configured application is not in %q", agent)
					}
					return respond(501, ""), nil
				})
				c, err := ssooidc.NewFromConfig(row.cfg)
				if err != nil {
					t.Fatal(err)
				}
				_, err = c.CreateTokenWithIAM(t.Context(), iamRequest)
				if as[*ssooidc.ServiceError](t, err); attempts != row.want {
					t.Errorf("%d attempts, want %d", attempts, row.want)
				}
				wantNoSecret(t, err)
			})
		})
	}
}

// TestNewFromConfigAdaptive: only the adaptive mode holds requests back once the service has throttled some.
func TestNewFromConfigAdaptive(t *testing.T) {
	t.Parallel()
	for mode, slows := range map[aws.RetryMode]bool{aws.RetryModeStandard: false, aws.RetryModeAdaptive: true} {
		synctest.Test(t, func(t *testing.T) {
			c, err := ssooidc.NewFromConfig(aws.Config{
				Region: "us-east-1", RetryMode: mode, RetryMaxAttempts: 1,
				HTTPClient: doer(always(400, "", "X-Amzn-ErrorType", "ThrottlingException")),
			})
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			for range 5 {
				_, err := c.CreateToken(t.Context(), tokenRequest)
				as[*ssooidc.ServiceError](t, err)
			}
			if took := time.Since(start); (took > 0) != slows {
				t.Errorf("%s: five requests took %v", mode, took)
			}
		})
	}
}
