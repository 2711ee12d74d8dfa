package ssooidctest_test

// The code of the package's page. TestPage keeps the two the same.

import (
	"context"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

func TestDeviceCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // in here waiting takes no time
		service := ssooidctest.New(ssooidctest.Options{})
		session, err := login.New(login.Config{
			StartURL:   service.StartURL(),
			Region:     "us-east-1",
			Flow:       login.FlowDeviceCode,
			HTTPClient: service.HTTPClient(), // answered in memory
			Cache:      new(tokencache.Memory),
			Browse: func(context.Context, string) error {
				return nil // otherwise your browser opens
			},
			Prompt: func(_ context.Context, c login.Challenge) error {
				time.Sleep(5 * time.Minute) // the person takes a while
				return service.Approve(c.UserCode)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := session.Login(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestBrowser(t *testing.T) {
	service := ssooidctest.New(ssooidctest.Options{})
	session, err := login.New(login.Config{
		StartURL:   service.StartURL(),
		Region:     "us-east-1",
		Flow:       login.FlowBrowser,
		HTTPClient: service.HTTPClient(),
		Cache:      new(tokencache.Memory),
		Browse: func(_ context.Context, url string) error {
			return service.Visit(url)
		},
		Prompt: login.Terminal(nil, t.Output()),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session.Login(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTrouble(t *testing.T) {
	service := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, service)
	client := u.register(object{"scopes": accountAccess})
	started := u.start(client)
	userCode, accessToken := started.text("userCode"), u.signIn(service, client).text("accessToken")
	proxyPage := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }

	// An exception, by its name on the wire.
	service.FailNext("CreateToken", "SlowDownException", 3)
	// Any other answer: a proxy's page, torn JSON, a delay.
	service.HandleNext("CreateToken", proxyPage, 1)
	// A dropped connection.
	service.HandleNext("CreateToken", func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}, 1)
	service.Expire(userCode)    // a code, a token or a registration
	service.Revoke(accessToken) // one session
	service.EndSessions()       // all sessions

	for range 3 {
		u.poll(client, started).is("SlowDownException")
	}
	for _, want := range []string{"<html>", "dropped"} {
		resp, err := u.client.Post(u.url+"/token", "", nil)
		got := ""
		if err != nil {
			got = err.Error()
		} else {
			body, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			got = string(body)
		}
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	u.poll(client, started).is("ExpiredTokenException")
	u.get("/assignment/accounts", accessToken).is("UnauthorizedException")
}

func TestCompanyAddress(t *testing.T) {
	service := ssooidctest.New(ssooidctest.Options{})

	start := http.RedirectHandler(service.StartURL(), http.StatusFound)
	service.HandleHost("sso.example.com", start)

	if got, want := head(service.HTTPClient(), "https://sso.example.com"), "302 "+service.StartURL(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestProgram(t *testing.T) {
	program := filepath.Join(t.TempDir(), "sso.exe")
	build := exec.Command("go", "build", "-o", program,
		"github.com/ssooidc/ssooidc-go/examples/sso") // or your own
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	approves := ssooidctest.Options{Consent: ssooidctest.ConsentApprove}

	t.Run("plain http", func(t *testing.T) {
		server := ssooidctest.NewServer(approves)
		defer server.Close()
		signInWith(t, program, server.URL)
	})
	t.Run("TLS", func(t *testing.T) {
		server := httptest.NewTLSServer(ssooidctest.New(approves))
		defer server.Close()
		ca := filepath.Join(t.TempDir(), "ca.pem")
		block := &pem.Block{
			Type: "CERTIFICATE", Bytes: server.Certificate().Raw,
		}
		err := os.WriteFile(ca, pem.EncodeToMemory(block), 0o600)
		if err != nil {
			t.Fatal(err)
		}
		signInWith(t, program, server.URL, "AWS_CA_BUNDLE="+ca)
	})
}

// signInWith runs the program with a home and an environment of its own:
// it uses nothing of yours, and changes nothing of yours.
func signInWith(t *testing.T, program, url string, more ...string) {
	home := t.TempDir()
	config := filepath.Join(home, "config")
	err := os.WriteFile(config, []byte(`
[profile test]
sso_session = test

[sso-session test]
sso_start_url = https://d-1234567890.awsapps.com/start
sso_region = us-east-1
sso_registration_scopes = sso:account:access
`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	env := append(more,
		"AWS_ENDPOINT_URL_SSO_OIDC="+url, // the service
		"AWS_ENDPOINT_URL_SSO="+url,      // the portal
		"AWS_CONFIG_FILE="+config, "HOME="+home, "USERPROFILE="+home,
		"CI=true", // no browser opens
	)
	for _, args := range [][]string{
		{"login", "-device", "-profile", "test"},
		{"roles", "-profile", "test"},
	} {
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Env = env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
}

// TestPage: all code of the package's page is in this file, so that it compiles, and does what it should.
func TestPage(t *testing.T) {
	t.Parallel()
	read := func(file string) string {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	// A block may be indented, and its comments aligned, in another way.
	spaces := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	here := spaces(read("doc_test.go"))
	blocks := regexp.MustCompile(`(?m)(^\t.*\n(\n\t)?)+`).FindAllString(read("doc.go"), -1)
	for _, block := range blocks {
		if !strings.Contains(here, spaces(block)) {
			t.Errorf("only on the page:\n%s", block)
		}
	}
	if len(blocks) < 5 {
		t.Errorf("the page has %d blocks of code", len(blocks))
	}
}
