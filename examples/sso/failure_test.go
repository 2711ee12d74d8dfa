package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestFailures: each message says what happened and what to do, and standard output has nothing.
func TestFailures(t *testing.T) {
	const signIn = "sso login -profile dev\n"
	for _, c := range []struct {
		name     string
		args     string
		signedIn bool
		script   func(*ssooidctest.Server)
		code     int
		stderr   []string
	}{
		{
			name: "denied", args: "login -device -profile dev", code: 4,
			script: func(s *ssooidctest.Server) { s.FailNext("CreateToken", "AccessDeniedException", 1) },
			stderr: []string{"the sign-in was denied", "approve it, or ask an administrator", "To try again: sso login -profile dev -device\n"},
		},
		{
			name: "expired code", args: "login -device -profile dev", code: 4,
			script: func(s *ssooidctest.Server) { s.FailNext("CreateToken", "ExpiredTokenException", 1) },
			stderr: []string{"was not finished in time: sign in again", "To try again: sso login -profile dev -device\n"},
		},
		{
			name: "wrong region", args: "login -device -profile dev", code: 1,
			script: func(s *ssooidctest.Server) { s.FailNext("StartDeviceAuthorization", "InvalidRequestException", 1) },
			stderr: []string{"InvalidRequestException", "check that the start URL (https://d-1234567890.awsapps.com/start) and the region (us-east-1)"},
		},
		{name: "a flag of another command", args: "status -device", code: 2, stderr: []string{"-device is for login alone"}},
		{name: "a role for no credentials", args: "token -account 1 -role x", code: 2, stderr: []string{"-account and -role are for credentials alone"}},
		{
			name: "a region that does not exist", args: "login -device -start-url https://d-1.awsapps.com/start -region us_east_1", code: 2,
			stderr: []string{`-region "us_east_1" is not the name of a region`},
		},
		{
			name: "a start URL that is none", args: "login -device -start-url example.com -region us-east-1", code: 2,
			stderr: []string{`-start-url "example.com" is not a URL`, "copy the AWS access portal URL"},
		},
		{
			name: "a service with a problem", args: "login -device -profile dev", code: 1,
			script: func(s *ssooidctest.Server) { s.FailNext("RegisterClient", "InternalServerException", 9) },
			stderr: []string{"InternalServerException", "try again in a moment"},
		},
		{
			name: "a proxy", args: "login -device -profile dev", code: 1,
			script: func(s *ssooidctest.Server) {
				s.HandleNext("RegisterClient", func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "text/html")
					w.WriteHeader(http.StatusForbidden)
					w.Write([]byte("<h1>Blocked</h1>"))
				}, 9)
			},
			stderr: []string{"Blocked", "any endpoint or proxy"},
		},
		{name: "no profile", args: "login -profile prod", code: 2, stderr: []string{`there is no profile "prod" (there is dev and norole)`, "sso login -start-url https://"}},
		{name: "no profile by default", args: "status", code: 2, stderr: []string{`there is no profile "default"`}},
		{name: "not signed in, token", args: "token -profile dev", code: 3, stderr: []string{"sso: nobody is signed in to corp; sign in\n", signIn}},
		{name: "not signed in, credentials", args: "credentials -profile dev", code: 3, stderr: []string{signIn}},
		{name: "not signed in, roles", args: "roles -profile dev", code: 3, stderr: []string{signIn}},
		{name: "no role", args: "credentials -profile norole", code: 2, stderr: []string{"the profile names no role", "sso_account_id and sso_role_name", `"sso roles -profile norole" lists yours`}},
		{name: "not your role", args: "credentials -profile dev -account 111122223333 -role Owner", signedIn: true, code: 1, stderr: []string{"role Owner in account 111122223333", "ask an administrator"}},
		{
			name: "no sign-out at the portal", args: "logout -profile dev", signedIn: true, code: 1,
			script: func(s *ssooidctest.Server) {
				s.HandleNext("Logout", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, 9)
			},
			stderr: []string{"the session corp may live on at the portal"},
		},

		{name: "no command", args: "", code: 2, stderr: []string{"Usage: sso command"}},
		{name: "an unknown command", args: "signin", code: 2, stderr: []string{`there is no command "signin"`}},
		{name: "an unknown flag", args: "login -devise", code: 2, stderr: []string{"-devise", "lists the flags"}},
		{name: "an unknown flag that would drive the terminal", args: "login -\x1b[31m", code: 2, stderr: []string{"defined: - [31m"}},
		{name: "an endpoint that is none", args: "login -profile dev -endpoint x", code: 2, stderr: []string{`sso: -endpoint "x" is not an absolute http or https URL`}},
		{name: "something more", args: "login dev", code: 2, stderr: []string{`what is "dev"?`}},
		{name: "both kinds of name", args: "login -profile dev -start-url https://d-1.awsapps.com/start -region us-east-1", code: 2, stderr: []string{"give one of them"}},
		{name: "a start URL without a region", args: "login -start-url https://d-1.awsapps.com/start", code: 2, stderr: []string{"-start-url needs -region"}},
		{name: "a region without a start URL", args: "login -region us-east-1", code: 2, stderr: []string{"-region goes with -start-url"}},
		{name: "half a role", args: "credentials -profile dev -role ReadOnly", code: 2, stderr: []string{"-account and -role go together"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := approving(t)
			home(t, server.URL)
			if c.signedIn {
				if r := cmd(t, "login", "-device", "-profile", "dev"); r.code != 0 {
					t.Fatalf("%+v", r)
				}
			}
			if c.script != nil {
				c.script(server)
			}
			r := cmd(t, strings.Fields(c.args)...)
			for _, part := range c.stderr {
				r.want(t, c.code, "", part)
			}
		})
	}
}

// TestQuotes: what to do can be copied into a shell.
func TestQuotes(t *testing.T) {
	for _, tt := range []struct {
		used cli
		want string
	}{
		{cli{}, "sso login"},
		{cli{profile: "dev"}, "sso login -profile dev"},
		{cli{profile: "my dev"}, "sso login -profile 'my dev'"},
		{cli{profile: "büro's"}, `sso login -profile 'büro'\''s'`},
		{cli{profile: "$(x)"}, "sso login -profile '$(x)'"},
		{cli{startURL: "https://d-1.awsapps.com/start#/", region: "us-east-1"}, "sso login -start-url 'https://d-1.awsapps.com/start#/' -region us-east-1"},
	} {
		if got := tt.used.again("login"); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

// TestNoNetwork: nothing answers where the service should be.
func TestNoNetwork(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	home(t, "http://"+listener.Addr().String())
	listener.Close()
	cmd(t, "login", "-device", "-profile", "dev").want(t, 1, "", "check the network")

	server := approving(t)
	home(t, server.URL)
	if r := cmd(t, "login", "-device", "-profile", "dev"); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	server.Close()
	cmd(t, "roles", "-profile", "dev").want(t, 1, "", "Check the network")
}

// TestNotSaved: a sign-in that the next command would not find did not work, whatever the service says.
func TestNotSaved(t *testing.T) {
	folder := home(t, approving(t).URL)
	if err := os.WriteFile(filepath.Join(folder, ".aws"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := cmd(t, "login", "-device", "-profile", "dev")
	r.want(t, 1, "", "could not be saved in ~/.aws/sso/cache")
	r.want(t, 1, "", "sso: warning: the cache can't be used as it should be (session: corp; doing: lock the sign-in; ")
	if strings.Contains(r.stderr, "level=") || strings.Count(r.stderr, "\n") != 3 {
		t.Errorf("two warnings and an error, a line each:\n%s", r.stderr)
	}
	cmd(t, "status", "-profile", "dev").want(t, 1, "", "the cache of corp can't be used: ")
}

// TestFileTrouble: what is wrong with a file is nothing of the network.
func TestFileTrouble(t *testing.T) {
	folder := home(t, approving(t).URL)
	entry := filepath.Join(folder, ".aws", "sso", "cache", tokencache.TokenKey("corp")+".json")
	if err := os.MkdirAll(filepath.Join(entry, "something"), 0o700); err != nil {
		t.Fatal(err)
	}
	r := cmd(t, "logout", "-profile", "dev")
	r.want(t, 1, "", "the cache of corp can't be used: the session may still be in it: ")
	r.want(t, 1, "", "Look at what is there, at the permissions, and at the space on the disk.\n")
	if strings.Contains(r.stderr, "network") {
		t.Errorf("the network is blamed:\n%s", r.stderr)
	}
}

func TestNoCertificates(t *testing.T) {
	home(t, "http://127.0.0.1:1")
	t.Setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem")
	r := cmd(t, "login", "-device", "-profile", "dev")
	r.want(t, 2, "", "sso: AWS_CA_BUNDLE can't be read: open /nowhere/ca.pem: ") // and what the system says
	r.want(t, 2, "", ": set it to a file of PEM certificates, or unset it\n")
}

// TestNoFiles: a new user, who has nothing yet.
func TestNoFiles(t *testing.T) {
	folder := home(t, "http://127.0.0.1:1")
	os.Unsetenv("AWS_CONFIG_FILE")
	cmd(t, "login").want(t, 2, "", filepath.Join(folder, ".aws", "config")+": there is no profile \"default\", and no such file: make both with \"aws configure sso\"")
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"-h"}, {"help"}, {"login", "-h"}} {
		if r := cmd(t, args...); r.code != 0 || r.stderr != "" || !strings.HasPrefix(r.stdout, "Usage: sso command") {
			t.Errorf("%v: %+v", args, r)
		}
	}
}
