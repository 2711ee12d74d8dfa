package interop_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// tool is someone else's client that reads and refreshes the same session.
type tool struct {
	name string
	need func(*testing.T)

	// credentials turns the session of a profile into a role's credentials, as a new process.
	credentials func(t *testing.T, s *service, profile string) error
}

var tools = []tool{
	{"Go SDK", needRealNames, func(t *testing.T, s *service, profile string) error {
		self, err := os.Executable()
		must(t, err)
		cmd := s.command(t.Context(), self)
		cmd.Env = append(cmd.Env, credentialsOf+"="+profile)
		return run(t, cmd)
	}},
	{"JavaScript SDK", needJavaScriptSDK, func(t *testing.T, s *service, profile string) error {
		return run(t, s.command(t.Context(), "node", "js/credentials.mjs", profile))
	}},
	{"AWS CLI", needAWSCLI, func(t *testing.T, s *service, profile string) error {
		// Where the CLI keeps role credentials for later: it must ask for them.
		must(t, os.RemoveAll(filepath.Join(s.home, ".aws", "cli")))
		_, err := s.aws(t, "sts", "get-caller-identity", "--profile", profile)
		return err
	}},
}

// run runs a script that prints a role's access key; its error is what the script says on standard error.
func run(t *testing.T, cmd *exec.Cmd) error {
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New(string(exit.Stderr))
	}
	if err == nil && !strings.Contains(string(out), "ASIA") {
		t.Errorf("%v printed %s", cmd.Args, out)
	}
	return err
}

// credentialsOf, with a profile in the environment, makes a program of its own of this one: what AWS's Go SDK makes of
// the profile. It can't be part of a test, since the SDK looks at HOME once, at its start.
const credentialsOf = "INTEROP_CREDENTIALS_OF"

// printCredentials is that program.
func printCredentials(profile string) error {
	ctx := context.Background()
	cfg, err := config.LoadDefaultConfig(ctx, config.WithSharedConfigProfile(profile))
	if err != nil {
		return err
	}
	c, err := cfg.Credentials.Retrieve(ctx)
	fmt.Println(c.AccessKeyID)
	return err
}

// uses fails the test unless the tool turns the session into credentials, with as many calls of CreateToken.
func (s *service) uses(t *testing.T, tool tool, profile string, exchanges int) {
	t.Helper()
	tokens, roles := s.count("CreateToken"), s.count("GetRoleCredentials")
	if err := tool.credentials(t, s, profile); err != nil {
		t.Fatalf("%s: %v", tool.name, err)
	}
	if tokens, roles = s.count("CreateToken")-tokens, s.count("GetRoleCredentials")-roles; tokens != exchanges || roles != 1 {
		t.Errorf("%s called CreateToken %d times, not %d, and GetRoleCredentials %d times, not once", tool.name, tokens, exchanges, roles)
	}
}

// weUse fails the test unless a new session of ours has a valid token, with as many calls of CreateToken, and it is the
// one that is saved.
func (s *service) weUse(t *testing.T, name string, exchanges int, change ...func(*login.Config)) {
	t.Helper()
	before := s.count("CreateToken")
	token, err := s.session(t, change...).Token(t.Context())
	must(t, err)
	if n := s.count("CreateToken") - before; n != exchanges || token.AccessToken != s.saved(t, name).AccessToken {
		t.Errorf("we called CreateToken %d times, not %d; or have another token than the one that is saved", n, exchanges)
	}
}

// TestOurSession: what login writes, in either flow, is read, refreshed and turned into role credentials by the tool;
// what the tool then has written, we read and refresh; and so on.
func TestOurSession(t *testing.T) {
	t.Parallel()
	for _, tool := range tools {
		for _, flow := range []login.Flow{login.FlowDeviceCode, login.FlowBrowser} {
			t.Run(tool.name+"/"+flow.String(), func(t *testing.T) {
				t.Parallel()
				tool.need(t)
				s := newService(t, ssooidctest.Options{})
				_, err := s.session(t, func(c *login.Config) { c.Flow = flow }).Login(t.Context())
				must(t, err)
				s.uses(t, tool, profile, 0)
				s.age(t, profile)
				s.uses(t, tool, profile, 1)
				s.weUse(t, profile, 0)
				s.age(t, profile)
				s.weUse(t, profile, 1)
				s.uses(t, tool, profile, 0)
				s.age(t, profile)
				s.uses(t, tool, profile, 1)
				if n := s.count("RegisterClient"); n != 1 {
					t.Errorf("%d clients were registered", n)
				}
			})
		}
	}
}

// TestOurLegacySession: the tools read that of a profile without an sso-session too.
func TestOurLegacySession(t *testing.T) {
	t.Parallel()
	for _, tool := range tools {
		t.Run(tool.name, func(t *testing.T) {
			t.Parallel()
			tool.need(t)
			s := newService(t, ssooidctest.Options{})
			_, err := s.session(t, legacy).Login(t.Context())
			must(t, err)
			s.uses(t, tool, "legacy", 0)
		})
	}
}

// TestTheirSession: what `aws sso login` writes, we read and refresh, and the CLI goes on with it. Whoever signs in
// next, we or the CLI, does so as the same registered client.
func TestTheirSession(t *testing.T) {
	t.Parallel()
	needAWSCLI(t)
	cli := tools[2]
	s := newService(t, ssooidctest.Options{})
	s.awsLogin(t, profile)
	s.weUse(t, profile, 0)
	s.age(t, profile)
	s.weUse(t, profile, 1)
	s.uses(t, cli, profile, 0)

	_, err := s.session(t).Login(t.Context())
	must(t, err)
	s.uses(t, cli, profile, 0)
	s.awsLogin(t, profile)
	s.weUse(t, profile, 0)
	if n := s.count("RegisterClient"); n != 1 {
		t.Errorf("%d clients were registered", n)
	}
}

// TestTheirLegacySession: we read the CLI's session of a profile without an sso-session, and know that it can't be
// refreshed.
func TestTheirLegacySession(t *testing.T) {
	t.Parallel()
	needAWSCLI(t)
	s := newService(t, ssooidctest.Options{})
	s.awsLogin(t, "legacy")
	s.weUse(t, s.StartURL(), 0, legacy)
	s.age(t, s.StartURL())
	if _, err := s.session(t, legacy).Token(t.Context()); !errors.As(err, new(*login.RequiredError)) {
		t.Errorf("after it has expired: %v", err)
	}
}

// TestTheirLogout: `aws sso logout` signs us out.
func TestTheirLogout(t *testing.T) {
	t.Parallel()
	needAWSCLI(t)
	s := newService(t, ssooidctest.Options{})
	ours := s.session(t)
	token, err := ours.Login(t.Context())
	must(t, err)
	_, err = s.aws(t, "sso", "logout")
	must(t, err)
	if n := s.count("Logout"); n != 1 {
		t.Errorf("the CLI called the portal %d times", n)
	}
	if _, err := s.session(t).Token(t.Context()); !errors.As(err, new(*login.RequiredError)) {
		t.Errorf("a new process: %v", err)
	}
	if _, err := ours.Refresh(t.Context(), token.AccessToken); !errors.As(err, new(*login.RequiredError)) {
		t.Errorf("the process that signed in, once the token is refused: %v", err)
	}
}

// TestOurLogout: our Logout signs the tools out, whoever has signed in.
func TestOurLogout(t *testing.T) {
	t.Parallel()
	for _, tool := range tools {
		t.Run(tool.name, func(t *testing.T) {
			t.Parallel()
			tool.need(t)
			s := newService(t, ssooidctest.Options{})
			_, err := s.session(t).Login(t.Context())
			must(t, err)
			s.uses(t, tool, profile, 0)
			must(t, s.session(t).Logout(t.Context()))
			if data, err := s.cache().Load(t.Context(), tokencache.TokenKey(profile)); data != nil || err != nil {
				t.Errorf("the token is still in the cache (%d bytes, %v)", len(data), err)
			}
			if err := tool.credentials(t, s, profile); err == nil {
				t.Error("it is still signed in")
			} else {
				t.Logf("it says: %s", strings.TrimSpace(err.Error()))
			}
			if n := s.count("Logout"); n != 1 {
				t.Errorf("we called the portal %d times", n)
			}
		})
	}
	t.Run("AWS CLI, which signed in", func(t *testing.T) {
		t.Parallel()
		needAWSCLI(t)
		s := newService(t, ssooidctest.Options{})
		s.awsLogin(t, profile)
		token := s.saved(t, profile)
		must(t, s.session(t).Logout(t.Context()))
		_, err := s.aws(t, "sso", "list-accounts", "--profile", profile, "--access-token", token.AccessToken)
		if err == nil || !strings.Contains(err.Error(), "UnauthorizedException") {
			t.Errorf("with the token that it had: %v", err)
		}
	})
}
