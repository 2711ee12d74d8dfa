package login_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestUnknownRegistration: the service has forgotten a registration that we remember.
func TestUnknownRegistration(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		operation string // that answers with invalid_client
		times     int
		registers int
		ok        bool
	}{
		{"at the start", "StartDeviceAuthorization", 1, 2, true},
		{"while polling", "CreateToken", 1, 2, true},
		{"the new one too", "StartDeviceAuthorization", 2, 2, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
				session := newSession(t, config(s))
				if _, err := session.Login(t.Context()); err != nil {
					t.Fatal(err)
				}
				s.FailNext(tt.operation, "InvalidClientException", tt.times)
				_, err := session.Login(t.Context())
				if (err == nil) != tt.ok {
					t.Errorf("Login: %v", err)
				}
				if !tt.ok && !errors.As(err, new(*ssooidc.InvalidClientException)) {
					t.Errorf("Login: %v, want the service's exception", err)
				}
				if n := count(s, "RegisterClient"); n != tt.registers {
					t.Errorf("%d registrations, want %d", n, tt.registers)
				}
				checkNoSecret(t, s, err)
			})
		})
	}
}

// TestNewRegistrationUnknown: a registration that was just made is not made again.
func TestNewRegistrationUnknown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{})
		s.FailNext("StartDeviceAuthorization", "InvalidClientException", 1)
		_, err := newSession(t, config(s)).Login(t.Context())
		if !errors.As(err, new(*ssooidc.InvalidClientException)) || count(s, "RegisterClient") != 1 {
			t.Errorf("Login: %v, %d registrations", err, count(s, "RegisterClient"))
		}
	})
}

// TestRememberedRegistration: when a registration is used again.
func TestRememberedRegistration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	tests := []struct {
		name      string
		after     time.Duration
		scopes    []string // of the second session
		registers int
	}{
		{"the next day", day, nil, 1},
		{"with a week and a second left", 83*day - time.Second, nil, 1},
		{"with a week left", 83 * day, nil, 2},
		{"other scopes", day, []string{"codewhisperer:completions"}, 2},
		{"the default scope, named", day, []string{"sso:account:access"}, 2}, // another key, as the AWS CLI has it
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
				cfg := config(s)
				if _, err := newSession(t, cfg).Login(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(tt.after)
				cfg.Scopes = tt.scopes
				if _, err := newSession(t, cfg).Login(t.Context()); err != nil {
					t.Fatal(err)
				}
				if n := count(s, "RegisterClient"); n != tt.registers {
					t.Errorf("%d registrations, want %d", n, tt.registers)
				}
			})
		})
	}
}

// TestForeignRegistration: what another tool has left under our key is used only if it is what we would register.
func TestForeignRegistration(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		change    func(*tokencache.Registration)
		registers int
	}{
		{"as it was", func(*tokencache.Registration) {}, 1},
		{"other scopes", func(r *tokencache.Registration) { r.Scopes = []string{"openid"} }, 2},
		{"more scopes", func(r *tokencache.Registration) { r.Scopes = append(r.Scopes, "openid") }, 2},
		{"no scopes", func(r *tokencache.Registration) { r.Scopes = nil }, 2},
		{"the grants named", func(r *tokencache.Registration) {
			r.GrantTypes = []string{ssooidc.GrantTypeRefreshToken, ssooidc.GrantTypeDeviceCode}
		}, 1},
		{"the browser's grants", func(r *tokencache.Registration) { r.GrantTypes = []string{ssooidc.GrantTypeAuthorizationCode} }, 2},
		{"no secret", func(r *tokencache.Registration) { r.ClientSecret = "" }, 2},
		{"no id", func(r *tokencache.Registration) { r.ClientID = "" }, 2},
		{"no expiry", func(r *tokencache.Registration) { r.ExpiresAt = time.Time{} }, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := approving()
				cfg := config(s)
				signIn(t, cfg)
				key := tokencache.RegistrationKey(cfg.StartURL, cfg.Region, nil, cfg.Name)
				data, err := cfg.Cache.Load(t.Context(), key)
				must(t, err)
				var reg tokencache.Registration
				must(t, json.Unmarshal(data, &reg))
				tt.change(&reg)
				data, err = json.Marshal(reg)
				must(t, err)
				put(t, cfg.Cache, key, data)
				signIn(t, cfg)
				if n := count(s, "RegisterClient"); n != tt.registers {
					t.Errorf("%d registrations, want %d", n, tt.registers)
				}
			})
		})
	}
}

// TestExpiredForgetsRegistration: that a client is unknown, the service may have told the browser only.
func TestExpiredForgetsRegistration(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{DeviceCodeLifetime: 10 * time.Second})
		session := newSession(t, config(s))
		for i, registers := range []int{1, 1, 2} { // the first was new, the second is remembered and runs out
			if _, err := session.Login(t.Context()); !errors.Is(err, login.ErrExpired) {
				t.Fatal(err)
			}
			if n := count(s, "RegisterClient"); n != registers {
				t.Errorf("sign-in %d: %d registrations, want %d", i, n, registers)
			}
		}
	})
}

// TestForeignBrowserRegistration: one that can't refresh is not what the browser flow registers.
func TestForeignBrowserRegistration(t *testing.T) {
	t.Parallel()
	for registers, grants := range map[int][]string{
		1: {ssooidc.GrantTypeRefreshToken, ssooidc.GrantTypeAuthorizationCode},
		2: {ssooidc.GrantTypeAuthorizationCode},
	} {
		s := approving()
		cfg := config(s)
		cfg.Flow = login.FlowBrowser
		cfg.Browse = func(_ context.Context, address string) error { return s.Visit(address) }
		signIn(t, cfg)
		key := tokencache.RegistrationKey(cfg.StartURL, cfg.Region, nil, cfg.Name)
		data, err := cfg.Cache.Load(t.Context(), key)
		must(t, err)
		var reg tokencache.Registration
		must(t, json.Unmarshal(data, &reg))
		reg.GrantTypes = grants
		data, err = json.Marshal(reg)
		must(t, err)
		put(t, cfg.Cache, key, data)
		signIn(t, cfg)
		if n := count(s, "RegisterClient"); n != registers {
			t.Errorf("beside one with the grants %q: %d registrations, want %d", grants, n, registers)
		}
	}
}
