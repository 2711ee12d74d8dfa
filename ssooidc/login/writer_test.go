package login_test

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// writeLikeCLI writes a file as the AWS CLI does: in place, without a lock.
func writeLikeCLI(t testing.TB, path string, data []byte) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	for len(data) > 0 {
		n := min(len(data), 500)
		if _, err := f.Write(data[:n]); err != nil {
			t.Error(err)
		}
		data = data[n:]
		runtime.Gosched()
	}
}

// cliSignIns are sign-ins by another tool: what it is about to write.
func cliSignIns(t testing.TB, job job, n int) [][]byte {
	t.Helper()
	job.Cache = t.TempDir()
	session := newSession(t, job.config())
	var list [][]byte
	for range n {
		if _, err := session.Login(t.Context()); err != nil {
			t.Fatal(err)
		}
		list = append(list, marshal(stored(t, tokencache.Dir{Path: job.Cache})))
	}
	return list
}

// TestWriterLikeCLI: another tool signs in again and again, and writes in place, while we refresh. When it is quiet, the
// file is whole and its token good; a sign-in that was written before our refresh came back is in it.
func TestWriterLikeCLI(t *testing.T) {
	t.Parallel()
	for _, rotation := range []ssooidctest.Rotation{ssooidctest.RotationStrict, ssooidctest.RotationLenient, ssooidctest.RotationNone} {
		t.Run(rotation.String(), func(t *testing.T) {
			t.Parallel()
			const rounds = 100
			s, job := server(t, ssooidctest.Options{Consent: ssooidctest.ConsentApprove, Rotation: rotation})
			theirs := cliSignIns(t, job, rounds)
			_, token := signIn(t, job.config())
			path := filepath.Join(job.Cache, tokenKey+".json")
			var waits, mustSurvive atomic.Bool
			var written atomic.Pointer[chan struct{}] // closed when this round's sign-in has been written
			s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
				done := *written.Load()
				if waits.Load() {
					<-done
				}
				select {
				case <-done: // before our last read, which comes after the answer
					mustSurvive.Store(true)
				default:
				}
				s.ServeHTTP(w, r)
			}, 10*rounds)
			survived, missed := 0, 0
			for round := range rounds {
				waits.Store(round%2 == 0)
				mustSurvive.Store(false)
				done := make(chan struct{})
				written.Store(&done)
				go func() {
					writeLikeCLI(t, path, theirs[round])
					close(done)
				}()
				next, err := newSession(t, job.config()).Refresh(t.Context(), token.AccessToken)
				switch {
				case errors.As(err, new(*login.RequiredError)) && !mustSurvive.Load():
					missed++ // on a busy machine the writer may stand still for longer than we read again
				case err != nil || next.AccessToken == token.AccessToken:
					t.Fatalf("round %d: Refresh: %v, %v", round, next, err)
				}
				<-done
				inFile := accepted(t, job)
				if mustSurvive.Load() {
					survived++
					if string(marshal(inFile)) != string(theirs[round]) {
						t.Fatalf("round %d: a sign-in that was written before our refresh came back is lost", round)
					}
				}
				// What another process finds, it can go on with.
				if token, err = newSession(t, job.config()).Token(t.Context()); err != nil || token.AccessToken != inFile.AccessToken {
					t.Fatalf("round %d: Token: %v, %v", round, token, err)
				}
			}
			t.Logf("%d of %d sign-ins were written during a refresh, %d files stayed torn for too long", survived, rounds, missed)
			if missed > rounds/2 {
				t.Errorf("%d of %d refreshes took a torn file for none", missed, rounds)
			}
		})
	}
}

// TestCLIDuringRefresh: while our refresh is at the service, another tool signs in, or out, without a lock.
func TestCLIDuringRefresh(t *testing.T) {
	t.Parallel()
	s, job := server(t, ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	theirs := cliSignIns(t, job, 1)[0]
	path := filepath.Join(job.Cache, tokenKey+".json")
	for _, signsOut := range []bool{false, true} {
		session, token := signIn(t, job.config())
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			if signsOut {
				must(t, os.Remove(path))
			} else {
				writeLikeCLI(t, path, theirs)
			}
			s.ServeHTTP(w, r)
		}, 1)
		next, err := session.Refresh(t.Context(), token.AccessToken)
		if signsOut != errors.As(err, new(*login.RequiredError)) || next.AccessToken == token.AccessToken {
			t.Errorf("Refresh: %v, %v", next, err)
		}
		data, err := os.ReadFile(path)
		if signsOut && !errors.Is(err, fs.ErrNotExist) || !signsOut && string(data) != string(theirs) {
			t.Errorf("signed out: %t; in the cache: %v, %d bytes", signsOut, err, len(data))
		}
	}
}

// TestTornForGood: a tool was stopped while it wrote. Its torn file is a miss, stays as it is, and is replaced by a sign-in.
func TestTornForGood(t *testing.T) {
	t.Parallel()
	_, job := server(t, ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	session, _ := signIn(t, job.config())
	path := filepath.Join(job.Cache, tokenKey+".json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	must(t, os.WriteFile(path, data[:100], 0o600))
	begin := time.Now()
	if _, err := newSession(t, job.config()).Token(t.Context()); err == nil || time.Since(begin) < 100*time.Millisecond {
		t.Errorf("Token: %v after %v", err, time.Since(begin))
	}
	if torn, err := os.ReadFile(path); err != nil || string(torn) != string(data[:100]) {
		t.Errorf("the torn file has changed: %v", err)
	}
	if _, err := session.Login(t.Context()); err != nil {
		t.Fatal(err)
	}
	accepted(t, job)
}
