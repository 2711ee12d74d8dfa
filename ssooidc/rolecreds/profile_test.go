package rolecreds_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// TestExample: the example's function signs in with a profile, and only when needed.
func TestExample(t *testing.T) {
	server := ssooidctest.NewServer(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	defer server.Close()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(home, "config"))
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	const text = "[profile dev]\nsso_start_url = https://d-1234567890.awsapps.com/start\nsso_region = us-east-1\n" +
		"sso_account_id = 111122223333\nsso_role_name = ReadOnlyAccess\nregion = eu-west-1\n"
	if err := os.WriteFile(filepath.Join(home, "config"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		cfg, err := load(t.Context(), "dev")
		if err != nil {
			t.Fatal(err)
		}
		if creds, err := cfg.Credentials.Retrieve(t.Context()); err != nil || !creds.HasKeys() || cfg.Region != "eu-west-1" {
			t.Errorf("%v, region %q", err, cfg.Region)
		}
	}
	wantAfter(t, server.Service, 0, "RegisterClient", "StartDeviceAuthorization", "CreateToken", "GetRoleCredentials", "GetRoleCredentials")
}
