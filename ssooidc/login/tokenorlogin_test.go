package login_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestTokenOrLogin: fifty callers in five processes need a token, and a person is
// asked once. Who comes later finds the token.
func TestTokenOrLogin(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{})
		cfg := config(s)
		var asked prompts
		cfg.Prompt = func(ctx context.Context, c login.Challenge) error {
			time.AfterFunc(20*time.Second, func() { s.Approve(c.UserCode) })
			return asked.prompt(ctx, c)
		}
		var all sync.WaitGroup
		tokens := make(chan string, 50)
		for range 5 {
			session := newSession(t, cfg)
			for range 10 {
				all.Go(func() {
					token, err := session.TokenOrLogin(t.Context())
					if err != nil {
						t.Error(err)
					}
					tokens <- token.AccessToken
				})
			}
		}
		all.Wait()
		close(tokens)
		different := map[string]bool{}
		for token := range tokens {
			different[token] = true
		}
		if n := len(asked.all()); n != 1 || len(different) != 1 {
			t.Errorf("%d prompts, %d tokens", n, len(different))
		}
		if _, err := newSession(t, cfg).TokenOrLogin(t.Context()); err != nil || len(asked.all()) != 1 {
			t.Errorf("later: %v, %d prompts", err, len(asked.all()))
		}
	})
}

// TestAbandonedSignIn: a sign-in in another process is waited for and abandoned,
// and meanwhile a third process refreshes the old session. Login then asks.
func TestAbandonedSignIn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		third, first := signIn(t, cfg)
		time.Sleep(56 * time.Minute)
		unlock := holdLock(t, cfg.Cache, tokencache.TokenKey("sign-in "+tokenKey))
		time.AfterFunc(30*time.Second, func() {
			if _, err := third.Refresh(context.Background(), first.AccessToken); err != nil {
				t.Error(err)
			}
		})
		time.AfterFunc(time.Minute, unlock)
		var asked prompts
		cfg.Prompt = asked.prompt
		start := time.Now()
		token, err := newSession(t, cfg).Login(t.Context())
		if err != nil || token.AccessToken == first.AccessToken || time.Since(start) < time.Minute {
			t.Errorf("Login: %v, %v, after %v", token, err, time.Since(start))
		}
		if n := count(s, "StartDeviceAuthorization"); n != 2 {
			t.Errorf("%d sign-ins were begun, want one more than before", n)
		}
	})
}

// TestForget signs out here, and leaves the session alive.
func TestForget(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		session, token := signIn(t, cfg)
		must(t, session.Forget(t.Context()))
		var required *login.RequiredError
		if _, err := session.Token(t.Context()); !errors.As(err, &required) {
			t.Errorf("Token: %v", err)
		}
		if data, err := cfg.Cache.Load(t.Context(), tokenKey); data != nil || err != nil {
			t.Errorf("in the cache: %d bytes, %v", len(data), err)
		}
		if n := count(s, "Logout"); n != 0 {
			t.Errorf("%d calls of the portal", n)
		}
		must(t, s.Expire(token.AccessToken)) // which the service still knows
		must(t, session.Forget(t.Context())) // nobody is signed in
	})
}

func TestStatus(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		session := newSession(t, cfg)
		want := func(when string, want login.Status) {
			t.Helper()
			requests := len(s.Requests())
			status, err := session.Status(t.Context())
			if err != nil || status != want || len(s.Requests()) != requests {
				t.Errorf("%s: %+v, %v, want %+v", when, status, err, want)
			}
		}
		want("before", login.Status{Reason: login.NotSignedIn})
		time.Sleep(time.Second)
		began := time.Now().UTC()
		_, err := session.Login(t.Context())
		must(t, err)
		want("signed in", login.Status{SignedInAt: began, ExpiresAt: began.Add(time.Hour), Refreshable: true})
		time.Sleep(2 * time.Hour)
		want("expired", login.Status{SignedInAt: began, ExpiresAt: began.Add(time.Hour), Refreshable: true})
		_, err = session.Token(t.Context())
		must(t, err)
		want("refreshed", login.Status{SignedInAt: began, ExpiresAt: began.Add(3 * time.Hour), Refreshable: true})
		store(t, cfg.Cache, tokencache.Token{AccessToken: "theirs", ExpiresAt: began.Add(4 * time.Hour)})
		want("another tool's", login.Status{ExpiresAt: began.Add(4 * time.Hour)})
		time.Sleep(4 * time.Hour)
		want("another tool's, expired", login.Status{ExpiresAt: began.Add(4 * time.Hour), Reason: login.NotRefreshable})
		must(t, session.Forget(t.Context()))
		want("signed out", login.Status{Reason: login.NotSignedIn})
	})
}

func TestReasonString(t *testing.T) {
	t.Parallel()
	for reason, want := range map[login.Reason]string{
		0: "none", login.NotSignedIn: "not signed in", login.SignedOut: "signed out", login.SessionEnded: "session ended",
		login.NotRefreshable: "not refreshable", login.OtherConfiguration: "other configuration", login.Torn: "torn",
		login.ReadOnly: "read-only", 8: "Reason(8)", -1: "Reason(-1)",
	} {
		if got := reason.String(); got != want {
			t.Errorf("%d is %q, want %q", int(reason), got, want)
		}
	}
	if text := (&login.RequiredError{Reason: 99}).Error(); text != "login: a person must sign in to this session; sign in" {
		t.Error(text)
	}
}

// TestUseKnowsRefusals: without a predicate, Use takes a 401 of our clients and of
// AWS's for a refused token.
func TestUseKnowsRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		session, first := signIn(t, config(approving()))
		for name, tt := range map[string]struct {
			err  error
			want bool
		}{
			"ours":           {&ssooidc.ServiceError{StatusCode: 401}, true},
			"a mock's":       {&ssooidc.ServiceError{Code: "UnauthorizedException"}, true},
			"another status": {&ssooidc.ServiceError{StatusCode: 403, Code: "UnauthorizedException"}, false},
			"no answer":      {&ssooidc.TransportError{}, false},
			"something else": {errors.New("no"), false},
			"nothing at all": {nil, false},
		} {
			calls := 0
			err := session.Use(t.Context(), func(token login.Token) error {
				if calls++; calls == 1 {
					first = token
					return tt.err
				}
				if token.AccessToken == first.AccessToken {
					t.Errorf("%s: the same token again", name)
				}
				return nil
			}, nil)
			if (calls == 2) != tt.want || (err == nil) != (tt.want || tt.err == nil) {
				t.Errorf("%s: %d calls, %v", name, calls, err)
			}
		}
	})
}
