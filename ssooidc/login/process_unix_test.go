//go:build unix

package login_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// asOrdinaryUser makes a command one of nobody's, if we are root: root may write anywhere.
func asOrdinaryUser(cmd *exec.Cmd) {
	if os.Geteuid() == 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
}

// TestStoppedRefresh: a process is stopped in the middle of a refresh, and holds the token's lock. An expired token is
// waited for, but not for ever; when the process is killed, the lock is free.
func TestStoppedRefresh(t *testing.T) {
	t.Parallel()
	s, job := server(t, ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	valid, _ := signIn(t, job.config()) // has the token in memory
	cold := newSession(t, job.config())
	arrived := make(chan struct{})
	s.HandleNext("CreateToken", func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}, 1)
	expire(t, job.Cache)
	child := start(t, job, nil)
	child.tell("token")
	<-arrived
	must(t, child.cmd.Process.Signal(syscall.SIGSTOP))

	begin := time.Now()
	if _, err := valid.Token(t.Context()); err != nil || time.Since(begin) > time.Second {
		t.Errorf("a valid token: %v after %v", err, time.Since(begin))
	}
	if testing.Short() {
		t.Skip("the rest takes 30 s")
	}
	_, err := cold.Token(t.Context())
	var locked *login.LockError
	if took := time.Since(begin); !errors.As(err, &locked) || locked.Lock != tokenKey || took < 30*time.Second || took > 40*time.Second {
		t.Errorf("an expired token: %v after %v", err, took)
	}
	must(t, child.cmd.Process.Kill())
	begin = time.Now()
	if _, err := cold.Token(t.Context()); err != nil || time.Since(begin) > 5*time.Second {
		t.Errorf("an expired token, the lock's holder being dead: %v after %v", err, time.Since(begin))
	}
	accepted(t, job)
}

// TestStoppedSignIn: a process is stopped while it asks a person. That holds up no token, and when it is killed, the next
// one asks.
func TestStoppedSignIn(t *testing.T) {
	t.Parallel()
	s, job := server(t, ssooidctest.Options{})
	child := start(t, job, nil)
	child.tell("sign in")
	if line := child.line(); line != `"prompt"` {
		t.Fatal(line)
	}
	must(t, child.cmd.Process.Signal(syscall.SIGSTOP))

	// Someone signs in with another tool, and the token expires: ours refreshes it.
	for _, code := range s.UserCodes() {
		must(t, s.Approve(code))
	}
	other := job
	other.Cache = t.TempDir()
	otherServer := other.config()
	otherServer.Prompt = approver(t, s)
	signIn(t, otherServer)
	copyFile(t, other.Cache+"/"+tokenKey+".json", job.Cache+"/"+tokenKey+".json")
	expire(t, job.Cache)
	begin := time.Now()
	session := newSession(t, job.config())
	token, err := session.Token(t.Context())
	if err != nil || time.Since(begin) > 5*time.Second {
		t.Errorf("Token: %v after %v", err, time.Since(begin))
	}

	must(t, child.cmd.Process.Kill())
	cfg := job.config()
	cfg.Prompt = approver(t, s)
	if again, err := newSession(t, cfg).Login(t.Context()); err != nil || again.AccessToken == token.AccessToken {
		t.Errorf("Login after the other was killed: %v, %v", again, err)
	}
}

// approver is a prompt whose person approves at once.
func approver(t testing.TB, service interface{ Approve(string) error }) login.PromptFunc {
	return func(_ context.Context, c login.Challenge) error {
		must(t, service.Approve(c.UserCode))
		return nil
	}
}
