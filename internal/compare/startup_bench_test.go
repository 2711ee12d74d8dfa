package compare_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkStartUp compares how long whole processes take: examples/sso printing a valid token from the cache, beside a Go
// program that says hello, beside the same with AWS's config package linked in, which is the least that it takes to read
// ~/.aws/config with it, and beside the AWS CLI printing no more than its version (where it is installed).
func BenchmarkStartUp(b *testing.B) {
	home := b.TempDir()
	folder := filepath.Join(home, ".aws", "sso", "cache")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		b.Fatal(err)
	}
	signIn(b, folder, "dev", valid, likeLive, nil)
	const config = `[profile dev]
sso_session = dev
[sso-session dev]
sso_start_url = https://d-0123456789.awsapps.com/start
sso_region = us-east-1
sso_registration_scopes = sso:account:access
`
	if err := os.WriteFile(filepath.Join(home, ".aws", "config"), []byte(config), 0o600); err != nil {
		b.Fatal(err)
	}
	sso, hello, linked := filepath.Join(home, "sso"), filepath.Join(home, "hello"), filepath.Join(home, "config")
	for binary, source := range map[string]string{sso: "../../examples/sso", hello: "weight/hello", linked: "weight/config"} {
		build := exec.Command("go", "build", "-o", binary, ".")
		build.Dir = filepath.FromSlash(source)
		if out, err := build.CombinedOutput(); err != nil {
			b.Fatalf("go build of %s: %v\n%s", source, err, out)
		}
	}
	run := func(name string, want string, args ...string) contender {
		return contender{name, func(context.Context) error {
			cmd := exec.Command(args[0], args[1:]...)
			cmd.Env = append(os.Environ(), "HOME="+home, "USERPROFILE="+home, "AWS_PROFILE=dev", "AWS_CONFIG_FILE=", "AWS_SHARED_CREDENTIALS_FILE=")
			out, err := cmd.Output()
			if err == nil && !strings.Contains(string(out), want) {
				return errWrong
			}
			return err
		}}
	}
	ours := run("ours", "access-token", sso, "token")
	b.Run("hello", func(b *testing.B) {
		race(b, nil, 1, []contender{ours, run("floor", "hello", hello)})
	})
	b.Run("config", func(b *testing.B) {
		race(b, nil, 1, []contender{ours, run("floor", "hello", linked)})
	})
	aws, err := exec.LookPath("/usr/bin/aws") // Debian's: it starts faster than some wrappers of it
	if err != nil {
		return
	}
	b.Run("aws", func(b *testing.B) {
		race(b, nil, 1, []contender{ours, run("aws", "aws-cli/", aws, "--version")})
	})
}
