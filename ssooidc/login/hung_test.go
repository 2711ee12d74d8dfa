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

// TestHungLoad: whichever of a refresh's looks into the cache hangs, the session can be used again within a minute.
func TestHungLoad(t *testing.T) {
	t.Parallel()
	for which := 1; which <= 3; which++ { // before the lock, with the lock, before the save
		synctest.Test(t, func(t *testing.T) {
			s := approving()
			cfg := config(s)
			loads := 0
			h := &hung{cfg.Cache, func() bool { return false }}
			cfg.Cache = h
			session, first := signIn(t, cfg)
			time.Sleep(2 * time.Hour)
			h.hangs = func() bool { loads++; return loads == which }
			start := time.Now()
			if _, err := session.Token(context.Background()); err != nil && !errors.Is(err, context.DeadlineExceeded) || errors.As(err, new(*login.RequiredError)) {
				t.Errorf("load %d hangs: %v", which, err)
			}
			if took := time.Since(start); took > time.Minute {
				t.Errorf("load %d hangs: it took %v", which, took)
			}
			token, err := session.Token(context.Background())
			if err != nil || token.AccessToken == first.AccessToken || stored(t, cfg.Cache).AccessToken != token.AccessToken {
				t.Errorf("after load %d has hung: %v, %v", which, token, err)
			}
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
		time.Sleep(time.Minute) // the refresh has ended, and the service is back
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

// TestDiskFullForAMoment: a session is not lost to the other processes because a disk was full for a moment.
func TestDiskFullForAMoment(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(approving())
		f := &failingSaves{Store: cfg.Cache}
		cfg.Cache = f
		session, _ := signIn(t, cfg)
		time.Sleep(2 * time.Hour)
		f.left = 2
		token, err := session.Token(t.Context())
		if err != nil || stored(t, cfg.Cache).AccessToken != token.AccessToken {
			t.Errorf("%v, %v; in the cache: %v", token, err, stored(t, cfg.Cache))
		}
	})
}

// failingSaves is a store on a disk that is full for the next saves.
type failingSaves struct {
	tokencache.Store
	left int
}

func (f *failingSaves) Save(ctx context.Context, key string, data []byte) error {
	if f.left > 0 {
		f.left--
		return syscall.ENOSPC
	}
	return f.Store.Save(ctx, key, data)
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
