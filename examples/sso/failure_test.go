package main

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
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
			stderr: []string{"the sign-in was denied", "approve it, or ask an administrator", signIn},
		},
		{
			name: "expired code", args: "login -device -profile dev", code: 4,
			script: func(s *ssooidctest.Server) { s.FailNext("CreateToken", "ExpiredTokenException", 1) },
			stderr: []string{"was not finished in time: sign in again", signIn},
		},
		{
			name: "wrong region", args: "login -device -profile dev", code: 1,
			script: func(s *ssooidctest.Server) { s.FailNext("StartDeviceAuthorization", "InvalidRequestException", 1) },
			stderr: []string{"InvalidRequestException", "check that the start URL (https://d-1234567890.awsapps.com/start) and the region (us-east-1)"},
		},
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
		{name: "not signed in, token", args: "token -profile dev", code: 3, stderr: []string{"sign in again to corp: nobody is signed in", signIn}},
		{name: "not signed in, credentials", args: "credentials -profile dev", code: 3, stderr: []string{signIn}},
		{name: "not signed in, roles", args: "roles -profile dev", code: 3, stderr: []string{signIn}},
		{name: "no role", args: "credentials -profile norole", code: 2, stderr: []string{"the profile names no role", "sso_account_id and sso_role_name", `"sso roles -profile norole" lists yours`}},
		{name: "not your role", args: "credentials -profile dev -account 111122223333 -role Owner", signedIn: true, code: 1, stderr: []string{"role Owner in account 111122223333", "ask an administrator"}},
		{
			name: "no sign-out at the portal", args: "logout -profile dev", signedIn: true, code: 1,
			script: func(s *ssooidctest.Server) {
				s.HandleNext("Logout", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, 9)
			},
			stderr: []string{"the session may live on at the portal"},
		},

		{name: "no command", args: "", code: 2, stderr: []string{"Usage: sso command"}},
		{name: "an unknown command", args: "signin", code: 2, stderr: []string{`there is no command "signin"`}},
		{name: "an unknown flag", args: "login -devise", code: 2, stderr: []string{"-devise", "lists the flags"}},
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

// TestNoNetwork: nothing answers where the service should be.
func TestNoNetwork(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	home(t, "http://"+listener.Addr().String())
	listener.Close()
	cmd(t, "login", "-device", "-profile", "dev").want(t, 1, "", "check the network")
}

func TestNoCertificates(t *testing.T) {
	home(t, "http://127.0.0.1:1")
	t.Setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem")
	cmd(t, "login", "-device", "-profile", "dev").want(t, 2, "", "sso: sign-in to corp: AWS_CA_BUNDLE can't be read: open /nowhere/ca.pem: no such file or directory: set it to a file of PEM certificates")
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
