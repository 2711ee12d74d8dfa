package interop_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// aws runs the AWS CLI and returns what it prints.
func (s *service) aws(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := s.command(t.Context(), awsCLI(), args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("aws %s: %w: %s", args[0], err, bytes.TrimSpace(stderr.Bytes()))
	}
	return string(out), nil
}

// awsJSON runs the AWS CLI and decodes what it prints.
func (s *service) awsJSON(t *testing.T, args ...string) (answer map[string]any) {
	t.Helper()
	out, err := s.aws(t, args...)
	if err == nil {
		err = json.Unmarshal([]byte(out), &answer)
	}
	must(t, err)
	return answer
}

var (
	userCodeShown  = regexp.MustCompile(`^\s*([A-Z]{4}-[A-Z]{4})\s*$`)
	authorizeShown = regexp.MustCompile(`https://\S+/authorize\?\S+`)
)

// awsLogin runs `aws sso login`, and is the person: it reads what is shown and approves. Newer CLIs show the address of
// the browser flow instead of a code.
func (s *service) awsLogin(t *testing.T, profile string) {
	t.Helper()
	var stderr bytes.Buffer
	cmd := s.command(t.Context(), awsCLI(), "sso", "login", "--no-browser", "--profile", profile)
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var shown strings.Builder
	for lines := bufio.NewScanner(stdout); lines.Scan(); {
		fmt.Fprintln(&shown, lines.Text())
		if code := userCodeShown.FindStringSubmatch(lines.Text()); code != nil {
			must(t, s.Approve(code[1]))
		} else if address := authorizeShown.FindString(lines.Text()); address != "" {
			must(t, s.Visit(address))
		}
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(shown.String(), "Successfully logged into Start URL: "+s.StartURL()) {
		t.Fatalf("aws sso login: %v\n%s%s", err, shown.String(), stderr.String())
	}
}

// TestAWSCLI: the AWS CLI signs in with a device code, uses the session in every way that it has, and signs out.
func TestAWSCLI(t *testing.T) {
	t.Parallel()
	needAWSCLI(t)
	for _, name := range []string{profile, "legacy"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, ssooidctest.Options{Accounts: accounts})
			s.awsLogin(t, name)
			session := profile
			if name == "legacy" {
				session = s.StartURL()
			}
			token := s.saved(t, session)
			if refreshable := token.RefreshToken != ""; refreshable != (name == profile) {
				t.Errorf("the CLI got a refresh token: %v", refreshable)
			}

			out := s.awsJSON(t, "sso", "list-accounts", "--profile", name, "--access-token", token.AccessToken, "--page-size", "1")
			if list, _ := out["accountList"].([]any); len(list) != len(accounts) {
				t.Errorf("list-accounts: %v", out)
			}
			out = s.awsJSON(t, "sso", "list-account-roles", "--profile", name, "--access-token", token.AccessToken, "--account-id", accountID)
			if list, _ := out["roleList"].([]any); len(list) != 3 {
				t.Errorf("list-account-roles: %v", out)
			}
			out = s.awsJSON(t, "sso", "get-role-credentials", "--profile", name, "--access-token", token.AccessToken, "--account-id", accountID, "--role-name", roleName)
			if c, _ := out["roleCredentials"].(map[string]any); !strings.HasPrefix(fmt.Sprint(c["accessKeyId"]), "ASIA") {
				t.Errorf("get-role-credentials gave no credentials")
			}
			out = s.awsJSON(t, "sts", "get-caller-identity", "--profile", name)
			if out["Account"] != accountID {
				t.Errorf("get-caller-identity: %v", out)
			}
			_, err := s.aws(t, "sso", "get-role-credentials", "--profile", name, "--access-token", token.AccessToken, "--account-id", accountID, "--role-name", "Other")
			if err == nil || !strings.Contains(err.Error(), "ForbiddenException") {
				t.Errorf("another role: %v", err)
			}

			_, err = s.aws(t, "sso", "logout", "--profile", name)
			must(t, err)
			if left, _ := filepath.Glob(filepath.Join(s.cache().Path, "*.json")); s.count("Logout") != 1 || len(left) > 1 { // the registration stays
				t.Errorf("logout: %d calls, and left %v", s.count("Logout"), left)
			}
			_, err = s.aws(t, "sso", "list-accounts", "--profile", name, "--access-token", token.AccessToken)
			if err == nil || !strings.Contains(err.Error(), "UnauthorizedException") {
				t.Errorf("after logout: %v", err)
			}
		})
	}
}

// TestAWSCLIDenied: what the CLI says when the person denies.
func TestAWSCLIDenied(t *testing.T) {
	t.Parallel()
	needAWSCLI(t)
	s := newService(t, ssooidctest.Options{Consent: ssooidctest.ConsentDeny})
	_, err := s.aws(t, "sso", "login", "--no-browser", "--profile", profile)
	if err == nil || !strings.Contains(err.Error(), "AccessDeniedException") {
		t.Errorf("got %v", err)
	}
}
