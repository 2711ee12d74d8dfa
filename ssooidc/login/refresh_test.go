package login_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestWhenDue: a token of an hour, and the second at which it is refreshed.
func TestWhenDue(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		window time.Duration
		life   time.Duration
		due    time.Duration
	}{
		{"the default window", 0, time.Hour, 55 * time.Minute},
		{"a window", 10 * time.Minute, time.Hour, 50 * time.Minute},
		{"never early", -1, time.Hour, time.Hour},
		{"never early, by hours", -3 * time.Hour, time.Hour, time.Hour},
		{"a short life", 0, 4 * time.Minute, 2 * time.Minute},
		{"a life of twice the window", 0, 10 * time.Minute, 5 * time.Minute},
		{"a window as long as the life", time.Hour, time.Hour, 30 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove, TokenLifetime: tt.life})
				cfg := config(s)
				cfg.RefreshWindow = tt.window
				session, first := signIn(t, cfg)
				previous := first
				for round := 1; round <= 3; round++ { // of a refreshed token the same holds
					time.Sleep(tt.due - 1)
					if token, err := session.Token(t.Context()); err != nil || token != previous || refreshes(s) != round-1 {
						t.Fatalf("before it is due: %v, %v, %d refreshes", token, err, refreshes(s))
					}
					time.Sleep(time.Nanosecond)
					token, err := session.Token(t.Context())
					if err != nil || token.AccessToken == previous.AccessToken || !token.Refreshable || refreshes(s) != round {
						t.Fatalf("when it is due: %v, %v, %d refreshes", token, err, refreshes(s))
					}
					if want := time.Now().Add(tt.life); !token.ExpiresAt.Equal(want) {
						t.Errorf("expires at %v, want %v", token.ExpiresAt, want)
					}
					previous = token
				}
				if got := stored(t, cfg.Cache); got.AccessToken != previous.AccessToken || !got.ExpiresAt.Equal(previous.ExpiresAt) {
					t.Errorf("in the cache: %v", got)
				}
			})
		})
	}
}

// TestWallTime: times that callers get, and compare with others, have no monotonic part. With one, a laptop that has slept
// would think that its token is fresh.
func TestWallTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		session, token := signIn(t, config(s))
		refreshed, err := session.Refresh(t.Context(), token.AccessToken)
		if err != nil {
			t.Fatal(err)
		}
		bearer, err := session.RetrieveBearerToken(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, at := range []time.Time{token.ExpiresAt, refreshed.ExpiresAt, bearer.Expires} {
			if at != at.Round(0) || at.Location() != time.UTC {
				t.Errorf("%v is not by the wall clock", at)
			}
		}
		if bearer.Value != refreshed.AccessToken || !bearer.CanExpire || !bearer.Expires.Equal(refreshed.ExpiresAt) {
			t.Errorf("bearer token: %+v", bearer)
		}
	})
}

// TestRotations: what the cache holds after refreshes, and that the service takes it.
func TestRotations(t *testing.T) {
	t.Parallel()
	for _, rotation := range []ssooidctest.Rotation{ssooidctest.RotationStrict, ssooidctest.RotationLenient, ssooidctest.RotationNone} {
		t.Run(rotation.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove, Rotation: rotation})
				cfg := config(s)
				session, token := signIn(t, cfg)
				before := stored(t, cfg.Cache)
				before.Extra = map[string]json.RawMessage{"receivedAt": json.RawMessage(`"2026-11-23T12:00:00Z"`), "scopes": json.RawMessage(`["a"]`)}
				before.StartURL += "#/"
				store(t, cfg.Cache, before)
				for range 3 {
					next, err := session.Refresh(t.Context(), token.AccessToken)
					if err != nil || next.AccessToken == token.AccessToken {
						t.Fatalf("Refresh: %v, %v", next, err)
					}
					token = next
				}
				after := stored(t, cfg.Cache)
				if (after.RefreshToken == before.RefreshToken) != (rotation == ssooidctest.RotationNone) || after.RefreshToken == "" {
					t.Errorf("refresh token: %v, was %v", after, before)
				}
				before.AccessToken, before.ExpiresAt, before.RefreshToken = token.AccessToken, token.ExpiresAt, after.RefreshToken
				if diff := cmp.Diff(before, after); diff != "" {
					t.Errorf("in the cache (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// TestColdStart: what a new process makes of what it finds in the cache.
func TestColdStart(t *testing.T) {
	t.Parallel()
	const hour = time.Hour
	tests := []struct {
		name      string
		age       time.Duration // of the sign-in
		change    func(*login.Config, *tokencache.Token)
		raw       string // in place of the token
		refreshes int
		same      bool         // the token is the cached one
		required  login.Reason // of a *RequiredError
	}{
		{name: "fresh", age: 54 * time.Minute, same: true},
		{name: "due", age: 55 * time.Minute, refreshes: 1},
		{name: "expired", age: hour, refreshes: 1},
		{name: "long expired", age: 80 * 24 * hour, refreshes: 1},
		{name: "registration expired", age: 90 * 24 * hour, required: login.NotRefreshable},
		{name: "registration's expiry unknown", age: hour, refreshes: 1, change: func(_ *login.Config, t *tokencache.Token) { t.RegistrationExpiresAt = time.Time{} }},
		{name: "valid, no refresh token", age: 59 * time.Minute, same: true, change: func(_ *login.Config, t *tokencache.Token) { t.RefreshToken = "" }},
		{name: "no refresh token", age: hour, required: login.NotRefreshable, change: func(_ *login.Config, t *tokencache.Token) { t.RefreshToken = "" }},
		{name: "no client secret", age: hour, required: login.NotRefreshable, change: func(_ *login.Config, t *tokencache.Token) { t.ClientSecret = "" }},
		{name: "legacy, refreshable", age: hour, refreshes: 1, change: func(c *login.Config, _ *tokencache.Token) { c.Legacy = true }},
		{name: "legacy", age: hour, required: login.NotRefreshable, change: func(c *login.Config, t *tokencache.Token) { c.Legacy, t.RefreshToken = true, "" }},
		{name: "legacy, valid", age: 59 * time.Minute, same: true, change: func(c *login.Config, t *tokencache.Token) { c.Legacy, t.RefreshToken = true, "" }},
		{name: "of another region", age: 0, required: login.OtherConfiguration, change: func(_ *login.Config, t *tokencache.Token) { t.Region = "eu-west-1" }},
		{name: "of another start URL", age: 0, required: login.OtherConfiguration, change: func(_ *login.Config, t *tokencache.Token) { t.StartURL = "https://other.awsapps.com/start" }},
		{name: "start URL written otherwise", age: 0, same: true, change: func(_ *login.Config, t *tokencache.Token) { t.StartURL += "/#/" }},
		{name: "without start URL and region", age: 0, same: true, change: func(_ *login.Config, t *tokencache.Token) { t.StartURL, t.Region = "", "" }},
		{name: "torn", raw: `{"accessToken":"tor`, required: login.Torn},
		{name: "empty", raw: " ", required: login.Torn},
		{name: "not there", raw: "-", required: login.NotSignedIn},
		{name: "no access token, but a refresh token", age: 0, refreshes: 1, change: func(_ *login.Config, t *tokencache.Token) { t.AccessToken = "" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := approving()
				cfg := config(s)
				_, cached := signIn(t, cfg)
				time.Sleep(tt.age)
				if tt.change != nil {
					entry := stored(t, cfg.Cache)
					tt.change(&cfg, &entry)
					store(t, cfg.Cache, entry)
				}
				switch tt.raw {
				case "":
				case "-":
					put(t, cfg.Cache, tokenKey, nil)
				default:
					put(t, cfg.Cache, tokenKey, []byte(tt.raw))
				}
				before, loadErr := cfg.Cache.Load(t.Context(), tokenKey)

				token, err := newSession(t, cfg).Token(t.Context())
				if n := refreshes(s); n != tt.refreshes {
					t.Errorf("%d refreshes, want %d", n, tt.refreshes)
				}
				if tt.required == 0 {
					if err != nil || (token.AccessToken == cached.AccessToken) != tt.same || token.AccessToken == "" {
						t.Errorf("Token: %v, %v; the cached one is %v", token, err, cached)
					}
					return
				}
				var required *login.RequiredError
				if !errors.As(err, &required) || required.Session != "dev" || required.Reason != tt.required {
					t.Errorf("Token: %v, want %v", err, tt.required)
				}
				after, afterErr := cfg.Cache.Load(t.Context(), tokenKey)
				if string(before) != string(after) || (loadErr == nil) != (afterErr == nil) {
					t.Errorf("the cache was changed:\n%s\n%s", before, after)
				}
			})
		})
	}
}

// TestShortLivedNews: a short-lived token that another process has just got is not refreshed at once by this one too.
func TestShortLivedNews(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove, TokenLifetime: 4 * time.Minute})
		cfg := config(s)
		session, first := signIn(t, cfg)
		other := newSession(t, cfg)
		time.Sleep(3 * time.Minute)
		theirs, err := other.Token(t.Context())
		if err != nil || theirs == first || refreshes(s) != 1 {
			t.Fatalf("Token: %v, %v", theirs, err)
		}
		for range 2 {
			if token, err := session.Token(t.Context()); err != nil || token != theirs || refreshes(s) != 1 {
				t.Errorf("Token: %v, %v, %d refreshes", token, err, refreshes(s))
			}
		}
	})
}

// TestMeanwhile: someone changes the cache while a refresh is under way.
func TestMeanwhile(t *testing.T) {
	t.Parallel()
	theirs := tokencache.Token{StartURL: startURL, Region: region, AccessToken: "theirs", RefreshToken: "their refresh",
		ClientID: "c", ClientSecret: "s"}
	tests := []struct {
		name string
		do   func(store tokencache.Store, now tokencache.Token) []byte // what to put there; nil: nothing
		// What the caller gets, "ours", "theirs" or "nothing", and what is in the
		// cache in the end: "ours", "theirs" or "none".
		// Or "torn": what the other has put there.
		gets, stays string
		extra       string // a field that must be in the cache
	}{
		{"signed out", func(tokencache.Store, tokencache.Token) []byte { return nil }, "nothing", "none", ""},
		{"signed in", func(_ tokencache.Store, _ tokencache.Token) []byte {
			theirs.ExpiresAt = time.Now().Add(time.Hour)
			return marshal(theirs)
		}, "theirs", "theirs", ""},
		{"a tool refreshed, without rotation", func(_ tokencache.Store, now tokencache.Token) []byte {
			now.AccessToken, now.ExpiresAt = "theirs", time.Now().Add(time.Hour)
			return marshal(now)
		}, "theirs", "theirs", ""},
		{"signed in, and expired already", func(_ tokencache.Store, _ tokencache.Token) []byte {
			theirs.ExpiresAt = time.Now().Add(-time.Hour)
			return marshal(theirs)
		}, "nothing", "theirs", ""},
		{"signed in to another start URL", func(_ tokencache.Store, _ tokencache.Token) []byte {
			other := theirs
			other.StartURL, other.ExpiresAt = "https://other.awsapps.com/start", time.Now().Add(time.Hour)
			return marshal(other)
		}, "nothing", "theirs", ""},
		{"a tool adds a field", func(_ tokencache.Store, now tokencache.Token) []byte {
			now.Extra = map[string]json.RawMessage{"added": json.RawMessage("1")}
			return marshal(now)
		}, "ours", "ours", "added"},
		{"torn for good", func(_ tokencache.Store, now tokencache.Token) []byte { return marshal(now)[:20] }, "ours", "torn", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := approving()
				cfg := config(s)
				session, first := signIn(t, cfg)
				time.Sleep(2 * time.Hour)
				s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
					if data := tt.do(cfg.Cache, stored(t, cfg.Cache)); data != nil {
						put(t, cfg.Cache, tokenKey, data)
					} else {
						put(t, cfg.Cache, tokenKey, nil)
					}
					s.ServeHTTP(w, r)
				}, 1)
				token, err := session.Token(t.Context())
				who := "ours"
				if token.AccessToken == "theirs" {
					who = "theirs"
				}
				if errors.As(err, new(*login.RequiredError)) && token.AccessToken == "" {
					who, err = "nothing", nil
				}
				if err != nil || who != tt.gets || token.AccessToken == first.AccessToken {
					t.Errorf("Token: %v, %v, of %s", token, err, who)
				}
				data, err := cfg.Cache.Load(t.Context(), tokenKey)
				switch tt.stays {
				case "torn":
					if err != nil || len(data) != 20 {
						t.Errorf("in the cache: %q, %v", data, err)
					}
					if again, err := session.Token(t.Context()); err != nil || again != token {
						t.Errorf("the next Token: %v, %v", again, err)
					}
					return
				case "none":
					if data != nil || err != nil {
						t.Errorf("in the cache: %d bytes, %v", len(data), err)
					}
					if _, err := session.Token(t.Context()); !errors.As(err, new(*login.RequiredError)) {
						t.Errorf("Token after the sign-out: %v", err)
					}
					return
				}
				got := stored(t, cfg.Cache)
				if (got.AccessToken == "theirs") != (tt.stays == "theirs") || tt.stays == "ours" && got.AccessToken != token.AccessToken {
					t.Errorf("in the cache: %v", got)
				}
				if _, ok := got.Extra[tt.extra]; !ok && tt.extra != "" {
					t.Errorf("in the cache: %v", got)
				}
			})
		})
	}
}

func marshal(token tokencache.Token) []byte {
	data, err := json.Marshal(token)
	if err != nil {
		panic(err)
	}
	return data
}
