package profile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/profile"
)

// row is a configuration file, and what comes of it.
type row struct {
	name   string
	load   string // the profile's name
	env    string // variables, as in NAME=value NAME=value
	config string
	want   profile.Profile
	err    string // the whole text; FILE stands for the file, and SYSTEM for what the system says of another
}

// The parts that most rows have.
const (
	startURL = "https://d-1234567890.awsapps.com/start"

	dev = "[profile dev]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = ReadOnly\nregion = eu-west-1\n"

	corp = "[sso-session corp]\nsso_start_url = " + startURL + "\nsso_region = us-east-1\n"

	legacy = "[profile old]\nsso_start_url = " + startURL + "\nsso_region = us-east-1\n" +
		"sso_account_id = 111122223333\nsso_role_name = ReadOnly\nregion = eu-west-1\n"
)

// of is the profile of dev, or of legacy, with a change.
func of(cfg login.Config, change ...func(*profile.Profile)) profile.Profile {
	p := profile.Profile{Login: cfg, AccountID: "111122223333", RoleName: "ReadOnly", Region: "eu-west-1"}
	for _, f := range change {
		f(&p)
	}
	return p
}

var (
	corpConfig   = login.Config{Name: "corp", StartURL: startURL, Region: "us-east-1"}
	legacyConfig = login.Config{StartURL: startURL, Region: "us-east-1", Legacy: true}
)

// setEnv leaves of AWS's variables only those that are named.
func setEnv(t testing.TB, variables string) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			os.Unsetenv(name)
		}
	}
	for v := range strings.FieldsSeq(variables) {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
}

// write makes a configuration file.
func write(t testing.TB, text string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func files(names ...string) func(*config.LoadSharedConfigOptions) {
	return func(o *config.LoadSharedConfigOptions) { o.ConfigFiles = names }
}

// run loads each row's profile.
func run(t *testing.T, rows []row) {
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			setEnv(t, r.env)
			file := write(t, r.config)
			got, err := profile.Load(t.Context(), r.load, files(file))
			text := ""
			if err != nil {
				text = strings.ReplaceAll(err.Error(), file, "FILE")
				var system *fs.PathError
				if errors.As(err, &system) {
					text = strings.ReplaceAll(text, system.Err.Error(), "SYSTEM")
				}
			}
			if diff := cmp.Diff(r.err, text); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(r.want, got, cmpopts.IgnoreFields(login.Config{}, "HTTPClient")); diff != "" {
				t.Errorf("profile (-want +got):\n%s", diff)
			}
		})
	}
}

// cut removes the line of a key.
func cut(t *testing.T, text, key string) string {
	t.Helper()
	before, rest, found := strings.Cut(text, key+" = ")
	if !found {
		t.Fatalf("no %s to cut", key)
	}
	_, after, _ := strings.Cut(rest, "\n")
	return before + after
}
