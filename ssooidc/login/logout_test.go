package login_test

import (
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestLogout: the cache first, then the portal.
func TestLogout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		session, token := signIn(t, cfg)
		other := newSession(t, cfg)
		if _, err := other.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.HandleNext("Logout", func(w http.ResponseWriter, r *http.Request) {
			if data, err := cfg.Cache.Load(r.Context(), tokenKey); data != nil || err != nil {
				t.Errorf("in the cache while the portal is called: %v", err)
			}
			if r.Host != "portal.sso.us-east-1.amazonaws.com" || r.Method != http.MethodPost || r.Header.Get("x-amz-sso_bearer_token") != token.AccessToken {
				t.Errorf("%s %s with %v", r.Method, r.Host, r.Header)
			}
			s.ServeHTTP(w, r)
		}, 1)
		if err := session.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := session.Token(t.Context()); !errors.As(err, new(*login.RequiredError)) {
			t.Errorf("Token: %v", err)
		}
		if again, err := other.Token(t.Context()); err != nil || again != token {
			t.Errorf("Token of another process, which has it in memory: %v, %v", again, err)
		}
		if _, err := other.Refresh(t.Context(), token.AccessToken); !errors.As(err, new(*login.RequiredError)) {
			t.Errorf("Refresh of another process: %v", err)
		}
		if n := count(s, "Logout"); n != 1 {
			t.Errorf("%d calls of the portal", n)
		}
		if err := session.Logout(t.Context()); err != nil || count(s, "Logout") != 1 {
			t.Errorf("Logout again: %v, %d calls of the portal", err, count(s, "Logout"))
		}
		// What was registered is still there for the next sign-in.
		if _, err := session.Login(t.Context()); err != nil || count(s, "RegisterClient") != 1 {
			t.Errorf("Login again: %v, %d registrations", err, count(s, "RegisterClient"))
		}
	})
}

// TestLogoutUnreadable: an entry that can't be read is not removed, and the
// caller is told. The session is ended at the portal if its token is known.
func TestLogoutUnreadable(t *testing.T) {
	t.Parallel()
	for _, inMemory := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := approving()
			cfg := config(s)
			f := &faulty{Store: cfg.Cache}
			cfg.Cache = f
			session, _ := signIn(t, cfg)
			if !inMemory {
				session = newSession(t, cfg)
			}
			f.load = errors.New("unreadable")
			var cache *login.CacheError
			if err := session.Logout(t.Context()); !errors.As(err, &cache) || !errors.Is(err, f.load) {
				t.Errorf("Logout: %v", err)
			}
			if ended := count(s, "Logout") == 1; ended != inMemory {
				t.Errorf("with the token in memory %t: ended at the portal %t", inMemory, ended)
			}
			stored(t, f.Store) // is there
		})
	}
}

// TestLogoutOfNobody leaves no trace.
func TestLogoutOfNobody(t *testing.T) {
	t.Parallel()
	s := approving()
	cfg := config(s)
	folder := filepath.Join(t.TempDir(), "cache")
	cfg.Cache = tokencache.Dir{Path: folder}
	if err := newSession(t, cfg).Logout(t.Context()); err != nil || len(s.Requests()) != 0 {
		t.Errorf("Logout: %v, %d requests", err, len(s.Requests()))
	}
	if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the folder: %v", err)
	}
}

// TestLogoutAtPortal: what the portal answers.
func TestLogoutAtPortal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"unknown session", status(401, `{"message":"no"}`), ""},
		{"failure", status(500, "x"), "login: the session dev may live on at the portal (its access token until 2000-01-01 01:00 UTC); to end it, sign out in the browser at " + startURL + ": the portal answered with status 500"},
		{"redirect", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://evil.example/")
			w.WriteHeader(307)
		}, "login: the session dev may live on at the portal (its access token until 2000-01-01 01:00 UTC); to end it, sign out in the browser at " + startURL + ": the portal answered with status 307"},
		{"dropped", drop, "login: the session dev may live on at the portal (its access token until 2000-01-01 01:00 UTC); to end it, sign out in the browser at " + startURL + ": no answer from the portal: " +
			`Post "https://portal.sso.us-east-1.amazonaws.com/logout": ssooidctest: the handler dropped the connection: EOF; check the network, and any endpoint or proxy (HTTPS_PROXY, AWS_ENDPOINT_URL) that is configured`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := approving()
				cfg := config(s)
				session, _ := signIn(t, cfg)
				s.HandleNext("Logout", tt.answer, 1)
				err := session.Logout(t.Context())
				if got := errorText(err); got != tt.want {
					t.Errorf("Logout: %s, want %s", got, tt.want)
				}
				if data, err := cfg.Cache.Load(t.Context(), tokenKey); data != nil || err != nil {
					t.Errorf("in the cache: %v", err)
				}
			})
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// TestLogoutDuringRefresh: a sign-out waits for a refresh, but not for long, and what the refresh brings stays out.
func TestLogoutDuringRefresh(t *testing.T) {
	t.Parallel()
	for _, answer := range []time.Duration{time.Second, 20 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := approving()
			cfg := config(s)
			session, first := signIn(t, cfg)
			s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(answer)
				s.ServeHTTP(w, r)
			}, 1)
			go session.Refresh(t.Context(), first.AccessToken)
			synctest.Wait()
			start := time.Now()
			if err := session.Logout(t.Context()); err != nil {
				t.Error(err)
			}
			if took := time.Since(start); took > min(answer+10*time.Millisecond, 7*time.Second) {
				t.Errorf("it took %v", took)
			}
			time.Sleep(time.Minute)
			if data, err := cfg.Cache.Load(t.Context(), tokenKey); data != nil || err != nil {
				t.Errorf("in the cache: %v", err)
			}
			if token, err := session.Token(t.Context()); !errors.As(err, new(*login.RequiredError)) {
				t.Errorf("Token: %v, %v", token, err)
			}
		})
	}
}

// TestLogoutDuringSave: a sign-out waits for a refresh that is just saving, or its session would come back; also where the
// refresh has taken so long that the sign-out no longer waits for its lock.
func TestLogoutDuringSave(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ answer, save time.Duration }{{0, time.Second}, {4800 * time.Millisecond, 300 * time.Millisecond}} {
		synctest.Test(t, func(t *testing.T) {
			s := approving()
			cfg := config(s)
			_, first := signIn(t, cfg)
			cfg.Cache = &slow{Store: cfg.Cache, saving: func(string) { time.Sleep(row.save) }}
			session := newSession(t, cfg)
			s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
				time.Sleep(row.answer)
				s.ServeHTTP(w, r)
			}, 1)
			go session.Refresh(t.Context(), first.AccessToken)
			synctest.Wait() // asking, or about to save
			if err := session.Logout(t.Context()); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Minute)
			if data, err := cfg.Cache.Load(t.Context(), tokenKey); data != nil || err != nil {
				t.Errorf("after an answer of %v and a save of %v, in the cache: %v", row.answer, row.save, err)
			}
		})
	}
}
