package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// home is an empty home folder with a configuration that points to a service: the profile dev has a session and a role, and
// norole only the session. There is no browser, and nothing of AWS in the environment.
func home(t *testing.T, service string) (folder string) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	folder = t.TempDir()
	t.Setenv("HOME", folder)
	t.Setenv("USERPROFILE", folder)
	t.Setenv("CI", "true") // so that no browser opens
	config := fmt.Sprintf(`
[profile dev]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = ReadOnly
endpoint_url = %s

[profile norole]
sso_session = corp
endpoint_url = %s

[sso-session corp]
sso_start_url = https://d-1234567890.awsapps.com/start
sso_region = us-east-1
`, service, service)
	file := filepath.Join(folder, "config")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	return folder
}

// approving is a service whose person says yes at once.
func approving(t *testing.T) *ssooidctest.Server {
	t.Helper()
	server := ssooidctest.NewServer(ssooidctest.Options{
		Consent: ssooidctest.ConsentApprove,
		Accounts: []ssooidctest.Account{
			{ID: "111122223333", Name: "Shop", Roles: []string{"Admin", "ReadOnly"}},
			{ID: "444455556666", Name: "Logs\x1b[31m", Roles: []string{"ReadOnly"}},
		},
	})
	t.Cleanup(server.Close)
	return server
}

// change changes the token in the cache of the home folder.
func change(t *testing.T, do func(*tokencache.Token)) {
	t.Helper()
	var token tokencache.Token
	dir, key := tokencache.Dir{}, tokencache.TokenKey("corp")
	old, err := dir.Load(t.Context(), key)
	if err == nil {
		err = json.Unmarshal(old, &token)
	}
	do(&token)
	var data []byte
	if err == nil {
		data, err = json.Marshal(token)
	}
	if err == nil {
		_, err = dir.CompareAndSwap(t.Context(), key, old, data)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// result is what a run of the command shows.
type result struct {
	code           int
	stdout, stderr string
}

// cmd runs the command in this process.
func cmd(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, nil, &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// want checks the whole of standard output, and a part of standard error, which is to be empty where the part is.
func (r result) want(t *testing.T, code int, stdout, stderr string) {
	t.Helper()
	if r.code != code || r.stdout != stdout || !strings.Contains(r.stderr, stderr) || stderr == "" && r.stderr != "" {
		t.Errorf("code %d, stdout %q, stderr:\n%swant code %d, stdout %q, stderr with:\n%s", r.code, r.stdout, r.stderr, code, stdout, stderr)
	}
}
