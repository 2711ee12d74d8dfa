package login_test

import (
	"context"
	"errors"
	"net/http"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestLoginAsksThoughUnreadable: a token that was there before, and could only not be read, is no reason not to ask.
func TestLoginAsksThoughUnreadable(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		_, first := signIn(t, cfg)
		f := &faulty{Store: cfg.Cache, load: errors.New("unreadable, for a moment")}
		cfg.Cache = &cancelling{Store: f, key: tokencache.TokenKey("sign-in " + tokenKey), cancel: func() { f.load = nil }}
		if token, err := newSession(t, cfg).Login(t.Context()); err != nil || token == first {
			t.Errorf("Login: %v, %v", token, err)
		}
	})
}

// TestBrokenStore: what a store that fails does, and does not do. There is one warning, however much fails.
func TestBrokenStore(t *testing.T) {
	t.Parallel()
	broken := errors.New("read-only file system")
	tests := []struct {
		name  string
		store faulty
	}{
		{"no locks", faulty{lock: syscall.ENOLCK}},
		{"nothing can be saved", faulty{save: broken}},
		{"read-only", faulty{save: broken, lock: broken, delete: broken}},
		{"nothing works", faulty{load: broken, save: broken, lock: broken, delete: broken}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := approving()
				var log logs
				cfg := config(s)
				tt.store.Store = cfg.Cache
				cfg.Cache, cfg.Logger = &tt.store, log.logger()
				session, token := signIn(t, cfg)
				for range 3 { // each with the refresh token of the one before: the service is strict
					time.Sleep(2 * time.Hour)
					next, err := session.Token(t.Context())
					if err != nil || next.AccessToken == token.AccessToken {
						t.Fatalf("Token: %v, %v", next, err)
					}
					token = next
				}
				refreshed, err := session.Refresh(t.Context(), token.AccessToken)
				if err != nil || refreshed.AccessToken == token.AccessToken {
					t.Fatalf("Refresh: %v, %v", refreshed, err)
				}
				if n := log.count("level=WARN"); n != 1 {
					t.Errorf("%d warnings:\n%s", n, log.String())
				}
				err = session.Logout(t.Context())
				if (err != nil) != (tt.store.delete != nil) || err != nil && !errors.Is(err, broken) {
					t.Errorf("Logout: %v", err)
				}
				if tt.store.load == nil && tt.store.delete != nil {
					return // the session is still there
				}
				if _, err := session.Token(t.Context()); !errors.As(err, new(*login.RequiredError)) {
					t.Errorf("Token after Logout: %v", err)
				}
				checkNoSecret(t, s, log.String())
			})
		})
	}
}

// TestUnsavedIsTold: that the cache can't be read does not say that a token is lost.
func TestUnsavedIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logs
		cfg := config(approving())
		f := &faulty{Store: cfg.Cache, load: errors.New("no permission")}
		cfg.Cache, cfg.Logger = f, log.logger()
		session := newSession(t, cfg)
		if _, err := session.Token(t.Context()); err == nil || log.count("level=WARN") != 1 {
			t.Errorf("Token: %v, log:\n%s", err, log.String())
		}
		f.save = errors.New("disk full")
		for range 2 {
			if _, err := session.Login(t.Context()); err != nil || log.count("level=WARN") != 2 || log.count("level=WARN", "token, which is lost", "disk full") != 1 {
				t.Errorf("Login: %v, log:\n%s", err, log.String())
			}
		}
	})
}

// TestBrokenForAWhile: a token that could not be saved is kept, until the store has another; then that one counts.
func TestBrokenForAWhile(t *testing.T) {
	t.Parallel()
	for _, another := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := approving()
			cfg := config(s)
			f := &faulty{Store: cfg.Cache}
			cfg.Cache = f
			session, first := signIn(t, cfg)
			f.save = errors.New("disk full")
			second, err := session.Refresh(t.Context(), first.AccessToken)
			if err != nil {
				t.Fatal(err)
			}
			f.save = nil
			if another {
				store(t, f, tokencache.Token{AccessToken: "another", ExpiresAt: time.Now().Add(time.Hour)})
			}
			f.load = errors.New("unreadable, for a moment")
			if another {
				f.load = nil
			}
			third, err := session.Refresh(t.Context(), second.AccessToken)
			f.load = nil
			if err != nil || third.AccessToken == second.AccessToken || (third.AccessToken == "another") != another {
				t.Errorf("Refresh: %v, %v", third, err)
			}
			if got := stored(t, f); got.AccessToken != third.AccessToken {
				t.Errorf("in the cache: %v", got)
			}
			// What was kept meanwhile is no longer good for anything.
			f.load = errors.New("unreadable again")
			if token, err := session.Refresh(t.Context(), third.AccessToken); !errors.As(err, new(*login.RequiredError)) {
				t.Errorf("Refresh from an unreadable cache: %v, %v", token, err)
			}
		})
	}
}

// TestLoginSavesWhenCancelled: a token that the service has issued is not lost to a context that ends just then.
func TestLoginSavesWhenCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{})
		cfg := config(s)
		ctx, cancel := context.WithCancel(t.Context())
		cfg.Prompt = func(_ context.Context, c login.Challenge) error {
			must(t, s.Approve(c.UserCode))
			return nil
		}
		cfg.Cache = &cancelling{Store: cfg.Cache, key: tokenKey, cancel: cancel}
		token, err := newSession(t, cfg).Login(ctx)
		if err != nil || stored(t, cfg.Cache).AccessToken != token.AccessToken {
			t.Errorf("Login: %v, %v", token, err)
		}
	})
}

// cancelling calls a function, such as a context's, when a key is locked.
type cancelling struct {
	tokencache.Store
	key    string
	cancel func()
}

func (c *cancelling) TryLock(ctx context.Context, key string) (func(), bool, error) {
	if key == c.key {
		c.cancel()
	}
	return c.Store.TryLock(ctx, key)
}

// nilStore returns what is there as nil where it is empty, as some databases do.
type nilStore struct{ tokencache.Memory }

func (s *nilStore) Load(ctx context.Context, key string) ([]byte, error) {
	data, err := s.Memory.Load(ctx, key)
	if len(data) == 0 {
		data = nil
	}
	return data, err
}

// TestEmptyEntry: an empty entry is a torn one, and not a sign-out. Another tool may be writing a sign-in there, so a refresh
// leaves it alone, and this session goes on by itself until that is done.
func TestEmptyEntry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		cfg.Cache = new(nilStore)
		session, _ := signIn(t, cfg)
		time.Sleep(2 * time.Hour)
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			must(t, cfg.Cache.Save(context.Background(), tokenKey, nil)) // by a tool that begins to write
			s.ServeHTTP(w, r)
		}, 1)
		token, err := session.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // also when it is due again
			if data, err := cfg.Cache.Load(t.Context(), tokenKey); err != nil || data != nil {
				t.Errorf("in the cache: %q, %v", data, err)
			}
			if _, err := newSession(t, cfg).Token(t.Context()); !errors.As(err, new(*login.RequiredError)) {
				t.Errorf("Token of another session: %v", err)
			}
			time.Sleep(time.Hour)
			next, err := session.Token(t.Context())
			if err != nil || next.AccessToken == token.AccessToken {
				t.Errorf("Token: %v, %v", next, err)
			}
			token = next
		}
		theirs := tokencache.Token{StartURL: startURL, Region: region, AccessToken: "theirs", ExpiresAt: time.Now().Add(time.Hour)}
		store(t, cfg.Cache, theirs)
		time.Sleep(10 * time.Second)
		if token, err := session.Token(t.Context()); err != nil || token.AccessToken != "theirs" {
			t.Errorf("when the tool is done: %v, %v", token, err)
		}
	})
}
