package login_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// holdLock takes a lock as another process would.
func holdLock(t testing.TB, store tokencache.Store, key string) (unlock func()) {
	t.Helper()
	unlock, ok, err := store.TryLock(t.Context(), key)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return unlock
}

// TestTokenLockHeld: another process holds the token's lock.
func TestTokenLockHeld(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		age      time.Duration // of the token
		release  time.Duration // after which the other lets go; 0: never
		saves    time.Duration // after which it has saved a new token; 0: never
		takes    time.Duration
		same     bool // the old token comes
		locked   bool // *LockError
		requests int  // of ours
	}{
		{name: "valid", age: 54 * time.Minute, same: true},
		{name: "due", age: 55 * time.Minute, same: true},
		{name: "expired, never released", age: time.Hour, takes: 30 * time.Second, locked: true},
		{name: "expired, released", age: time.Hour, release: 2 * time.Second, takes: 2 * time.Second, requests: 1},
		{name: "expired, saved and released", age: time.Hour, saves: time.Second, release: time.Second, takes: time.Second},
		{name: "expired, saved and not released", age: time.Hour, saves: time.Second, takes: time.Second},
		{name: "expired, released in time", age: time.Hour, release: 29 * time.Second, takes: 29 * time.Second, requests: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := approving()
				cfg := config(s)
				session, first := signIn(t, cfg)
				time.Sleep(tt.age)
				unlock := holdLock(t, cfg.Cache, tokenKey)
				if tt.release > 0 {
					time.AfterFunc(tt.release-1, unlock)
				}
				if tt.saves > 0 {
					time.AfterFunc(tt.saves-1, func() {
						store(t, cfg.Cache, tokencache.Token{AccessToken: "theirs", ExpiresAt: time.Now().Add(time.Hour)})
					})
				}
				start := time.Now()
				token, err := session.Token(t.Context())
				if took := time.Since(start); took != tt.takes {
					t.Errorf("it took %v, want %v", took, tt.takes)
				}
				var locked *login.LockError
				if errors.As(err, &locked) != tt.locked || tt.locked != (err != nil) {
					t.Errorf("Token: %v, %v", token, err)
				}
				if tt.locked && (locked.Lock != tokenKey || !strings.Contains(err.Error(), tokenKey) || locked.Session != "dev" || locked.Waited != 30*time.Second ||
					errors.As(err, new(*login.RequiredError)) || errors.Is(err, context.DeadlineExceeded)) {
					t.Errorf("Token: %#v, %v", locked, err)
				}
				if (token == first) != tt.same || (token.AccessToken == "theirs") != (tt.saves > 0) || refreshes(s) != tt.requests {
					t.Errorf("Token: %v, %v, %d refreshes", token, err, refreshes(s))
				}
			})
		})
	}
}

// TestSignInLockHeld: a sign-in that hangs holds up no one but another sign-in, and that one only as long as it likes.
func TestSignInLockHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		var log logs
		cfg.Logger = log.logger()
		session, first := signIn(t, cfg)
		other := newSession(t, cfg)
		asked := make(chan struct{})
		otherCfg := cfg
		otherCfg.Prompt = func(ctx context.Context, _ login.Challenge) error {
			close(asked)
			<-ctx.Done()
			return nil
		}
		s.FailNext("CreateToken", "AuthorizationPendingException", 1000)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			_, err := newSession(t, otherCfg).Login(ctx)
			ended <- err
		}()
		<-asked

		for name, session := range map[string]*scanned{"of this one": session, "of another": other} {
			start := time.Now()
			if token, err := session.Token(t.Context()); err != nil || token != first || time.Since(start) != 0 {
				t.Errorf("the token %s: %v, %v, after %v", name, token, err, time.Since(start))
			}
		}
		wait, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		start := time.Now()
		_, err := session.Login(wait)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(fmt.Sprint(err), "another sign-in to the same session") || time.Since(start) != time.Minute {
			t.Errorf("Login beside another: %v, after %v", err, time.Since(start))
		}
		if n := log.count("waiting for another sign-in"); n != 1 {
			t.Errorf("%d lines in the log:\n%s", n, log.String())
		}
		// With another program the person has signed in after all.
		elsewhere := cfg
		elsewhere.Cache, elsewhere.Client = new(tokencache.Memory), &mock{token: func(int) (*ssooidc.CreateTokenResponse, error) {
			return &ssooidc.CreateTokenResponse{AccessToken: "theirs", ExpiresIn: 3600}, nil
		}}
		time.AfterFunc(time.Second-1, func() {
			signIn(t, elsewhere)
			data, err := elsewhere.Cache.Load(t.Context(), tokenKey)
			must(t, err)
			put(t, cfg.Cache, tokenKey, data)
		})
		start = time.Now()
		if token, err := session.Login(t.Context()); err != nil || token.AccessToken != "theirs" || time.Since(start) != time.Second {
			t.Errorf("Login beside another: %v, %v, after %v", token, err, time.Since(start))
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		synctest.Wait() // a poll that was cancelled may arrive yet
		requests := len(s.Requests())
		if _, err := session.Login(ctx); !errors.Is(err, context.Canceled) || len(s.Requests()) != requests || log.count("level=WARN") != 0 {
			t.Errorf("Login of one who had left before: %v\n%s", err, log.String())
		}
	})
}

// TestOneSignIn: many sign in at once, and a person is asked once. Who comes later asks again.
func TestOneSignIn(t *testing.T) {
	t.Parallel()
	for _, sessions := range []string{"one session", "sessions of their own"} {
		t.Run(sessions, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ssooidctest.New(ssooidctest.Options{})
				cfg := config(s)
				var seen prompts
				cfg.Prompt = func(ctx context.Context, c login.Challenge) error {
					time.AfterFunc(time.Second/2, func() { must(t, s.Approve(c.UserCode)) })
					return seen.prompt(ctx, c)
				}
				session := newSession(t, cfg)
				for round := 1; round <= 2; round++ {
					var wg sync.WaitGroup
					var mu sync.Mutex
					tokens := map[login.Token]bool{}
					for range 20 {
						session := session
						if sessions != "one session" {
							session = newSession(t, cfg)
						}
						wg.Go(func() {
							token, err := session.Login(t.Context())
							if err != nil {
								t.Error(err)
							}
							if again, err := session.Token(t.Context()); err != nil || again != token {
								t.Errorf("Token: %v, %v", again, err)
							}
							mu.Lock()
							defer mu.Unlock()
							tokens[token] = true
						})
					}
					wg.Wait()
					if n := len(seen.all()); n != round || len(tokens) != 1 {
						t.Fatalf("round %d: %d prompts, %d tokens", round, n, len(tokens))
					}
				}
			})
		})
	}
}

// TestNextInLine: when the sign-in that others wait for fails, the next one asks.
func TestNextInLine(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{})
		cfg := config(s)
		var seen prompts
		cfg.Prompt = func(ctx context.Context, c login.Challenge) error {
			n := len(seen.all())
			time.AfterFunc(time.Second, func() {
				if n == 0 {
					must(t, s.Deny(c.UserCode))
				} else {
					must(t, s.Approve(c.UserCode))
				}
			})
			return seen.prompt(ctx, c)
		}
		var denied, ok int
		var mu sync.Mutex
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				_, err := newSession(t, cfg).Login(t.Context())
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					ok++
				case errors.Is(err, login.ErrDenied):
					denied++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(seen.all()) != 2 || denied != 1 || ok != 4 {
			t.Errorf("%d prompts, %d denied, %d signed in", len(seen.all()), denied, ok)
		}
	})
}

// TestLoginDuringRefresh: a sign-in is neither overwritten in the cache nor in memory by a refresh that began before it.
func TestLoginDuringRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		session, first := signIn(t, cfg)
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(20 * time.Second)
			s.ServeHTTP(w, r)
		}, 1)
		go session.Refresh(t.Context(), first.AccessToken)
		synctest.Wait()
		second, err := session.Login(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if token, err := session.Token(t.Context()); err != nil || token != second {
			t.Errorf("Token: %v, %v", token, err)
		}
		if got := stored(t, cfg.Cache); got.AccessToken != second.AccessToken {
			t.Errorf("in the cache: %v", got)
		}
	})
}

// TestLoginDuringSave: a sign-in that no longer waits for the lock of a refresh is not overwritten by what that has looked at
// the cache before, and saves after it.
func TestLoginDuringSave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		_, first := signIn(t, cfg)
		slowly := cfg
		slowly.Cache = &slow{Store: cfg.Cache, saving: func(string) { time.Sleep(700 * time.Millisecond) }}
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(4800 * time.Millisecond)
			s.ServeHTTP(w, r)
		}, 1)
		go newSession(t, slowly).Refresh(t.Context(), first.AccessToken)
		synctest.Wait()
		second, err := newSession(t, cfg).Login(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if got := stored(t, cfg.Cache); got.AccessToken != second.AccessToken {
			t.Errorf("in the cache: %v", got)
		}
	})
}

// TestLoginAsksAfterRefresh: what somebody has refreshed just before a sign-in gets its lock is no sign-in to wait for.
func TestLoginAsksAfterRefresh(t *testing.T) {
	t.Parallel()
	s := approving()
	cfg := config(s)
	session, first := signIn(t, cfg)
	cfg.Cache = &cancelling{Store: cfg.Cache, key: tokencache.TokenKey("sign-in " + tokenKey), cancel: func() {
		if _, err := session.Refresh(t.Context(), first.AccessToken); err != nil {
			t.Error(err)
		}
	}}
	if _, err := newSession(t, cfg).Login(t.Context()); err != nil || count(s, "StartDeviceAuthorization") != 2 {
		t.Errorf("Login: %v; %d sign-ins", err, count(s, "StartDeviceAuthorization"))
	}
}

// TestClose: a program that ends can wait for a refresh that its callers have left.
func TestClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		session, first := signIn(t, cfg)
		must(t, session.Close()) // for nothing
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(2 * time.Second)
			s.ServeHTTP(w, r)
		}, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := session.Refresh(ctx, first.AccessToken); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Refresh: %v", err)
		}
		start := time.Now()
		must(t, session.Close())
		if took := time.Since(start).Round(100 * time.Millisecond); took != time.Second || stored(t, cfg.Cache).AccessToken == first.AccessToken {
			t.Errorf("after %v, in the cache: %v", took, stored(t, cfg.Cache))
		}
	})
}
