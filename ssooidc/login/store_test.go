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
				if (err != nil) != (tt.store.load != nil) || err != nil && !errors.Is(err, broken) {
					t.Errorf("Logout: %v", err)
				}
				_, err = session.Token(t.Context())
				if signedOut := tt.store.load == nil; signedOut != errors.As(err, new(*login.RequiredError)) {
					t.Errorf("Token after Logout: %v", err)
				}
				checkNoSecret(t, s, log.String())
			})
		})
	}
}

// TestUnsavedIsTold: a sign-in that could not be saved is told to the program, to
// the person and to the log. An unreadable cache is no reason to sign in.
func TestUnsavedIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log logs
		cfg := config(approving())
		f := &faulty{Store: cfg.Cache, load: errors.New("no permission")}
		cfg.Cache, cfg.Logger = f, log.logger()
		var told error
		cfg.Prompt = func(ctx context.Context, _ login.Challenge) error {
			<-ctx.Done()
			told = context.Cause(ctx)
			return nil
		}
		session := newSession(t, cfg)
		var cache *login.CacheError
		_, err := session.Token(t.Context())
		if !errors.As(err, &cache) || errors.As(err, new(*login.RequiredError)) || !errors.Is(err, f.load) {
			t.Errorf("Token: %v", err)
		}
		if _, err := session.TokenOrLogin(t.Context()); !errors.As(err, &cache) || told != nil {
			t.Errorf("TokenOrLogin: %v, and asked: %v", err, told)
		}
		f.load, f.save = nil, errors.New("disk full")
		// The person has to be asked, not only the service.
		service, _ := services.Load(cfg.HTTPClient)
		service.(*ssooidctest.Service).FailNext("CreateToken", "AuthorizationPendingException", 1)
		if _, err := session.Login(t.Context()); err != nil {
			t.Errorf("Login: %v", err)
		}
		for who, err := range map[string]error{"program": session.Unsaved(), "person": told} {
			if !errors.As(err, &cache) || !errors.Is(err, f.save) {
				t.Errorf("the %s is told %v", who, err)
			}
		}
		if log.count("level=WARN", "disk full") != 1 {
			t.Errorf("log:\n%s", log.String())
		}
		f.save = nil
		must(t, session.Close())
		must(t, session.Unsaved())
		stored(t, cfg.Cache)
	})
}

// TestBrokenForAWhile: a token that could not be saved is kept, until the store
// has another. Then that one counts.
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
			} else {
				f.load = errors.New("unreadable, for a moment")
			}
			third, err := session.Refresh(t.Context(), second.AccessToken)
			f.load = nil
			if err != nil || third.AccessToken == second.AccessToken || (third.AccessToken == "another") != another {
				t.Errorf("Refresh: %v, %v", third, err)
			}
			time.Sleep(10 * time.Second)
			if token, err := session.Token(t.Context()); err != nil || token != third {
				t.Errorf("Token: %v, %v", token, err)
			}
			if got := stored(t, f); got.AccessToken != third.AccessToken {
				t.Errorf("in the cache: %v", got)
			}
			// What was kept meanwhile is of no use any more.
			f.load = errors.New("unreadable again")
			if token, err := session.Refresh(t.Context(), third.AccessToken); !errors.As(err, new(*login.CacheError)) {
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

// TestEmptyEntry: an empty entry is a torn one, and not a sign-out. Another tool may be writing a sign-in there, so a refresh
// leaves it alone, and this session goes on by itself until that is done.
func TestEmptyEntry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		session, _ := signIn(t, cfg)
		time.Sleep(2 * time.Hour)
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			put(t, cfg.Cache, tokenKey, []byte{}) // by a tool that begins to write
			s.ServeHTTP(w, r)
		}, 1)
		token, err := session.Token(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // also when it is due again
			if data, err := cfg.Cache.Load(t.Context(), tokenKey); err != nil || data == nil || len(data) > 0 {
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
