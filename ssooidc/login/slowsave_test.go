package login_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestSlowSave: while a refresh is being saved, someone signs out, or another
// person signs in. The slow save does not bring the old session back.
func TestSlowSave(t *testing.T) {
	t.Parallel()
	for _, takes := range []time.Duration{3 * time.Second, 5 * time.Second, 7 * time.Second} {
		for _, signsOut := range []bool{true, false} {
			for _, sameProcess := range []bool{true, false} {
				t.Run(fmt.Sprintf("%v, signs out %t, in the same process %t", takes, signsOut, sameProcess), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						cfg := config(approving())
						signIn(t, cfg)
						time.Sleep(2 * time.Hour)
						slowly := cfg
						slowly.Cache = &slow{Store: cfg.Cache, saving: func(string) { time.Sleep(takes) }}
						session := newSession(t, slowly)
						refreshed := make(chan login.Token, 1)
						go func() {
							token, _ := session.Token(t.Context())
							refreshed <- token
						}()
						time.Sleep(time.Second) // it is being saved
						other := session
						if !sameProcess {
							other = newSession(t, cfg)
						}
						var theirs login.Token
						var err error
						if signsOut {
							err = other.Logout(t.Context())
						} else {
							theirs, err = other.Login(t.Context())
						}
						must(t, err)
						ours := <-refreshed
						time.Sleep(time.Minute)
						for _, s := range []*scanned{session, newSession(t, cfg)} {
							token, err := s.Token(t.Context())
							if signsOut && !errors.As(err, new(*login.RequiredError)) || !signsOut && (err != nil || token != theirs) {
								t.Errorf("Token: %v, %v; theirs is %v, ours was %v", token, err, theirs, ours)
							}
						}
					})
				})
			}
		}
	}
}

// TestUnsavedSignIn: a sign-in that could not be saved is not given up for the
// session of the person before, whom another process refreshes meanwhile.
func TestUnsavedSignIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(approving())
		signIn(t, cfg)
		time.Sleep(2 * time.Hour)
		full := &stumbling{Store: cfg.Cache}
		full.left.Store(1000)
		ours := cfg
		ours.Cache = full
		session, token := signIn(t, ours)
		before, err := newSession(t, cfg).Token(t.Context())
		must(t, err)
		for range 5 {
			if got, err := session.Token(t.Context()); err != nil || got != token {
				t.Errorf("Token: %v, %v, want %v, and not %v", got, err, token, before)
			}
			time.Sleep(10 * time.Second)
		}
		full.left.Store(0)
		if got, err := session.Token(t.Context()); err != nil || got != token || session.Unsaved() != nil {
			t.Errorf("Token: %v, %v, unsaved: %v", got, err, session.Unsaved())
		}
		if kept := stored(t, cfg.Cache); kept.AccessToken != token.AccessToken {
			t.Errorf("in the cache: %v", kept)
		}
	})
}

// TestSlowRefresh: the service answers after 25 seconds. The session lives on.
func TestSlowRefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		session, first := signIn(t, cfg)
		time.Sleep(2 * time.Hour)
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(25 * time.Second)
			s.ServeHTTP(w, r)
		}, 1)
		token, err := session.Token(t.Context())
		if err != nil || token.AccessToken == first.AccessToken || refreshes(s) != 1 {
			t.Errorf("Token: %v, %v, after %d refreshes", token, err, refreshes(s))
		}
		if kept := stored(t, cfg.Cache); kept.AccessToken != token.AccessToken {
			t.Errorf("in the cache: %v", kept)
		}
	})
}

// TestWindowOfALife: with a window as long as a token's life, five processes
// refresh it once in half of that life, and not at each call.
func TestWindowOfALife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		cfg.RefreshWindow = time.Hour
		signIn(t, cfg)
		var sessions []*scanned
		for range 5 {
			sessions = append(sessions, newSession(t, cfg))
		}
		for range 4 * 60 { // minutes
			for _, session := range sessions {
				if _, err := session.Token(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Minute)
		}
		if n := refreshes(s); n < 7 || n > 8 {
			t.Errorf("%d refreshes in four hours, want one each half hour", n)
		}
	})
}

// TestFakeRefuses: a run that is pointed at a fake by mistake must not end a real
// session, though the fake refuses its refresh token.
func TestFakeRefuses(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		signIn(t, cfg)
		time.Sleep(2 * time.Hour)
		fake := approving()
		wrong := cfg
		wrong.HTTPClient, wrong.Endpoint = fake.HTTPClient(), "https://fake.example"
		for range 2 {
			var required *login.RequiredError
			if _, err := newSession(t, wrong).Token(t.Context()); !errors.As(err, &required) || required.Reason != login.SessionEnded {
				t.Errorf("Token at the fake: %v", err)
			}
		}
		if n := refreshes(fake); n != 1 {
			t.Errorf("the fake was asked %d times", n)
		}
		if _, err := newSession(t, cfg).Token(t.Context()); err != nil || refreshes(s) != 1 {
			t.Errorf("Token: %v, after %d refreshes", err, refreshes(s))
		}
	})
}

// guarded is a store that asks a person for a passphrase when it is first used.
type guarded struct {
	tokencache.Store
	asks atomic.Int32
	took time.Duration
	err  error // of a wrong passphrase
}

func (g *guarded) Load(ctx context.Context, key string) ([]byte, error) {
	if g.err != nil {
		return nil, g.err
	}
	if g.asks.Add(1) == 1 {
		select {
		case <-time.After(g.took):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return g.Store.Load(ctx, key)
}

// TestPassphrase: a caller without a deadline waits as long as the person takes.
// A wrong passphrase is no reason to sign in, and the item stays as it is.
func TestPassphrase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(approving())
		_, token := signIn(t, cfg)
		g := &guarded{Store: cfg.Cache, took: time.Minute}
		cfg.Cache = g
		if got, err := newSession(t, cfg).Token(context.Background()); err != nil || got != token {
			t.Errorf("Token: %v, %v", got, err)
		}
		before, err := g.Store.Load(t.Context(), tokenKey)
		must(t, err)
		g.err = errors.New("the passphrase is wrong")
		for name, call := range map[string]func(*scanned) error{
			"Token":        func(s *scanned) error { _, err := s.Token(t.Context()); return err },
			"TokenOrLogin": func(s *scanned) error { _, err := s.TokenOrLogin(t.Context()); return err },
			"Status":       func(s *scanned) error { _, err := s.Status(t.Context()); return err },
			"Forget":       func(s *scanned) error { return s.Forget(t.Context()) },
			"Login":        func(s *scanned) error { _, err := s.Login(t.Context()); must(t, err); return s.Unsaved() },
		} {
			err := call(newSession(t, cfg))
			if !errors.As(err, new(*login.CacheError)) || errors.As(err, new(*login.RequiredError)) || !errors.Is(err, g.err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		after, err := g.Store.Load(t.Context(), tokenKey)
		if err != nil || string(after) != string(before) {
			t.Errorf("the item was changed: %v", err)
		}
	})
}
