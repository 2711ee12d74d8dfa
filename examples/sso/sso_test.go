package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestSession goes through a day: every command, as text and as JSON.
func TestSession(t *testing.T) {
	server := approving(t)
	folder := home(t, server.URL)
	var shown []result // all that shows no secret
	keep := func(r result) result {
		shown = append(shown, r)
		return r
	}

	keep(cmd(t, "status", "-profile", "dev")).want(t, 3, "Not signed in.\n", "Sign in with: sso login -profile dev\n")
	keep(cmd(t, "status", "-profile", "dev", "-json")).want(t, 3, `{"signedIn":false,"refreshable":false}`+"\n", "nobody is signed in")
	in := keep(cmd(t, "login", "-device", "-profile", "dev"))
	if in.code != 0 || in.stderr != "" || !regexp.MustCompile(`^Signed in until .* \(1h00m left\), and it goes on from there by itself\.\n$`).MatchString(in.stdout) {
		t.Errorf("login: %+v", in)
	}
	keep(cmd(t, "-profile", "dev", "status")).want(t, 0, in.stdout, "")

	var state struct {
		SignedIn, Refreshable bool
		ExpiresAt             time.Time
	}
	for _, command := range []string{"status", "login -device"} {
		r := keep(cmd(t, strings.Fields(command+" -json -profile dev")...))
		if err := json.Unmarshal([]byte(r.stdout), &state); err != nil || !state.SignedIn || !state.Refreshable || time.Until(state.ExpiresAt) < 59*time.Minute {
			t.Errorf("%s -json: %+v, %v", command, r, err)
		}
	}

	token := cmd(t, "token", "-profile", "dev")
	if token.code != 0 || token.stderr != "" || strings.Count(token.stdout, "\n") != 1 || len(token.stdout) < 20 {
		t.Fatalf("token: code %d, stderr %s", token.code, token.stderr)
	}
	var tokenJSON struct{ AccessToken string }
	if r := cmd(t, "token", "-json", "-profile", "dev"); json.Unmarshal([]byte(r.stdout), &tokenJSON) != nil || tokenJSON.AccessToken+"\n" != token.stdout {
		t.Errorf("token -json is not the token")
	}

	keep(cmd(t, "roles", "-profile", "dev")).want(t, 0, ""+
		"ACCOUNT       NAME       ROLE\n"+
		"111122223333  Shop       Admin\n"+
		"111122223333  Shop       ReadOnly\n"+
		"444455556666  Logs [31m  ReadOnly\n", "")
	var list []assignment
	if r := keep(cmd(t, "roles", "-json", "-profile", "dev")); json.Unmarshal([]byte(r.stdout), &list) != nil || len(list) != 3 || list[0] != (assignment{"111122223333", "Shop", "Admin"}) {
		t.Errorf("roles -json: %+v", r)
	}

	checkCredentials(t, cmd(t, "credentials", "-profile", "dev"), "111122223333")
	checkCredentials(t, cmd(t, "credentials", "-profile", "norole", "-account", "444455556666", "-role", "ReadOnly"), "444455556666")

	cached, err := filepath.Glob(filepath.Join(folder, ".aws", "sso", "cache", "*.json"))
	if err != nil || len(cached) != 2 {
		t.Fatalf("cached: %v, %v", cached, err)
	}
	secrets := secretsIn(t, cached)
	keep(cmd(t, "logout", "-profile", "dev")).want(t, 0, "Signed out.\n", "")
	keep(cmd(t, "logout", "-profile", "dev")).want(t, 0, "Nobody was signed in.\n", "")
	keep(cmd(t, "logout", "-profile", "dev", "-json")).want(t, 0, `{"signedIn":false,"refreshable":false}`+"\n", "")
	keep(cmd(t, "token", "-profile", "dev")).want(t, 3, "", "Sign in with: sso login -profile dev\n")
	for _, r := range shown {
		for _, secret := range secrets {
			if strings.Contains(r.stdout+r.stderr, secret) {
				t.Errorf("a secret is shown: %+v", r)
			}
		}
	}
}

// secretsIn are those of cache files.
func secretsIn(t *testing.T, files []string) (secrets []string) {
	t.Helper()
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var fields map[string]any
		if err := json.Unmarshal(data, &fields); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"accessToken", "refreshToken", "clientSecret"} {
			if secret, ok := fields[name].(string); ok {
				secrets = append(secrets, secret)
			}
		}
	}
	if len(secrets) < 4 {
		t.Fatalf("%d secrets in the cache", len(secrets))
	}
	return secrets
}

// checkCredentials: one JSON document of the form that AWS's tools expect, and nothing else.
func checkCredentials(t *testing.T, r result, account string) {
	t.Helper()
	var got struct {
		Version                                               int
		AccessKeyID, SecretAccessKey, SessionToken, AccountID string
		Expiration                                            time.Time
	}
	d := json.NewDecoder(strings.NewReader(r.stdout))
	d.DisallowUnknownFields()
	if err := d.Decode(&got); err != nil || r.code != 0 || r.stderr != "" || d.More() {
		t.Fatalf("credentials: code %d, %v, stderr %s", r.code, err, r.stderr)
	}
	if got.Version != 1 || got.AccessKeyID == "" || got.SecretAccessKey == "" || got.SessionToken == "" || got.AccountID != account || time.Until(got.Expiration) < 59*time.Minute {
		t.Errorf("credentials of account %s until %v", got.AccountID, got.Expiration)
	}
}

// TestStartURL: without any configuration.
func TestStartURL(t *testing.T) {
	server := approving(t)
	home(t, server.URL)
	t.Setenv("AWS_CONFIG_FILE", "/nowhere")
	where := []string{"-start-url", "https://d-1234567890.awsapps.com/start", "-region", "us-east-1", "-endpoint", server.URL}
	if r := cmd(t, append(where, "login", "-device")...); r.code != 0 {
		t.Errorf("login: %+v", r)
	}
	checkCredentials(t, cmd(t, append([]string{"credentials", "-account", "111122223333", "-role", "Admin"}, where...)...), "111122223333")
	cmd(t, append([]string{"credentials"}, where...)...).want(t, 2, "", "name one with -account and -role (\"sso roles -start-url https://d-1234567890.awsapps.com/start -region us-east-1")
	cmd(t, append([]string{"logout"}, where...)...).want(t, 0, "Signed out.\n", "")
}

// TestPrompt: what a person has to do is on standard error.
func TestPrompt(t *testing.T) {
	server := ssooidctest.NewServer(ssooidctest.Options{})
	defer server.Close()
	home(t, server.URL)
	var code string
	server.HandleNext("CreateToken", server.ServeHTTP, 1)
	server.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
		code = server.UserCodes()[0]
		if err := server.Approve(code); err != nil {
			t.Error(err)
		}
		server.ServeHTTP(w, r)
	}, 1)
	r := cmd(t, "login", "-device", "-json", "-profile", "dev")
	if r.code != 0 || strings.Contains(r.stdout, code) || !json.Valid([]byte(r.stdout)) {
		t.Errorf("%+v", r)
	}
	for _, part := range []string{code, server.URL + "/device", "left\n"} {
		if !strings.Contains(r.stderr, part) {
			t.Errorf("no %q in the prompt:\n%s", part, r.stderr)
		}
	}
}

// TestRefusedToken: roles goes on with a new token where the portal takes the old one no more.
func TestRefusedToken(t *testing.T) {
	server := approving(t)
	home(t, server.URL)
	cmd(t, "login", "-device", "-profile", "dev")
	server.FailNext("ListAccountRoles", "UnauthorizedException", 1)
	if r := cmd(t, "roles", "-profile", "dev"); r.code != 0 || strings.Count(r.stdout, "\n") != 4 {
		t.Errorf("%+v", r)
	}
	server.HandleNext("ListAccounts", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, 1)
	if r := cmd(t, "roles", "-profile", "dev"); r.code != 0 {
		t.Errorf("after a bare 401: %+v", r)
	}
	server.FailNext("ListAccounts", "UnauthorizedException", 2)
	cmd(t, "roles", "-profile", "dev").want(t, 3, "", "Sign in with: sso login -profile dev\n")
}

func TestInterrupted(t *testing.T) {
	server := ssooidctest.NewServer(ssooidctest.Options{})
	defer server.Close()
	home(t, server.URL)
	ctx, interrupt := context.WithCancel(t.Context())
	server.HandleNext("CreateToken", func(http.ResponseWriter, *http.Request) {
		interrupt()
		panic(http.ErrAbortHandler)
	}, 1)
	var stdout, stderr bytes.Buffer
	code := run(ctx, []string{"login", "-device", "-profile", "dev"}, nil, &stdout, &stderr)
	result{code, stdout.String(), stderr.String()}.want(t, 130, "", "sso: interrupted\n")
}

// TestTwoSignIns: who waits for another's sign-in is told so.
func TestTwoSignIns(t *testing.T) {
	server := approving(t)
	home(t, server.URL)
	key := tokencache.TokenKey("sign-in " + tokencache.TokenKey("corp"))
	unlock, ok, err := tokencache.Dir{}.TryLock(t.Context(), key)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	told, tell := io.Pipe()
	ended := make(chan int)
	go func() {
		code := run(t.Context(), []string{"login", "-device", "-profile", "dev"}, nil, io.Discard, tell)
		tell.Close()
		ended <- code
	}()
	line, err := bufio.NewReader(told).ReadString('\n')
	if want := "sso: waiting for another sign-in to the same session (session: corp; lock: " + key + ")\n"; line != want || err != nil {
		t.Errorf("told %q, %v", line, err)
	}
	unlock()
	go io.Copy(io.Discard, told)
	if code := <-ended; code != 0 {
		t.Errorf("then it ended with %d", code)
	}
}

// TestSlowRefresh: a command that has its token, which is good yet, still waits for the new one: the old refresh token is used up.
func TestSlowRefresh(t *testing.T) {
	server := approving(t)
	home(t, server.URL)
	cmd(t, "login", "-device", "-profile", "dev")
	change(t, func(token *tokencache.Token) { token.ExpiresAt = time.Now().Add(20 * time.Second) })
	server.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
		<-time.After(5500 * time.Millisecond) // longer than a valid token is held back for
		server.ServeHTTP(w, r)
	}, 1)
	old := cmd(t, "token", "-profile", "dev")
	if next := cmd(t, "token", "-profile", "dev"); old.code != 0 || next.code != 0 || next.stdout == old.stdout {
		t.Errorf("%+v, then %+v", old, next)
	}
}
