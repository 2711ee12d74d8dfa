package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// program is one that runs.
type program struct {
	url    string
	guide  string
	log    *io.PipeReader
	client *http.Client
}

// start runs the program until the test's end, on any free port.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	s, err := parse(append([]string{"-listen", "127.0.0.1:0"}, args...), t.Output())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, s, in)
		in.CloseWithError(err) // which ends the reading below
		ended <- err
	}()
	t.Cleanup(func() {
		out.Close()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the program ended with %v", err)
		}
	})
	buf := make([]byte, 1<<16)
	n, err := out.Read(buf) // the guide is one write
	if err != nil {
		t.Fatal(err)
	}
	p := &program{guide: string(buf[:n]), log: out, client: http.DefaultClient}
	p.url = regexp.MustCompile(`https?://127[0-9.:]+`).FindString(p.guide)
	return p
}

// send posts JSON, or gets where there is none, and returns the status and the answer.
func (p *program) send(t *testing.T, path, token string, in map[string]any) (int, map[string]any) {
	t.Helper()
	method, body := http.MethodGet, []byte(nil)
	if in != nil {
		method = http.MethodPost
		body, _ = json.Marshal(in)
	}
	req, err := http.NewRequestWithContext(t.Context(), method, p.url+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Sso_bearer_token", token)
	resp, err := p.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out map[string]any
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, out
}

// signIn goes through the device flow to the first answer for the code.
func (p *program) signIn(t *testing.T) (int, map[string]any) {
	t.Helper()
	_, reg := p.send(t, "/client/register", "", map[string]any{
		"clientName": "test", "clientType": "public", "scopes": []string{"sso:account:access"},
	})
	_, dev := p.send(t, "/device_authorization", "", map[string]any{
		"clientId": reg["clientId"], "clientSecret": reg["clientSecret"], "startUrl": "https://example.awsapps.com/start",
	})
	return p.send(t, "/token", "", map[string]any{
		"clientId": reg["clientId"], "clientSecret": reg["clientSecret"], "deviceCode": dev["deviceCode"],
		"grantType": "urn:ietf:params:oauth:grant-type:device_code",
	})
}

func TestAutoApprove(t *testing.T) {
	t.Parallel()
	p := start(t, "-auto-approve", "-token-lifetime", "90s", "-account", "123456789012:Sandbox:Admin,Dev")
	go io.Copy(io.Discard, p.log)
	status, token := p.signIn(t)
	if status != 200 || token["expiresIn"] != 90.0 {
		t.Fatalf("got %d, %v", status, token)
	}
	_, accounts := p.send(t, "/assignment/accounts", token["accessToken"].(string), nil)
	got, _ := json.Marshal(accounts["accountList"])
	if want := `[{"accountId":"123456789012","accountName":"Sandbox","emailAddress":"account-123456789012@example.com"}]`; string(got) != want {
		t.Errorf("accounts: %s", got)
	}
	for role, want := range map[string]int{"Dev": 200, "Other": 403} {
		status, _ := p.send(t, "/federation/credentials?account_id=123456789012&role_name="+role, token["accessToken"].(string), nil)
		if status != want {
			t.Errorf("role %s: status %d", role, status)
		}
	}
}

func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		args   []string
		status int
		code   string
	}{
		{nil, 400, "authorization_pending"},
		{[]string{"-auto-approve", "-auto-delay", "1h"}, 400, "authorization_pending"},
		{[]string{"-auto-deny"}, 400, "access_denied"},
		{[]string{"-auto-deny", "-errors", "openapi"}, 488, "access_denied"},
		{[]string{"-start-url", "https://other.awsapps.com/start"}, 400, "invalid_request"}, // there is no device code
	} {
		t.Run(strings.Join(row.args, " "), func(t *testing.T) {
			t.Parallel()
			p := start(t, row.args...)
			go io.Copy(io.Discard, p.log)
			status, answer := p.signIn(t)
			if status != row.status || answer["error"] != row.code {
				t.Errorf("got %d, %v", status, answer)
			}
		})
	}
}

// TestLog: a line for each request, and nothing secret in it.
func TestLog(t *testing.T) {
	t.Parallel()
	p := start(t)
	lines := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(io.LimitReader(p.log, 150))
		lines <- string(all)
		io.Copy(io.Discard, p.log)
	}()
	p.signIn(t)
	p.signIn(t)
	want := regexp.MustCompile(`(?m)^[0-9:]{8} POST /client/register 200 \n[0-9:]{8} POST /device_authorization 200 \n[0-9:]{8} POST /token 400 AuthorizationPendingException`)
	if got := <-lines; !want.MatchString(got) {
		t.Errorf("got:\n%s", got)
	}
}

// TestTLS: the authority that the program writes vouches for the address and for AWS's names, and for no others.
func TestTLS(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ca.pem")
	p := start(t, "-tls", "-ca-file", file, "-auto-approve")
	go io.Copy(io.Discard, p.log)
	pemText, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(pemText, []byte("PRIVATE")) {
		t.Error("the file holds a private key")
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pemText) {
		t.Fatal("the file holds no certificate")
	}
	address := strings.TrimPrefix(p.url, "https://")
	p.client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		DisableKeepAlives: true,
	}}
	for host, good := range map[string]bool{
		p.url:                                  true,
		"https://localhost:12345":              true,
		"https://oidc.us-east-1.amazonaws.com": true,
		"https://portal.sso.cn-north-1.amazonaws.com.cn":                        true,
		"https://oidc.eusc-de-east-1.amazonaws.eu":                              true,
		"https://portal.sso-fips.us-gov-west-1.api.aws":                         true,
		"https://oidc.cn-north-1.api.amazonwebservices.com.cn":                  true,
		"https://www.example.com":                                               false,
		"https://amazonaws.com.example.com":                                     false,
		"https://" + strings.Replace(address, "127.0.0.1", "192.0.2.1", 1) + "": false,
	} {
		resp, err := p.client.Get(host + "/device")
		if err == nil {
			resp.Body.Close()
		}
		if (err == nil) != good {
			t.Errorf("%s: %v", host, err)
		}
	}
	if status, _ := p.signIn(t); status != 200 {
		t.Errorf("sign-in over TLS: status %d", status)
	}
}

// TestTemporaryFolder: without -ca-file nothing is left.
func TestTemporaryFolder(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	t.Setenv("TMP", folder) // on Windows
	s, err := parse([]string{"-listen", "127.0.0.1:0", "-tls"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var out bytes.Buffer
	err = run(ctx, s, writerFunc(func(p []byte) (int, error) {
		stop()
		return out.Write(p)
	}))
	if left, _ := filepath.Glob(filepath.Join(folder, "*")); err != nil || left != nil || !strings.Contains(out.String(), folder) {
		t.Errorf("got %v, left %v, printed\n%s", err, left, out.String())
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestGuide(t *testing.T) {
	t.Parallel()
	s, err := parse([]string{"-region", "cn-north-1", "-tls", "-auto-approve"}, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	guide{s, &net.TCPAddr{IP: net.IPv4zero, Port: 8443}, "https://d-1.awsapps.com/start", "/tmp/ca.pem"}.print(&out)
	want := `IAM Identity Center for tests, at https://127.0.0.1:8443

To point the AWS CLI (2.13 or later) and the SDKs here, in one shell:

  export AWS_ENDPOINT_URL_SSO_OIDC=https://127.0.0.1:8443
  export AWS_ENDPOINT_URL_SSO=https://127.0.0.1:8443
  export AWS_CA_BUNDLE=/tmp/ca.pem NODE_EXTRA_CA_CERTS=/tmp/ca.pem

The authority of that file is made for this run; its key is never written. Don't add it to your system's store. Tools
that accept only the real names need -listen 127.0.0.1:443 and this line in their hosts file instead of the first two:

  127.0.0.1 oidc.cn-north-1.amazonaws.com.cn portal.sso.cn-north-1.amazonaws.com.cn

A profile for ~/.aws/config, and a sign-in with it:

  [sso-session fake]
  sso_start_url = https://d-1.awsapps.com/start
  sso_region = cn-north-1
  sso_registration_scopes = sso:account:access

  [profile fake]
  sso_session = fake
  sso_account_id = 111122223333
  sso_role_name = ReadOnlyAccess
  region = cn-north-1

  aws sso login --profile fake

Every sign-in is approved.

`
	if out.String() != want {
		t.Errorf("got:\n%s", out.String())
	}
}
