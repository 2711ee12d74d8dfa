package compare_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	awsssooidc "github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// configurations are environment variables and configuration files; url is where the request goes, "" where
// both clients refuse to send one.
var configurations = []struct {
	name, env, file string
	url             string
}{
	{"region variable", "AWS_REGION=eu-west-1", "", "https://oidc.eu-west-1.amazonaws.com"},
	{"default region variable", "AWS_DEFAULT_REGION=eu-west-2", "", "https://oidc.eu-west-2.amazonaws.com"},
	{"region of the profile", "", "[default]\nregion = eu-west-3", "https://oidc.eu-west-3.amazonaws.com"},
	{"region before the profile's", "AWS_REGION=eu-west-1", "[default]\nregion = eu-west-3", "https://oidc.eu-west-1.amazonaws.com"},
	{"another profile", "AWS_PROFILE=work", "[default]\nregion = eu-west-3\n[profile work]\nregion = cn-north-1", "https://oidc.cn-north-1.amazonaws.com.cn"},
	{"no region", "", "", ""},
	{"no host label", "AWS_REGION=evil/", "", ""},
	{"pseudo-region", "AWS_REGION=fips-us-east-1", "", "https://oidc-fips.us-east-1.amazonaws.com"},
	{"sovereign Europe", "AWS_REGION=eusc-de-east-1", "", "https://oidc.eusc-de-east-1.amazonaws.eu"},

	{"FIPS variable", "AWS_REGION=us-east-1 AWS_USE_FIPS_ENDPOINT=true", "", "https://oidc-fips.us-east-1.amazonaws.com"},
	{"FIPS in GovCloud", "AWS_REGION=us-gov-west-1 AWS_USE_FIPS_ENDPOINT=true", "", "https://oidc.us-gov-west-1.amazonaws.com"},
	{"FIPS of the profile", "", "[default]\nregion = us-east-1\nuse_fips_endpoint = true", "https://oidc-fips.us-east-1.amazonaws.com"},
	{"FIPS off before the profile's", "AWS_USE_FIPS_ENDPOINT=false", "[default]\nregion = us-east-1\nuse_fips_endpoint = true", "https://oidc.us-east-1.amazonaws.com"},
	{"dual-stack variable", "AWS_REGION=us-east-1 AWS_USE_DUALSTACK_ENDPOINT=true", "", "https://oidc.us-east-1.api.aws"},
	{"dual-stack of the profile", "", "[default]\nregion = us-east-1\nuse_dualstack_endpoint = true", "https://oidc.us-east-1.api.aws"},
	{"dual-stack off before the profile's", "AWS_USE_DUALSTACK_ENDPOINT=false", "[default]\nregion = us-east-1\nuse_dualstack_endpoint = true", "https://oidc.us-east-1.amazonaws.com"},
	{"both variables", "AWS_REGION=us-east-1 AWS_USE_FIPS_ENDPOINT=true AWS_USE_DUALSTACK_ENDPOINT=true", "", "https://oidc-fips.us-east-1.api.aws"},

	{"endpoint variable", "AWS_REGION=us-east-1 AWS_ENDPOINT_URL=https://all.test", "", "https://all.test"},
	{"service's endpoint variable", "AWS_REGION=us-east-1 AWS_ENDPOINT_URL_SSO_OIDC=https://oidc.test", "", "https://oidc.test"},
	{"both, the service's first", "AWS_REGION=us-east-1 AWS_ENDPOINT_URL=https://all.test AWS_ENDPOINT_URL_SSO_OIDC=https://oidc.test", "", "https://oidc.test"},
	{"another service's variable", "AWS_REGION=us-east-1 AWS_ENDPOINT_URL_SSO=https://portal.test", "", "https://oidc.us-east-1.amazonaws.com"},
	{"endpoint with a path", "AWS_REGION=us-east-1 AWS_ENDPOINT_URL=https://all.test:8443/aws/oidc/", "", "https://all.test:8443/aws/oidc"},
	{"endpoint without a region", "AWS_ENDPOINT_URL=https://all.test", "", "https://all.test"},
	{"endpoint on loopback", "AWS_REGION=us-east-1 AWS_ENDPOINT_URL=http://127.0.0.1:4566", "", "http://127.0.0.1:4566"},
	{"endpoint on localhost", "AWS_REGION=us-east-1 AWS_ENDPOINT_URL_SSO_OIDC=http://localhost:4566", "", "http://localhost:4566"},
	{"endpoint of the profile", "", "[default]\nregion = us-east-1\nendpoint_url = https://profile.test", "https://profile.test"},
	{"variable before the profile's", "AWS_ENDPOINT_URL=https://all.test", "[default]\nregion = us-east-1\nendpoint_url = https://profile.test", "https://all.test"},
	{"service's variable before the profile's", "AWS_ENDPOINT_URL_SSO_OIDC=https://oidc.test", "[default]\nregion = us-east-1\nendpoint_url = https://profile.test", "https://oidc.test"},

	{"services section", "", services, "https://section.test"},
	{"services section before endpoint_url", "", strings.Replace(services, "region", "endpoint_url = https://profile.test\nregion", 1), "https://section.test"},
	{"service's variable before the section", "AWS_ENDPOINT_URL_SSO_OIDC=https://oidc.test", services, "https://oidc.test"},
	{"variable before the section", "AWS_ENDPOINT_URL=https://all.test", services, "https://all.test"},
	{"empty service's variable before the section", "AWS_ENDPOINT_URL_SSO_OIDC=", services, "https://section.test"},
	{"another service's section", "", strings.Replace(services, "sso_oidc", "sso", 1), "https://oidc.us-east-1.amazonaws.com"},
	{"section of another profile", "AWS_PROFILE=other", services + "\n[profile other]\nregion = us-west-2", "https://oidc.us-west-2.amazonaws.com"},

	{"variables ignored", "AWS_REGION=us-east-1 AWS_ENDPOINT_URL=https://all.test AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "", "https://oidc.us-east-1.amazonaws.com"},
	{"service's variable ignored", "AWS_REGION=us-east-1 AWS_ENDPOINT_URL_SSO_OIDC=https://oidc.test AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "", "https://oidc.us-east-1.amazonaws.com"},
	{"section ignored", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", services, "https://oidc.us-east-1.amazonaws.com"},
	{"profile's endpoint ignored", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "[default]\nregion = us-east-1\nendpoint_url = https://profile.test", "https://oidc.us-east-1.amazonaws.com"},
	{"ignored by the profile", "", "[default]\nregion = us-east-1\nendpoint_url = https://profile.test\nignore_configured_endpoint_urls = true", "https://oidc.us-east-1.amazonaws.com"},
	{"section ignored by the profile", "", strings.Replace(services, "region", "ignore_configured_endpoint_urls = true\nregion", 1), "https://oidc.us-east-1.amazonaws.com"},
	{"not ignored, before the profile's", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=false", "[default]\nregion = us-east-1\nendpoint_url = https://profile.test\nignore_configured_endpoint_urls = true", "https://profile.test"},

	{"FIPS with an endpoint", "AWS_REGION=us-east-1 AWS_ENDPOINT_URL=https://all.test AWS_USE_FIPS_ENDPOINT=true", "", ""},
	{"dual-stack with an endpoint", "AWS_USE_DUALSTACK_ENDPOINT=true", services, ""},
	{"FIPS with an endpoint that is ignored", "AWS_REGION=us-east-1 AWS_ENDPOINT_URL=https://all.test AWS_USE_FIPS_ENDPOINT=true AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true", "", "https://oidc-fips.us-east-1.amazonaws.com"},
}

const services = "[default]\nregion = us-east-1\nservices = mine\n[services mine]\nsso_oidc =\n  endpoint_url = https://section.test\n"

// TestConfigurations makes both clients of what AWS's config package loads.
func TestConfigurations(t *testing.T) {
	for _, c := range configurations {
		t.Run(c.name, func(t *testing.T) {
			ours, theirs := configuredPlaces(t, c.env, c.file)
			if ours != c.url || theirs != c.url {
				t.Errorf("ours sends to %q, AWS's client to %q, not %q", ours, theirs, c.url)
			}
		})
	}
	t.Logf("%d configurations equal", len(configurations))
}

// TestConfigurationsApart has the configurations that the clients differ over, and how.
func TestConfigurationsApart(t *testing.T) {
	const plain = "http://service.test"
	for _, row := range []struct{ name, env, file, ours, theirs string }{
		// AWS's client lets a configuration send secrets over plain http to another machine.
		{"http variable", "AWS_REGION=us-east-1 AWS_ENDPOINT_URL=" + plain, "", "", plain},
		{"http service's variable", "AWS_REGION=us-east-1 AWS_ENDPOINT_URL_SSO_OIDC=" + plain, "", "", plain},
		{"http profile", "", "[default]\nregion = us-east-1\nendpoint_url = " + plain, "", plain},
		{"http services section", "", strings.Replace(services, "https://section.test", plain, 1), "", plain},
		// To it, a variable that is set to nothing hides the profile's services section, or keeps another
		// variable from hiding it; to ours it is not set.
		{"empty variable", "AWS_ENDPOINT_URL=", services, "https://section.test", "https://oidc.us-east-1.amazonaws.com"},
		{"empty service's variable", "AWS_ENDPOINT_URL_SSO_OIDC= AWS_ENDPOINT_URL=https://all.test", services, "https://all.test", "https://section.test"},
	} {
		t.Run(row.name, func(t *testing.T) {
			ours, theirs := configuredPlaces(t, row.env, row.file)
			if ours != row.ours || theirs != row.theirs {
				t.Errorf("ours sends to %q, not %q, AWS's client to %q, not %q", ours, row.ours, theirs, row.theirs)
			}
		})
	}
}

// configuredPlaces loads a configuration, makes both clients of it, and returns where they send a request, ""
// for nowhere.
func configuredPlaces(t *testing.T, env, file string) (ours, theirs string) {
	t.Helper()
	onlyEnvironment(t, env)
	path := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", path)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", path+"-none")
	rec := &recorder{answer: answer{status: 200, body: `{"accessToken":"a"}`}}
	cfg, err := config.LoadDefaultConfig(context.Background(), config.WithHTTPClient(&http.Client{Transport: rec}))
	if err != nil {
		t.Fatal(err)
	}
	sentTo := func() string {
		if req := rec.take(); req != nil {
			return strings.TrimSuffix(req.url, "/token")
		}
		return ""
	}

	_, err = awsssooidc.NewFromConfig(cfg).CreateToken(context.Background(), &awsssooidc.CreateTokenInput{
		ClientId: aws.String("c"), ClientSecret: aws.String("s"), GrantType: aws.String("g"),
	})
	theirs = sentTo()
	if sent := theirs != ""; sent == (err != nil) {
		t.Errorf("AWS's client sends to %q and gives %v", theirs, err)
	}

	client, err := ssooidc.NewFromConfig(cfg)
	if err != nil {
		return "", theirs
	}
	_, err = client.CreateToken(context.Background(), &ssooidc.CreateTokenRequest{ClientID: "c", ClientSecret: "s", GrantType: "g"})
	if err != nil {
		t.Error(err)
	}
	return sentTo(), theirs
}

// onlyEnvironment sets variables, written NAME=value and separated by spaces, and for the time of the test
// takes away whatever else AWS's tools may find.
func onlyEnvironment(t *testing.T, variables string) {
	t.Helper()
	for _, variable := range os.Environ() {
		if name, value, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, value) // for what it does at the test's end
			if err := os.Unsetenv(name); err != nil {
				t.Fatal(err)
			}
		}
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("USERPROFILE", t.TempDir())
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	for variable := range strings.FieldsSeq(variables) {
		name, value, _ := strings.Cut(variable, "=")
		t.Setenv(name, value)
	}
}
