package profile_test

import (
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/profile"
)

// home makes a home folder with a configuration file in it.
func home(t *testing.T, path, text string) {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("HOME", folder)
	t.Setenv("USERPROFILE", folder)
	file := filepath.Join(folder, path)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestWhichFile: the file is found anew at each call.
func TestWhichFile(t *testing.T) {
	other := write(t, "[profile dev]\nsso_session = other\n[sso-session other]\nsso_start_url = "+startURL+"\nsso_region = eu-west-1\n")
	for _, c := range []struct {
		name, path, env string
		optFns          []func(*config.LoadSharedConfigOptions)
		want            string // the session's name
	}{
		{name: "the default", path: ".aws/config", want: "corp"},
		{name: "AWS_CONFIG_FILE", path: ".aws/config", env: "AWS_CONFIG_FILE=" + other, want: "other"},
		{name: "AWS_CONFIG_FILE in the home folder", path: "etc/aws", env: "AWS_CONFIG_FILE=~/etc/aws", want: "corp"},
		{name: "an optFn", path: ".aws/config", env: "AWS_CONFIG_FILE=/nowhere", optFns: []func(*config.LoadSharedConfigOptions){files(other)}, want: "other"},
		{name: "an optFn without files", path: ".aws/config", optFns: []func(*config.LoadSharedConfigOptions){files()}, want: "corp"},
	} {
		t.Run(c.name, func(t *testing.T) {
			setEnv(t, c.env)
			home(t, c.path, dev+corp)
			p, err := profile.Load(t.Context(), "dev", c.optFns...)
			if err != nil || p.Login.Name != c.want {
				t.Errorf("got session %q, %v, want %q", p.Login.Name, err, c.want)
			}
		})
	}
}

// TestSeveralFiles: as with AWS's own clients, a section can be spread over files.
func TestSeveralFiles(t *testing.T) {
	setEnv(t, "")
	mine, theirs := write(t, dev), write(t, corp+"sso_registration_scopes = openid\n")
	p, err := profile.Load(t.Context(), "dev", files(mine, theirs))
	if diff := cmp.Diff(of(withScopes("openid")), p); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	broken := write(t, cut(t, corp, "sso_region"))
	_, err = profile.Load(t.Context(), "dev", files(mine, broken))
	if err == nil || !strings.Contains(err.Error(), broken+": [sso-session corp] lacks sso_region") {
		t.Errorf("error %v does not name the file %s", err, broken)
	}
}

// TestCredentialsFile: the credentials file counts only where it is named, though AWS's package would read it by itself, and
// remembers where it was when the program began: hence a process of its own.
func TestCredentialsFile(t *testing.T) {
	const faulty = "[dev]\naws_secret_access_key = wJalrXUtnFEMI\nregion = us-west-2\n"
	setEnv(t, "")
	if folder := os.Getenv(homeVariable); folder != "" {
		p, err := profile.Load(t.Context(), "dev")
		if err != nil || p.Region != "eu-west-1" {
			t.Fatalf("got region %s, %v: the credentials file was read", p.Region, err)
		}
		return
	}
	home(t, ".aws/credentials", faulty)
	folder, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, ".aws", "config"), []byte(dev+corp), 0o600); err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCredentialsFile$")
	child.Env = append(os.Environ(), homeVariable+"="+folder)
	if out, err := child.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	_, err = profile.Load(t.Context(), "dev", func(o *config.LoadSharedConfigOptions) {
		o.CredentialsFiles = []string{filepath.Join(folder, ".aws", "credentials")}
	})
	if err == nil || strings.Contains(err.Error(), "wJalr") {
		t.Errorf("the credentials file that was named: error %v", err)
	}
}

const homeVariable = "PROFILE_TEST_HOME"

// TestWithoutHome: without the variables, the home folder is the one that the system knows.
func TestWithoutHome(t *testing.T) {
	u, err := user.Current()
	if err != nil || u.HomeDir == "" {
		t.Skipf("the system knows none here: %v", err)
	}
	setEnv(t, "AWS_CONFIG_FILE=~/no/such/file")
	t.Setenv("HOME", "")
	t.Setenv("USERPROFILE", "")
	_, err = profile.Load(t.Context(), "dev")
	var e *profile.Error
	if want := filepath.Join(u.HomeDir, "no", "such", "file"); !errors.As(err, &e) || e.File != want {
		t.Errorf("error %v, want it of the file %s", err, want)
	}
}

// TestUnreadable: a file that is there and can't be read is not taken for none.
func TestUnreadable(t *testing.T) {
	setEnv(t, "")
	folder := t.TempDir()
	_, err := profile.Load(t.Context(), "dev", files(folder))
	var e *profile.Error
	if !errors.As(err, &e) || e.File != folder || !strings.Contains(err.Error(), "can't be read") {
		t.Errorf("a folder: %v", err)
	}
	missing := filepath.Join(folder, "config")
	_, err = profile.Load(t.Context(), "dev", files(missing))
	want := "profile: " + missing + `: there is no profile "dev", and no such file: make both with "aws configure sso", or set AWS_CONFIG_FILE to the file that has it`
	if err == nil || err.Error() != want {
		t.Errorf("no file: %v, want %s", err, want)
	}
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		return // where permissions do not keep us out
	}
	file := write(t, dev+corp)
	if err := os.Chmod(file, 0); err != nil {
		t.Fatal(err)
	}
	if _, err = profile.Load(t.Context(), "dev", files(file)); !errors.Is(err, os.ErrPermission) {
		t.Errorf("no permission: %v", err)
	}
}

// TestError: the parts of an error are there for programs.
func TestError(t *testing.T) {
	setEnv(t, "")
	file := write(t, dev+"[sso-session corp]\nsso_region = us east 1\n")
	_, err := profile.Load(t.Context(), "dev", files(file))
	var e *profile.Error
	if !errors.As(err, &e) || e.File != file || e.Section != "sso-session corp" || !cmp.Equal(e.Keys, []string{"sso_start_url"}) {
		t.Errorf("missing key: %#v", err)
	}
	_, err = profile.Load(t.Context(), "dev", files(write(t, dev+corp+"sso_region = us east 1\n")))
	var refused *login.ConfigError
	if !errors.As(err, &e) || !cmp.Equal(e.Keys, []string{"sso_region"}) || !errors.As(err, &refused) || refused.Field != "Region" {
		t.Errorf("bad region: %#v", err)
	}
	_, err = profile.Load(t.Context(), "prod", files(file))
	if !errors.As(err, new(config.SharedConfigProfileNotExistError)) {
		t.Errorf("no profile: %#v", err)
	}
}

func TestLoadSession(t *testing.T) {
	setEnv(t, "")
	file := files(write(t, dev+"use_fips_endpoint = true\n"+corp+"sso_registration_scopes = openid, email\n[sso-session empty]\n[sso-session 'my lab']\n"))
	cfg, err := profile.LoadSession(t.Context(), "corp", file)
	if diff := cmp.Diff(withScopes("openid", "email"), cfg); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	for name, want := range map[string]string{
		"":       "the name of the sso-session is missing: name one that is there ('my lab', corp and empty), or add",
		"lab":    "there is no section [sso-session lab]: name one that is there ('my lab', corp and empty), or add",
		"my lab": "[sso-session 'my lab'] lacks sso_start_url and sso_region",
		"empty":  "[sso-session empty] lacks sso_start_url and sso_region",
	} {
		if cfg, err := profile.LoadSession(t.Context(), name, file); err == nil || !strings.Contains(err.Error(), want) || !cmp.Equal(cfg, login.Config{}) {
			t.Errorf("session %q: %v, %v, want %s", name, cfg, err, want)
		}
	}
	t.Setenv("AWS_USE_FIPS_ENDPOINT", "true")
	if cfg, err := profile.LoadSession(t.Context(), "corp", file); err != nil || !cfg.UseFIPS {
		t.Errorf("with FIPS: %v, %v", cfg, err)
	}
}
