package login_test

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestSessionEnded: an administrator has ended the session, and fifty processes
// ask at once, each with fifty goroutines. One refused exchange tells all of them.
func TestSessionEnded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		signIn(t, cfg)
		time.Sleep(2 * time.Hour)
		s.EndSessions()
		ended := func(err error) bool {
			var required *login.RequiredError
			return errors.As(err, &required) && required.Reason == login.SessionEnded
		}
		var all sync.WaitGroup
		var others atomic.Int32
		start := time.Now()
		sessions := make([]*scanned, 50)
		for i := range sessions {
			sessions[i] = newSession(t, cfg)
			for range 50 {
				all.Go(func() {
					if _, err := sessions[i].Token(t.Context()); !ended(err) {
						others.Add(1)
					}
				})
			}
		}
		all.Wait()
		if took := time.Since(start); took > 3*time.Second || others.Load() != 0 || refreshes(s) != 1 {
			t.Errorf("%d others, %d refreshes, after %v", others.Load(), refreshes(s), took)
		}
		start = time.Now()
		for _, session := range append(sessions[:2:2], newSession(t, cfg)) {
			if _, err := session.Token(t.Context()); !ended(err) {
				t.Errorf("Token: %v", err)
			}
			status, err := session.Status(t.Context())
			if err != nil || status.Reason != login.SessionEnded || status.Refreshable {
				t.Errorf("Status: %+v, %v", status, err)
			}
		}
		if refreshes(s) != 1 || time.Since(start) != 0 {
			t.Errorf("%d refreshes, after %v", refreshes(s), time.Since(start))
		}
	})
}

// TestEndedBeforeExpiry: a token that the portal refuses, and whose session the
// service has ended, is no longer told to be valid, by any process.
func TestEndedBeforeExpiry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		session, token := signIn(t, cfg)
		s.EndSessions()
		for _, session := range []*scanned{session, session, newSession(t, cfg)} {
			var required *login.RequiredError
			if _, err := session.Refresh(t.Context(), token.AccessToken); !errors.As(err, &required) || required.Reason != login.SessionEnded {
				t.Errorf("Refresh: %v", err)
			}
			if _, err := session.Token(t.Context()); !errors.As(err, &required) || required.Reason != login.SessionEnded {
				t.Errorf("Token: %v", err)
			}
			if status, err := session.Status(t.Context()); err != nil || status.Reason != login.SessionEnded {
				t.Errorf("Status: %+v, %v", status, err)
			}
		}
		if refreshes(s) != 1 {
			t.Errorf("%d refreshes", refreshes(s))
		}
		if _, err := session.Login(t.Context()); err != nil {
			t.Error(err)
		}
		if status, err := session.Status(t.Context()); err != nil || status.Reason != 0 {
			t.Errorf("Status after a sign-in: %+v, %v", status, err)
		}
	})
}

// TestEndedWhileDue: the service refuses to refresh a token that is still valid by
// its time. When the portal refuses that too, all processes are told.
func TestEndedWhileDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		session, token := signIn(t, cfg)
		time.Sleep(56 * time.Minute)
		s.EndSessions()
		if got, err := session.Token(t.Context()); err != nil || got.AccessToken != token.AccessToken || got.Refreshable {
			t.Errorf("Token: %v, %v", got, err)
		}
		if status, err := session.Status(t.Context()); err != nil || status.Reason != 0 || status.Refreshable {
			t.Errorf("Status: %+v, %v", status, err)
		}
		var required *login.RequiredError
		if _, err := session.Refresh(t.Context(), token.AccessToken); !errors.As(err, &required) || required.Reason != login.SessionEnded {
			t.Errorf("Refresh: %v", err)
		}
		other := newSession(t, cfg)
		if _, err := other.Token(t.Context()); !errors.As(err, &required) || required.Reason != login.SessionEnded {
			t.Errorf("Token of another process: %v", err)
		}
		if status, err := other.Status(t.Context()); err != nil || status.Reason != login.SessionEnded {
			t.Errorf("Status: %+v, %v", status, err)
		}
		if refreshes(s) != 1 {
			t.Errorf("%d refreshes", refreshes(s))
		}
	})
}

// readOnlyStore is a store that is mounted into a container.
type readOnlyStore struct{ tokencache.Store }

func (readOnlyStore) CompareAndSwap(context.Context, string, []byte, []byte) (bool, error) {
	return false, tokencache.ErrReadOnly
}

func (readOnlyStore) TryLock(context.Context, string) (func(), bool, error) {
	return nil, false, tokencache.ErrReadOnly
}

// TestReadOnlyCache: who can only read the cache uses its token until it expires,
// and sends no refresh then, which would end the session of its owner.
func TestReadOnlyCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := approving()
		cfg := config(s)
		host, token := signIn(t, cfg)
		inside := cfg
		inside.Cache = readOnlyStore{cfg.Cache}
		session := newSession(t, inside)
		for range 59 {
			if got, err := session.Token(t.Context()); err != nil || got.AccessToken != token.AccessToken {
				t.Fatalf("Token: %v, %v", got, err)
			}
			time.Sleep(time.Minute)
		}
		time.Sleep(time.Minute)
		var required *login.RequiredError
		if _, err := session.Token(t.Context()); !errors.As(err, &required) || required.Reason != login.ReadOnly || refreshes(s) != 0 {
			t.Errorf("Token: %v, after %d refreshes", err, refreshes(s))
		}
		if _, err := session.TokenOrLogin(t.Context()); !errors.As(err, &required) || required.Reason != login.ReadOnly {
			t.Errorf("TokenOrLogin: %v", err)
		}
		if _, err := host.Token(t.Context()); err != nil || refreshes(s) != 1 {
			t.Errorf("the host's: %v, after %d refreshes", err, refreshes(s))
		}
		if _, err := session.Token(t.Context()); err != nil {
			t.Errorf("after the host's refresh: %v", err)
		}
	})
}

// TestStrangeTimes: an entry of another tool whose times are far off.
func TestStrangeTimes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		expiresAt time.Time
		refreshes int
	}{
		"far past":   {time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC), 1},
		"none":       {time.Time{}, 1},
		"far future": {time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC), 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := approving()
				cfg := config(s)
				signIn(t, cfg)
				token := stored(t, cfg.Cache)
				token.ExpiresAt = tt.expiresAt
				store(t, cfg.Cache, token)
				for range 3 {
					if _, err := newSession(t, cfg).Token(t.Context()); err != nil || refreshes(s) != tt.refreshes {
						t.Errorf("Token: %v, after %d refreshes", err, refreshes(s))
					}
				}
				if tt.refreshes > 0 && member(t, cfg.Cache) == "" {
					t.Error("the refreshed entry does not tell when it was issued")
				}
			})
		})
	}
}

// TestRegistrationOfAnother: what another tool has added for person A is not in
// the entry of person B.
func TestRegistrationOfAnother(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(approving())
		signIn(t, cfg)
		for _, key := range []string{tokenKey, tokencache.RegistrationKey(startURL, region, nil, "dev")} {
			data, err := cfg.Cache.Load(t.Context(), key)
			must(t, err)
			put(t, cfg.Cache, key, append([]byte(`{"personA":"mark",`), data[1:]...))
		}
		signIn(t, cfg)
		data, err := cfg.Cache.Load(t.Context(), tokenKey)
		must(t, err)
		var fields map[string]any
		must(t, json.Unmarshal(data, &fields))
		if fields["personA"] != nil {
			t.Errorf("in the entry: %v", fields["personA"])
		}
	})
}
