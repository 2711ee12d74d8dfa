package login_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestRefreshFails: what comes of a refresh that fails, with a token that is still valid, and with one that is not.
func TestRefreshFails(t *testing.T) {
	t.Parallel()
	type service = *ssooidctest.Service
	fail := func(exception string) func(service) {
		return func(s service) { s.FailNext("CreateToken", exception, 100) }
	}
	handle := func(h http.HandlerFunc) func(service) {
		return func(s service) { s.HandleNext("CreateToken", h, 100) }
	}
	tests := []struct {
		name     string
		script   func(service)
		required bool          // a person must sign in
		as       any           // what the error is
		takes    time.Duration // with an expired token, if it matters
	}{
		{"invalid_grant", fail("InvalidGrantException"), true, new(*ssooidc.InvalidGrantException), 2 * time.Second},
		{"invalid_client", fail("InvalidClientException"), true, new(*ssooidc.InvalidClientException), 2 * time.Second},
		{"unauthorized_client", fail("UnauthorizedClientException"), true, new(*ssooidc.UnauthorizedClientException), 2 * time.Second},
		{"expired_token", fail("ExpiredTokenException"), true, new(*ssooidc.ExpiredTokenException), 2 * time.Second},
		{"access_denied", fail("AccessDeniedException"), true, new(*ssooidc.AccessDeniedException), 2 * time.Second},
		{"invalid_scope", fail("InvalidScopeException"), true, new(*ssooidc.InvalidScopeException), 2 * time.Second},
		{"server_error", fail("InternalServerException"), false, new(*ssooidc.InternalServerException), 0},
		{"invalid_request", fail("InvalidRequestException"), false, new(*ssooidc.InvalidRequestException), 0},
		{"slow_down", fail("SlowDownException"), false, new(*ssooidc.SlowDownException), 0},
		{"HTML", handle(status(200, "<html>sign in to the wireless network</html>")), false, new(*ssooidc.ResponseError), 0},
		{"dropped", handle(drop), false, new(*ssooidc.TransportError), 0},
		{"a black hole", handle(hang), false, nil, 5 * time.Minute},
	}
	for _, tt := range tests {
		for _, isValid := range []bool{true, false} {
			name := tt.name + ", expired"
			if isValid {
				name = tt.name + ", valid"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := approving()
					var log logs
					cfg := config(s)
					cfg.Logger = log.logger()
					session, first := signIn(t, cfg)
					entry := stored(t, cfg.Cache)
					time.Sleep(56 * time.Minute)
					if !isValid {
						time.Sleep(5 * time.Minute)
					}
					tt.script(s)
					start := time.Now()
					token, err := session.Token(t.Context())
					took := time.Since(start)
					checkNoSecret(t, s, err, log.String())
					if diff := cmp.Diff(entry, stored(t, cfg.Cache)); diff != "" {
						t.Errorf("the cache was changed:\n%s", diff)
					}
					if isValid {
						// A refusal is told by Refreshable.
						want := first
						want.Refreshable = !tt.required
						if err != nil || token != want {
							t.Errorf("Token: %v, %v", token, err)
						}
						if tt.required && took != 2*time.Second { // another tool may just have refreshed it
							t.Errorf("it took %v", took)
						}
						before := len(s.Requests())
						if tt.required {
							time.Sleep(3 * time.Minute) // it is not tried again before the token has expired
						}
						if token, err := session.Token(t.Context()); err != nil || token != want || len(s.Requests()) != before {
							t.Errorf("Token again: %v, %v, and %d more requests", token, err, len(s.Requests())-before)
						}
						time.Sleep(time.Until(first.ExpiresAt) + 5*time.Minute) // what hung has ended
						// Who has been refused is not asked again.
						if token, err := session.Token(t.Context()); err == nil || (len(s.Requests()) == before) != tt.required {
							t.Errorf("Token after its expiry: %v", token)
						}
						return
					}
					var required *login.RequiredError
					if errors.As(err, &required) != tt.required || token != (login.Token{}) {
						t.Errorf("Token: %v, %v", token, err)
					}
					if required != nil && required.Session != "dev" || tt.as != nil && !errors.As(err, tt.as) {
						t.Errorf("Token: %v", err)
					}
					if tt.takes != 0 && took != tt.takes {
						t.Errorf("it took %v, want %v", took, tt.takes)
					}
				})
			})
		}
	}
}

// TestRefreshComesBack: after a failure that passes, the refresh is tried again, though not at each call.
func TestRefreshComesBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		session, first := signIn(t, config(s))
		time.Sleep(56 * time.Minute)
		s.FailNext("CreateToken", "InvalidRequestException", 1)
		if token, err := session.Token(t.Context()); err != nil || token != first || refreshes(s) != 1 {
			t.Fatalf("Token: %v, %v, %d refreshes", token, err, refreshes(s))
		}
		time.Sleep(10*time.Second - 1)
		if token, err := session.Token(t.Context()); err != nil || token != first || refreshes(s) != 1 {
			t.Fatalf("Token: %v, %v, %d refreshes", token, err, refreshes(s))
		}
		time.Sleep(time.Nanosecond)
		if token, err := session.Token(t.Context()); err != nil || token.AccessToken == first.AccessToken || refreshes(s) != 2 {
			t.Errorf("Token: %v, %v, %d refreshes", token, err, refreshes(s))
		}
	})
}

// TestRefreshFailsLate: seconds before its expiry a token is not given out for longer because a refresh has failed.
func TestRefreshFailsLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		session, first := signIn(t, config(s))
		time.Sleep(time.Hour - 3*time.Second)
		s.FailNext("CreateToken", "InvalidRequestException", 1)
		if token, err := session.Token(t.Context()); err != nil || token != first {
			t.Fatalf("Token: %v, %v", token, err)
		}
		time.Sleep(3 * time.Second)
		if token, err := session.Token(t.Context()); err != nil || token == first {
			t.Errorf("Token: %v, %v", token, err)
		}
	})
}

// TestInvalidClientForgets: a refresh that is told so forgets the registration, but not one that was made since.
func TestInvalidClientForgets(t *testing.T) {
	t.Parallel()
	for _, isAnother := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			s := approving()
			cfg := config(s)
			session, token := signIn(t, cfg)
			key := tokencache.RegistrationKey(cfg.StartURL, cfg.Region, nil, cfg.Name)
			if isAnother {
				data, err := json.Marshal(tokencache.Registration{ClientID: "another", ClientSecret: "s3cret"})
				must(t, err)
				put(t, cfg.Cache, key, data)
			}
			s.FailNext("CreateToken", "InvalidClientException", 1)
			if _, err := session.Refresh(t.Context(), token.AccessToken); !errors.As(err, new(*login.RequiredError)) {
				t.Errorf("Refresh: %v", err)
			}
			data, err := cfg.Cache.Load(t.Context(), key)
			if isAnother != (data != nil) || err != nil {
				t.Errorf("the registration: %d bytes, %v", len(data), err)
			}
		})
	}
}

// TestSomeoneElseRefreshed: the service refuses our refresh token, since another tool has just used it up, without a lock.
func TestSomeoneElseRefreshed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		after     time.Duration // until the other tool saves what it got
		expired   bool          // what it got
		wrong     bool          // its refresh token does not work either
		gone      bool          // someone signs out instead
		ok        bool
		refreshes int // ours
		takes     time.Duration
	}{
		{name: "at once", after: 10 * time.Millisecond, ok: true, refreshes: 1, takes: 50 * time.Millisecond},
		{name: "a second later", after: time.Second, ok: true, refreshes: 1, takes: time.Second},
		{name: "just in time", after: 2 * time.Second, ok: true, refreshes: 1, takes: 2 * time.Second},
		{name: "too late", after: 3 * time.Second, refreshes: 1, takes: 2 * time.Second},
		{name: "a token that has expired", after: time.Second, expired: true, ok: true, refreshes: 2, takes: time.Second},
		{name: "and whose refresh token does not work", after: time.Second, expired: true, wrong: true, refreshes: 2, takes: 3 * time.Second},
		{name: "signed out", after: time.Second, gone: true, refreshes: 1, takes: time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := approving()
				cfg := config(s)
				session, first := signIn(t, cfg)
				time.Sleep(2 * time.Hour)
				before := stored(t, cfg.Cache)

				// The other tool is a session with a cache of its own, until it saves.
				theirCfg := cfg
				theirCfg.Cache = new(tokencache.Memory)
				store(t, theirCfg.Cache, before)
				if _, err := newSession(t, theirCfg).Token(t.Context()); err != nil {
					t.Fatal(err)
				}
				theirs := stored(t, theirCfg.Cache)
				if tt.expired {
					theirs.ExpiresAt = time.Now()
				}
				if tt.wrong {
					theirs.RefreshToken = "wrong"
				}
				requests := refreshes(s)
				time.AfterFunc(tt.after-1, func() {
					if tt.gone {
						put(t, cfg.Cache, tokenKey, nil)
						return
					}
					store(t, cfg.Cache, theirs)
				})
				start := time.Now()
				token, err := session.Token(t.Context())
				took := time.Since(start)
				if tt.ok && (err != nil || token.AccessToken == first.AccessToken || !tt.expired && token.AccessToken != theirs.AccessToken) {
					t.Errorf("Token: %v, %v", token, err)
				}
				if !tt.ok && (!errors.As(err, new(*login.RequiredError)) || errors.As(err, new(*ssooidc.InvalidGrantException)) == tt.gone) {
					t.Errorf("Token: %v, %v", token, err)
				}
				if n := refreshes(s) - requests; n != tt.refreshes {
					t.Errorf("%d refreshes, want %d", n, tt.refreshes)
				}
				if took != tt.takes {
					t.Errorf("it took %v, want %v", took, tt.takes)
				}
			})
		})
	}
}

// TestSecondRefreshFails: our refresh token is refused, and so is, or fails, the other one that a tool saves then.
func TestSecondRefreshFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		exception string
		required  bool
		as        any
		forgets   bool // the registration
	}{
		{"InvalidGrantException", true, new(*ssooidc.InvalidGrantException), false},
		{"InvalidClientException", true, new(*ssooidc.InvalidClientException), true},
		{"InternalServerException", false, new(*ssooidc.InternalServerException), false},
	}
	for _, tt := range tests {
		t.Run(tt.exception, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := approving()
				cfg := config(s)
				session, _ := signIn(t, cfg)
				time.Sleep(2 * time.Hour)
				s.FailNext("CreateToken", "InvalidGrantException", 1)
				time.AfterFunc(time.Second, func() {
					s.FailNext("CreateToken", tt.exception, 100)
					other := stored(t, cfg.Cache)
					other.RefreshToken = "of another tool"
					store(t, cfg.Cache, other)
				})
				_, err := session.Token(t.Context())
				if errors.As(err, new(*login.RequiredError)) != tt.required || !errors.As(err, tt.as) {
					t.Errorf("Token: %v", err)
				}
				checkNoSecret(t, s, fmt.Sprint(err))
				data, err := cfg.Cache.Load(t.Context(), tokencache.RegistrationKey(cfg.StartURL, cfg.Region, nil, cfg.Name))
				if forgotten := data == nil; err != nil || forgotten != tt.forgets {
					t.Errorf("the registration: %d bytes, %v", len(data), err)
				}
			})
		})
	}
}
