package login_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// childEnv makes the test binary a program that uses a session, in a process of its own.
const childEnv = "LOGIN_TEST_CHILD"

func TestMain(m *testing.M) {
	if text := os.Getenv(childEnv); text != "" {
		var job job
		if err := json.Unmarshal([]byte(text), &job); err != nil {
			panic(err)
		}
		child(job)
		return
	}
	os.Exit(m.Run())
}

// job is what a child needs to know.
type job struct{ Cache, Endpoint string }

// result is what a child says of one round.
type result struct {
	Token    string // in clear: it is a test's
	Err      string
	Required bool // *login.RequiredError
	Prompts  int
	Warnings int
	Took     time.Duration
}

// child does what each line of its input says, by a new session each time, and answers with a line. Before it asks a person
// it says so with a line too.
func child(job job) {
	say := json.NewEncoder(os.Stdout)
	for input := bufio.NewScanner(os.Stdin); input.Scan(); {
		start := time.Now()
		var r result
		var log logs
		cfg := job.config()
		cfg.Logger = log.logger()
		cfg.Prompt = func(context.Context, login.Challenge) error {
			r.Prompts++
			return say.Encode("prompt")
		}
		session, err := login.New(cfg)
		if err != nil {
			panic(err)
		}
		var token login.Token
		switch input.Text() {
		case "token":
			token, err = session.Token(context.Background())
		case "sign in":
			if token, err = session.Token(context.Background()); errors.As(err, new(*login.RequiredError)) {
				token, err = session.Login(context.Background())
			}
		case "sign out":
			err = session.Logout(context.Background())
		}
		r.Token, r.Err, r.Required = token.AccessToken, errorText(err), errors.As(err, new(*login.RequiredError))
		r.Warnings, r.Took = log.count("level=WARN"), time.Since(start)
		if r.Warnings > 1 {
			r.Err += log.String()
		}
		if err := say.Encode(r); err != nil {
			return
		}
	}
}

func (j job) config() login.Config {
	return login.Config{
		Name: "dev", StartURL: startURL, Region: region, Flow: login.FlowDeviceCode,
		Cache:    tokencache.Dir{Path: j.Cache},
		Endpoint: j.Endpoint, PortalEndpoint: j.Endpoint,
		Browse: func(context.Context, string) error { return nil },
		Prompt: func(context.Context, login.Challenge) error { return nil },
	}
}

// process is a child from its parent's side.
type process struct {
	t   testing.TB
	cmd *exec.Cmd
	in  io.Writer
	out *bufio.Scanner
}

// start starts a child; change may alter how.
func start(t testing.TB, job job, change func(*exec.Cmd)) *process {
	t.Helper()
	text, err := json.Marshal(job)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+string(text))
	cmd.Stderr = os.Stderr
	if change != nil {
		change(cmd)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	return &process{t, cmd, in, bufio.NewScanner(out)}
}

func (p *process) tell(what string) {
	p.t.Helper()
	if _, err := io.WriteString(p.in, what+"\n"); err != nil {
		p.t.Fatal(err)
	}
}

// line is the next line of the child's output.
func (p *process) line() string {
	p.t.Helper()
	if !p.out.Scan() {
		p.t.Fatal("a child has ended: ", p.out.Err())
	}
	return p.out.Text()
}

// result skips what the child says before.
func (p *process) result() (r result) {
	p.t.Helper()
	for {
		line := p.line()
		if strings.HasPrefix(line, "{") {
			if err := json.Unmarshal([]byte(line), &r); err != nil {
				p.t.Fatal(err)
			}
			return r
		}
	}
}

// server is a service on loopback, and a cache folder.
func server(t testing.TB, opts ssooidctest.Options) (*ssooidctest.Server, job) {
	t.Helper()
	s := ssooidctest.NewServer(opts)
	t.Cleanup(s.Close)
	services.Store(s.URL, s.Service)
	return s, job{Cache: folder(t), Endpoint: s.URL}
}

// folder is one in memory, where the system has that: a disk that others keep busy may take longer to sync one file than
// a lock is waited for.
func folder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "login-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// expire makes the access token in a cache an expired one.
func expire(t testing.TB, cache string) {
	t.Helper()
	dir := tokencache.Dir{Path: cache}
	token := stored(t, dir)
	token.ExpiresAt = time.Now().Add(-time.Minute)
	store(t, dir, token)
}

// accepted checks that the file is whole, and that the service accepts the token in it.
func accepted(t testing.TB, job job) tokencache.Token {
	t.Helper()
	token := stored(t, tokencache.Dir{Path: job.Cache})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, job.Endpoint+"/assignment/accounts", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("x-amz-sso_bearer_token", token.AccessToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("the service does not accept the token in the cache: %s", resp.Status)
	}
	return token
}

// all lets each of the children do the same, released together.
func all(children []*process, what string) []result {
	for _, c := range children {
		c.tell(what)
	}
	results := make([]result, len(children))
	for i, c := range children {
		results[i] = c.result()
	}
	return results
}

const processes = 64

func startAll(t testing.TB, job job) []*process {
	children := make([]*process, processes)
	for i := range children {
		children[i] = start(t, job, nil)
	}
	return children
}

// TestProcessesRefresh: 64 processes find an expired token, at once. One refreshes it, and the service, which takes a
// refresh token once, is asked once.
func TestProcessesRefresh(t *testing.T) {
	s, job := server(t, ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	signIn(t, job.config())
	children := startAll(t, job)
	all(children, "token") // all have started
	for round := 1; round <= 20; round++ {
		expire(t, job.Cache)
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(30 * time.Millisecond) // the time that a real one takes
			s.ServeHTTP(w, r)
		}, 1)
		released := time.Now()
		results := all(children, "token")
		t.Logf("round %d: all done after %v", round, time.Since(released).Round(time.Millisecond))
		token := accepted(t, job)
		for i, r := range results {
			if r.Err != "" || r.Token != token.AccessToken {
				t.Errorf("round %d: process %d: %q, %s", round, i, r.Token, r.Err)
			}
		}
		if n := refreshes(s.Service); n != round {
			t.Fatalf("round %d: %d refreshes", round, n)
		}
	}
}

// TestProcessesSignIn: nobody is signed in, and 64 processes want a token. One asks. So it is after a sign-out.
func TestProcessesSignIn(t *testing.T) {
	_, job := server(t, ssooidctest.Options{Consent: ssooidctest.ConsentApprove, ConsentDelay: time.Second})
	children := startAll(t, job)
	all(children, "nothing") // all have started
	for round := 1; round <= 2; round++ {
		results := all(children, "sign in")
		token := accepted(t, job)
		prompts := 0
		for i, r := range results {
			prompts += r.Prompts
			if r.Err != "" || r.Token != token.AccessToken {
				t.Errorf("round %d: process %d: %q, %s", round, i, r.Token, r.Err)
			}
		}
		if prompts != 1 {
			t.Errorf("round %d: %d prompts", round, prompts)
		}
		if r := all(children[:1], "sign out")[0]; r.Err != "" {
			t.Fatal(r.Err)
		}
		if r := all(children[1:2], "token")[0]; !r.Required {
			t.Errorf("round %d: after the sign-out: %+v", round, r)
		}
	}
}

// TestNoLocks: a folder in which nothing can be locked.
func TestNoLocks(t *testing.T) {
	t.Parallel()
	s, job := server(t, ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	must(t, os.Mkdir(filepath.Join(job.Cache, tokenKey+".lock"), 0o700))
	var log logs
	cfg := job.config()
	cfg.Logger = log.logger()
	session, token := signIn(t, cfg)
	if _, err := session.Refresh(t.Context(), token.AccessToken); err != nil || refreshes(s.Service) != 1 {
		t.Errorf("Refresh: %v, %d refreshes", err, refreshes(s.Service))
	}
	accepted(t, job)
	if n := log.count("level=WARN"); n != 1 {
		t.Errorf("%d warnings:\n%s", n, log.String())
	}
}

// TestReadOnlyFolder: a folder that an ordinary user can only read.
func TestReadOnlyFolder(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("folders on Windows have no such mode")
	}
	s, job := server(t, ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	// Not t.TempDir, which ordinary users can't enter.
	folder, err := os.MkdirTemp("", "read-only")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		os.Chmod(filepath.Join(folder, "cache"), 0o700)
		os.RemoveAll(folder)
	})
	job.Cache = filepath.Join(folder, "cache")
	signIn(t, job.config())
	expire(t, job.Cache)
	must(t, os.Chmod(filepath.Join(job.Cache, tokenKey+".json"), 0o644))
	must(t, os.Chmod(job.Cache, 0o555))
	must(t, os.Chmod(folder, 0o755))
	program := filepath.Join(folder, "program")
	copyFile(t, os.Args[0], program)
	before := entries(t, job.Cache)

	child := start(t, job, func(cmd *exec.Cmd) {
		cmd.Path = program
		asOrdinaryUser(cmd)
	})
	child.tell("token")
	r := child.result()
	// A refresh would end the session of those who can write the folder.
	if !strings.Contains(r.Err, "the cache is read-only") || r.Token != "" || refreshes(s.Service) != 0 {
		t.Errorf("%+v, %d refreshes", r, refreshes(s.Service))
	}
	if after := entries(t, job.Cache); after != before {
		t.Errorf("the folder holds %s, and held %s", after, before)
	}
}

func entries(t testing.TB, folder string) string {
	t.Helper()
	list, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(list)
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	must(t, os.WriteFile(to, data, 0o755))
}
