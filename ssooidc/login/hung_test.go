package login_test

import (
	"context"
	"errors"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// hung is a store whose next Load for which hangs returns true waits for its context: that of a lost connection.
type hung struct {
	tokencache.Store
	hangs func() bool
}

func (h *hung) Load(ctx context.Context, key string) ([]byte, error) {
	if h.hangs() {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return h.Store.Load(ctx, key)
}

// TestHungLoad: whichever of a refresh's looks into the cache hangs, the session can be used again within a minute, and a
// token that is valid yet comes in five seconds.
func TestHungLoad(t *testing.T) {
	t.Parallel()
	for _, age := range []time.Duration{56 * time.Minute, 2 * time.Hour} {
		for which := 1; which <= 3; which++ { // before the lock, with the lock, before the save
			synctest.Test(t, func(t *testing.T) {
				s := approving()
				cfg := config(s)
				var loads atomic.Int32
				h := &hung{cfg.Cache, func() bool { return false }}
				cfg.Cache = h
				session, first := signIn(t, cfg)
				time.Sleep(age)
				h.hangs = func() bool { return loads.Add(1) == int32(which) }
				ctx, cancel := context.Background(), context.CancelFunc(func() {})
				if age > time.Hour && which == 1 { // the caller's own look, which may ask for a passphrase
					ctx, cancel = context.WithTimeout(ctx, 10*time.Second)
				}
				defer cancel()
				start := time.Now()
				token, err := session.Token(ctx)
				took := time.Since(start)
				switch isValid := age < time.Hour; {
				case isValid && (err != nil || token != first || took > 5*time.Second):
					t.Errorf("load %d hangs: %v, %v after %v", which, token, err, took)
				case !isValid && (took > time.Minute || errors.As(err, new(*login.RequiredError)) || errors.Is(err, context.DeadlineExceeded) != (which == 1)):
					t.Errorf("load %d hangs: %v after %v", which, err, took)
				}
				must(t, session.Close())
				time.Sleep(10 * time.Second)
				token, err = session.Token(context.Background())
				if err != nil || token.AccessToken == first.AccessToken || stored(t, cfg.Cache).AccessToken != token.AccessToken {
					t.Errorf("after load %d has hung: %v, %v", which, token, err)
				}
			})
		}
	}
}

// TestHungWhileLocked: a cache that hangs just when the wait for another process's lock is over.
func TestHungWhileLocked(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(approving())
		h := &hung{cfg.Cache, func() bool { return false }}
		cfg.Cache = h
		session, first := signIn(t, cfg)
		time.Sleep(2 * time.Hour)
		unlock := holdLock(t, h.Store, tokenKey)
		from := time.Now().Add(20 * time.Second)
		h.hangs = func() bool { return time.Now().After(from) && time.Now().Before(from.Add(time.Minute)) }
		start := time.Now()
		if token, err := session.Token(t.Context()); !errors.As(err, new(*login.CacheError)) || time.Since(start) > time.Minute {
			t.Errorf("Token: %v, %v after %v", token, err, time.Since(start))
		}
		unlock()
		time.Sleep(2 * time.Minute)
		if token, err := session.Token(t.Context()); err != nil || token.AccessToken == first.AccessToken {
			t.Errorf("later: %v, %v", token, err)
		}
	})
}

// TestDeafStore: callers leave when their contexts end though the store looks at
// none, as a file on a network does not. They take the token if it is valid.
func TestDeafStore(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		age      time.Duration
		patience time.Duration // of the caller; 0: for good
		want     time.Duration
		ok       bool
	}{
		{"an expired token", 2 * time.Hour, 100 * time.Millisecond, 100 * time.Millisecond, false},
		{"an expired token, for good", 2 * time.Hour, 0, time.Minute, true},
		{"a valid token", 56 * time.Minute, 100 * time.Millisecond, 100 * time.Millisecond, true},
		{"a valid token, for good", 56 * time.Minute, 0, 5 * time.Second, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := config(approving())
				slow := &slow{Store: cfg.Cache}
				cfg.Cache = slow
				session, _ := signIn(t, cfg)
				time.Sleep(tt.age)
				slow.loaded = func(string) { time.Sleep(20 * time.Second) }
				ctx := context.Background()
				if tt.patience > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.patience)
					defer cancel()
				}
				start := time.Now()
				token, err := session.Token(ctx)
				if took := time.Since(start); (err == nil) != tt.ok || took != tt.want {
					t.Errorf("Token: %v, %v after %v", token, err, took)
				}
				must(t, session.Close())
			})
		})
	}
}

// TestSlowCacheAndSlowService: five seconds are for both together.
func TestSlowCacheAndSlowService(t *testing.T) {
	t.Parallel()
	for _, takes := range []time.Duration{time.Second, 4 * time.Second} {
		for _, mayLeave := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				s := approving()
				cfg := config(s)
				_, first := signIn(t, cfg)
				time.Sleep(56 * time.Minute)
				s.HandleNext("CreateToken", hang, 9)
				cfg.Cache = &slow{Store: cfg.Cache, loaded: func(string) { time.Sleep(takes) }}
				ctx, cancel := context.Background(), context.CancelFunc(func() {})
				if mayLeave {
					ctx, cancel = context.WithCancel(ctx)
				}
				defer cancel()
				session := newSession(t, cfg)
				start := time.Now()
				if token, err := session.Token(ctx); err != nil || token != first || time.Since(start) != 5*time.Second {
					t.Errorf("with a cache that takes %v: %v, %v after %v", takes, token, err, time.Since(start))
				}
				time.Sleep(6 * time.Minute) // the refresh has ended
			})
		}
	}
}

// TestSlowServiceAndTokenInTheFile: who finds a valid token in the cache does not wait for a service that does not answer
// either.
func TestSlowServiceAndTokenInTheFile(t *testing.T) {
	t.Parallel()
	for patience, want := range map[time.Duration]time.Duration{time.Hour: 5 * time.Second, 2 * time.Second: 2 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := approving()
			cfg := config(s)
			_, first := signIn(t, cfg)
			time.Sleep(56 * time.Minute)
			s.HandleNext("CreateToken", hang, 9)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			start := time.Now()
			session := newSession(t, cfg)
			if token, err := session.Token(ctx); err != nil || token != first || time.Since(start) != want {
				t.Errorf("who would wait for %v: %v, %v after %v", patience, token, err, time.Since(start))
			}
			if err := session.Close(); err == nil {
				t.Error("Close does not tell of the refresh that is still under way")
			}
			time.Sleep(6 * time.Minute) // it has ended
		})
	}
}

// TestHungWhileForgetting: a caller whose time is over does not wait for a store that hangs for ever.
func TestHungWhileForgetting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		h := &hung{cfg.Cache, func() bool { return false }}
		cfg.Cache = h
		session, _ := signIn(t, cfg)
		s.FailNext("CreateToken", "AuthorizationPendingException", 1000)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		h.hangs = func() bool { return ctx.Err() != nil }
		start := time.Now()
		if _, err := session.Login(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 2*time.Minute {
			t.Errorf("after %v: %v", time.Since(start), err)
		}
	})
}

// TestSlowServiceAndValidToken: who has a valid token does not wait for a service that does not answer.
func TestSlowServiceAndValidToken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		session, first := signIn(t, config(s))
		time.Sleep(56 * time.Minute)
		s.HandleNext("CreateToken", hang, 1)
		start := time.Now()
		if token, err := session.Token(t.Context()); err != nil || token != first || time.Since(start) > 5*time.Second {
			t.Errorf("after %v: %v, %v", time.Since(start), token, err)
		}
		time.Sleep(6 * time.Minute) // the refresh has ended, and the service is back
		if token, err := session.Token(t.Context()); err != nil || token.AccessToken == first.AccessToken {
			t.Errorf("later: %v, %v", token, err)
		}
	})
}

// TestSlowPrompt: a token is in the cache as soon as it is there, and not only when the prompt has returned.
func TestSlowPrompt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{})
		cfg := config(s)
		cfg.Prompt = func(ctx context.Context, c login.Challenge) error {
			must(t, s.Approve(c.UserCode))
			<-ctx.Done()
			time.Sleep(time.Hour)
			return nil
		}
		done := make(chan struct{})
		go func() { defer close(done); signIn(t, cfg) }()
		time.Sleep(time.Minute)
		if stored(t, cfg.Cache).AccessToken == "" {
			t.Error("there is no token in the cache")
		}
		<-done
	})
}

// TestRefusedTokenAgain: Refresh never returns the token that was refused.
func TestRefusedTokenAgain(t *testing.T) {
	t.Parallel()
	m := &mock{token: func(int) (*ssooidc.CreateTokenResponse, error) {
		return &ssooidc.CreateTokenResponse{AccessToken: "same", RefreshToken: "r", ExpiresIn: 3600}, nil
	}}
	session, first := signIn(t, mockConfig(m))
	if token, err := session.Refresh(t.Context(), first.AccessToken); err == nil || token.AccessToken != "" {
		t.Errorf("got %v, %v", token, err)
	}
}

// TestOneSignInWithoutLocks: where the cache has no locks, the goroutines of one session still share a sign-in.
func TestOneSignInWithoutLocks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{})
		cfg := config(s)
		cfg.Cache = &faulty{Store: cfg.Cache, lock: syscall.ENOLCK}
		var prompts atomic.Int32
		cfg.Prompt = func(_ context.Context, c login.Challenge) error {
			prompts.Add(1)
			time.AfterFunc(time.Second, func() { _ = s.Approve(c.UserCode) })
			return nil
		}
		session := newSession(t, cfg)
		ended := make(chan error)
		for range 5 {
			go func() { _, err := session.Login(t.Context()); ended <- err }()
		}
		for range 5 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if n := prompts.Load(); n != 1 {
			t.Errorf("%d prompts", n)
		}
	})
}

// TestRefreshableUntilWhen: a token whose registration ends before it does can't be refreshed when it has expired.
func TestRefreshableUntilWhen(t *testing.T) {
	t.Parallel()
	for lives, want := range map[time.Duration]bool{30 * time.Minute: false, 2 * time.Hour: true} {
		cfg := config(approving())
		signIn(t, cfg)
		token := stored(t, cfg.Cache)
		token.RegistrationExpiresAt = time.Now().Add(lives)
		store(t, cfg.Cache, token)
		if got, err := newSession(t, cfg).Token(t.Context()); err != nil || got.Refreshable != want {
			t.Errorf("with a registration for %v: refreshable %t, %v", lives, got.Refreshable, err)
		}
	}
}

// TestUnreadableForAMoment: a cache that can't be read for a moment does not put off the refresh of a token that is due.
func TestUnreadableForAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		f := &faulty{Store: cfg.Cache}
		cfg.Cache = f
		session, first := signIn(t, cfg)
		time.Sleep(56 * time.Minute)
		f.load = syscall.EMFILE
		if token, err := session.Token(t.Context()); err != nil || token != first {
			t.Errorf("unreadable: %v, %v", token, err)
		}
		f.load = nil
		time.Sleep(time.Minute)
		if token, err := session.Token(t.Context()); err != nil || token.AccessToken == first.AccessToken {
			t.Errorf("readable again: %v, %v", token, err)
		}
	})
}
