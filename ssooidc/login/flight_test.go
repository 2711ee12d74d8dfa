package login_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestJoinedForAnotherToken: a caller who was refused a token does not get it from a refresh that another caller began.
func TestJoinedForAnotherToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		_, first := signIn(t, cfg)
		cfg.Cache = &slow{Store: cfg.Cache, loaded: func(string) { time.Sleep(time.Second) }}
		session := newSession(t, cfg)
		go session.Refresh(t.Context(), "another")
		synctest.Wait() // the cache is being read
		if token, err := session.Refresh(t.Context(), first.AccessToken); err != nil || token == first {
			t.Errorf("Refresh: %v, %v", token, err)
		}
	})
}

// TestJoinedAFailure: a caller of Token does not get the failure of a refresh for a token that another caller was refused.
func TestJoinedAFailure(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		_, first := signIn(t, cfg)
		session := newSession(t, cfg)
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			status(400, `{"error":"invalid_request"}`)(w, r)
		}, 1)
		go session.Refresh(t.Context(), first.AccessToken)
		synctest.Wait() // at the service
		if token, err := session.Token(t.Context()); err != nil || token != first {
			t.Errorf("Token: %v, %v", token, err)
		}
	})
}

// TestLeaveDuringLook: a caller who leaves while the cache is read is no reason not to refresh for the next one.
func TestLeaveDuringLook(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{56 * time.Minute, 2 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := approving()
			cfg := config(s)
			leaving := &leaving{Store: cfg.Cache}
			cfg.Cache = leaving
			session, first := signIn(t, cfg)
			time.Sleep(age)
			ctx, leave := context.WithCancel(t.Context())
			leaving.leave = leave
			token, err := session.Token(ctx)
			if isValid := age < time.Hour; isValid && err != nil || !isValid && err != nil && !errors.Is(err, context.Canceled) {
				t.Errorf("after %v, Token: %v, %v", age, token, err)
			}
			must(t, session.Close())
			if token, err := session.Token(t.Context()); err != nil || token.AccessToken == first.AccessToken || refreshes(s) != 1 {
				t.Errorf("after %v, Token for the next one: %v, %v, %d refreshes", age, token, err, refreshes(s))
			}
		})
	}
}

// leaving is a store whose caller leaves during the next Load.
type leaving struct {
	tokencache.Store
	leave func()
}

func (l *leaving) Load(ctx context.Context, key string) ([]byte, error) {
	if leave := l.leave; leave != nil {
		l.leave = nil
		leave()
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
	}
	return l.Store.Load(ctx, key)
}

// TestLookedBeforeSignOut: what was read from the cache before a sign-out does not come back to memory after it.
func TestLookedBeforeSignOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		signIn(t, cfg)
		var second atomic.Bool
		cfg.Cache = &slow{Store: cfg.Cache, loaded: func(string) {
			if !second.Swap(true) {
				time.Sleep(time.Minute)
			}
		}}
		session := newSession(t, cfg)
		go session.Token(t.Context())
		synctest.Wait()
		if err := session.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		if token, err := session.Token(t.Context()); !errors.As(err, new(*login.RequiredError)) {
			t.Errorf("Token: %v, %v", token, err)
		}
	})
}

// TestRefused: Refresh never returns the refused token, and asks the service only if nobody has got another one.
func TestRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		session, first := signIn(t, cfg)
		other := newSession(t, cfg) // another process
		check := func(step string, s1 *scanned, refused string, want string, n int) login.Token {
			t.Helper()
			token, err := s1.Refresh(t.Context(), refused)
			if err != nil || token.AccessToken == refused || want != "" && token.AccessToken != want || refreshes(s) != n {
				t.Fatalf("%s: %v, %v, %d refreshes", step, token, err, refreshes(s))
			}
			return token
		}
		check("nothing refused", session, "", first.AccessToken, 0)
		check("another token refused", session, "x", first.AccessToken, 0)
		second := check("refused", session, first.AccessToken, "", 1)
		check("refused, and replaced by then", session, first.AccessToken, second.AccessToken, 1)
		check("refused, and replaced by another process", other, first.AccessToken, second.AccessToken, 1)
		third := check("the second refused", other, second.AccessToken, "", 2)
		check("the first again", session, first.AccessToken, second.AccessToken, 2) // in memory, and nobody has refused it here
		check("the second here too", session, second.AccessToken, third.AccessToken, 2)
		if token, err := session.Token(t.Context()); err != nil || token.AccessToken != third.AccessToken {
			t.Errorf("Token: %v, %v", token, err)
		}
	})
}

// TestRefusedConcurrently: callers who were refused different tokens, and callers of Token, at once.
func TestRefusedConcurrently(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		session, first := signIn(t, config(s))
		second, err := session.Refresh(t.Context(), first.AccessToken)
		if err != nil {
			t.Fatal(err)
		}
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			s.ServeHTTP(w, r)
		}, 100)
		var wg sync.WaitGroup
		for i := range 300 {
			refused := []string{second.AccessToken, first.AccessToken, ""}[i%3]
			wg.Go(func() {
				token, err := session.Refresh(t.Context(), refused)
				if err != nil || token.AccessToken == refused || token.AccessToken == "" {
					t.Errorf("Refresh: %v, %v", token, err)
				}
			})
		}
		wg.Wait()
		if n := refreshes(s); n != 2 { // the first one was for second
			t.Errorf("%d refreshes", n)
		}
	})
}

// TestManyGoroutines: ten thousand callers with an expired token make one request, and with nobody signed in none.
func TestManyGoroutines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		session := newSession(t, cfg)
		all := func(check func(login.Token, error)) {
			var wg sync.WaitGroup
			for range 10_000 {
				wg.Go(func() { check(session.Token(t.Context())) })
			}
			wg.Wait()
		}
		all(func(_ login.Token, err error) {
			if !errors.As(err, new(*login.RequiredError)) {
				t.Error(err)
			}
		})
		if n := len(s.Requests()); n != 0 {
			t.Errorf("%d requests", n)
		}
		if _, err := session.Login(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Hour)
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Second)
			s.ServeHTTP(w, r)
		}, 100)
		var mu sync.Mutex
		tokens := map[login.Token]int{}
		all(func(token login.Token, err error) {
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			tokens[token]++
		})
		if len(tokens) != 1 || refreshes(s) != 1 {
			t.Errorf("%d tokens, %d refreshes", len(tokens), refreshes(s))
		}
	})
}

// TestValidTokenNeverWaits: while one caller refreshes a token that is still valid, the others have it at once.
func TestValidTokenNeverWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		session, first := signIn(t, config(s))
		time.Sleep(56 * time.Minute)
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(3 * time.Second)
			s.ServeHTTP(w, r)
		}, 1)
		go session.Token(t.Context())
		synctest.Wait()
		start := time.Now()
		if token, err := session.Token(t.Context()); err != nil || token != first || time.Since(start) != 0 {
			t.Errorf("Token: %v, %v, after %v", token, err, time.Since(start))
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if token, err := session.Token(t.Context()); err != nil || token == first || refreshes(s) != 1 {
			t.Errorf("Token: %v, %v, %d refreshes", token, err, refreshes(s))
		}
	})
}

// TestLeave: a caller whose context ends leaves at once; what the service answers later is kept all the same.
func TestLeave(t *testing.T) {
	t.Parallel()
	for _, isValid := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			s := approving()
			cfg := config(s)
			session, first := signIn(t, cfg)
			time.Sleep(56 * time.Minute)
			if !isValid {
				time.Sleep(5 * time.Minute)
			}
			release := make(chan struct{})
			s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
				<-release
				s.ServeHTTP(w, r)
			}, 1)
			ctx, cancel := context.WithCancelCause(t.Context())
			gone := errors.New("the user has left")
			time.AfterFunc(time.Second, func() { cancel(gone) })
			start := time.Now()
			token, err := session.Token(ctx)
			if time.Since(start) != time.Second {
				t.Errorf("left after %v", time.Since(start))
			}
			switch {
			case isValid && (err != nil || token != first):
				t.Errorf("Token: %v, %v", token, err)
			case !isValid && (!errors.Is(err, context.Canceled) || !errors.Is(err, gone) || token != login.Token{}):
				t.Errorf("Token: %v, %v", token, err)
			}
			if _, err := newSession(t, cfg).Token(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("Token of one who had left before: %v", err)
			}
			close(release)
			synctest.Wait()
			requests := len(s.Requests())
			token, err = session.Token(t.Context())
			if err != nil || token.AccessToken == first.AccessToken || len(s.Requests()) != requests {
				t.Errorf("Token afterwards: %v, %v", token, err)
			}
			if got := stored(t, cfg.Cache); got.AccessToken != token.AccessToken {
				t.Errorf("in the cache: %v", got)
			}
		})
	}
}

// TestTokenAllocates: the token in memory costs nothing.
func TestTokenAllocates(t *testing.T) {
	s := approving()
	session, token := signIn(t, config(s))
	ctx := t.Context()
	allocs := testing.AllocsPerRun(1000, func() {
		if got, err := session.Token(ctx); err != nil || got != token {
			t.Error(got, err)
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
