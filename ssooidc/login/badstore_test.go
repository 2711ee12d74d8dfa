package login_test

import (
	"context"
	"errors"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// bad is a store that misbehaves in one of its methods, until it is mended.
type bad struct {
	tokencache.Store
	where     string
	misbehave func()
	mended    atomic.Bool
}

func (b *bad) call(where string) {
	if where == b.where && !b.mended.Load() {
		b.misbehave()
	}
}

func (b *bad) Load(ctx context.Context, key string) ([]byte, error) {
	b.call("Load")
	return b.Store.Load(ctx, key)
}

func (b *bad) CompareAndSwap(ctx context.Context, key string, old, next []byte) (bool, error) {
	b.call("CompareAndSwap")
	return b.Store.CompareAndSwap(ctx, key, old, next)
}

func (b *bad) TryLock(ctx context.Context, key string) (func(), bool, error) {
	b.call("TryLock")
	return b.Store.TryLock(ctx, key)
}

// TestBadStore: callers leave a store that panics, or that hangs and looks at no
// context. When it comes back, no lock is held and no goroutine is left: the
// bubble would not end.
func TestBadStore(t *testing.T) {
	t.Parallel()
	for how, misbehave := range map[string]func(){
		"panics":                func() { panic("s3cret") },
		"hangs for ten minutes": func() { time.Sleep(10 * time.Minute) },
		"ends its goroutine":    runtime.Goexit,
	} {
		for _, where := range []string{"Load", "CompareAndSwap", "TryLock"} {
			for name, use := range map[string]func(*scanned, context.Context) error{
				"Token":   func(s *scanned, ctx context.Context) error { _, err := s.Token(ctx); return err },
				"Status":  func(s *scanned, ctx context.Context) error { _, err := s.Status(ctx); return err },
				"Logout":  func(s *scanned, ctx context.Context) error { return s.Logout(ctx) },
				"Refresh": func(s *scanned, ctx context.Context) error { _, err := s.Refresh(ctx, "refused"); return err },
			} {
				t.Run(how+" in "+where+", "+name, func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						cfg := config(approving())
						signIn(t, cfg)
						time.Sleep(2 * time.Hour)
						b := &bad{Store: cfg.Cache, where: where, misbehave: misbehave}
						cfg.Cache = b
						session := newSession(t, cfg)
						ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
						defer cancel()
						start := time.Now()
						err := use(session, ctx)
						if took := time.Since(start); took > 10*time.Second {
							t.Errorf("%v after %v", err, took)
						}
						b.mended.Store(true)
						time.Sleep(15 * time.Minute)
						for _, key := range []string{tokenKey, tokencache.TokenKey("sign-in " + tokenKey)} {
							holdLock(t, b, key)()
						}
						_, err = session.Token(t.Context())
						if name != "Logout" && err != nil || name == "Logout" && err != nil && !errors.As(err, new(*login.RequiredError)) {
							t.Errorf("when it is back: %v", err)
						}
					})
				})
			}
		}
	}
}

// nonsense is a store that returns anything.
type nonsense struct {
	data []byte
	ok   bool
}

func (n nonsense) Load(context.Context, string) ([]byte, error) { return n.data, nil }

func (n nonsense) CompareAndSwap(context.Context, string, []byte, []byte) (bool, error) {
	return n.ok, nil
}

func (n nonsense) TryLock(context.Context, string) (func(), bool, error) { return nil, n.ok, nil }

// TestNonsense: a store that returns nonsense is left within the limits that hold
// for any store, and a sign-in works in memory.
func TestNonsense(t *testing.T) {
	t.Parallel()
	for name, n := range map[string]nonsense{
		"nothing, and no": {}, "nothing, and yes": {ok: true}, "zeros": {data: make([]byte, 100)},
		"a text": {data: []byte(`"text"`), ok: true}, "an expired token": {
			data: []byte(`{"accessToken":"a","expiresAt":"2000-01-01T00:00:00Z","refreshToken":"r","clientId":"c","clientSecret":"s"}`), ok: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := config(approving())
				cfg.Cache = n
				session := newSession(t, cfg)
				start := time.Now()
				if token, err := session.Token(t.Context()); err == nil || time.Since(start) > time.Minute {
					t.Errorf("Token: %v, %v, after %v", token, err, time.Since(start))
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if token, err := session.Login(ctx); (err == nil) != n.ok || err == nil && token.AccessToken == "" {
					t.Errorf("Login: %v, %v", token, err)
				}
				_ = session.Logout(ctx)
				_ = session.Close()
			})
		})
	}
}
