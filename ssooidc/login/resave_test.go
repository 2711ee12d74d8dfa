package login_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// stumbling is a store whose saves of the token fail as often as left says. During calls before it fails.
type stumbling struct {
	tokencache.Store
	left   atomic.Int32
	during func()
}

func (s *stumbling) CompareAndSwap(ctx context.Context, key string, old, next []byte) (bool, error) {
	if key == tokenKey && next != nil && s.left.Add(-1) >= 0 {
		if s.during != nil {
			s.during()
		}
		return false, syscall.ENOSPC
	}
	return s.Store.CompareAndSwap(ctx, key, old, next)
}

// TestDiskFullForAMoment: a session is not lost to the other processes because a disk was full for a moment. It is saved at
// once when that was short, else when somebody next needs a token.
func TestDiskFullForAMoment(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		left int32
		wait time.Duration // until the next Token
	}{
		{"twice", 2, 0},
		{"for longer", 3, 10 * time.Second},
		{"again at the next Token", 4, 20 * time.Second},
	} {
		get := map[string]func(*testing.T, *scanned) (login.Token, error){
			"a refresh": func(t *testing.T, s *scanned) (login.Token, error) { return s.Token(t.Context()) },
			"a sign-in": func(t *testing.T, s *scanned) (login.Token, error) { return s.Login(t.Context()) },
		}
		for what, get := range get {
			t.Run(what+" "+tt.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					cfg := config(approving())
					s := &stumbling{Store: cfg.Cache}
					cfg.Cache = s
					session, _ := signIn(t, cfg)
					time.Sleep(2 * time.Hour)
					s.left.Store(tt.left)
					token, err := get(t, session)
					if err != nil {
						t.Fatal(err)
					}
					for left := tt.wait; left > 0; left -= 10 * time.Second {
						time.Sleep(10 * time.Second)
						if again, err := session.Token(t.Context()); err != nil || again != token {
							t.Errorf("Token: %v, %v", again, err)
						}
					}
					if kept := stored(t, cfg.Cache); kept.AccessToken != token.AccessToken {
						t.Errorf("in the cache: %v", kept)
					}
					time.Sleep(2 * time.Hour)
					if _, err := newSession(t, cfg).Token(t.Context()); err != nil {
						t.Errorf("another session: %v", err)
					}
				})
			})
		}
	}
}

// TestMeanwhileItFailed: between two tries to save, the AWS CLI signs out, whose sweep makes the first try fail, or somebody
// signs in. Neither is undone.
func TestMeanwhileItFailed(t *testing.T) {
	t.Parallel()
	theirs := tokencache.Token{StartURL: startURL, Region: region, AccessToken: "theirs", RefreshToken: "their refresh", ClientID: "c", ClientSecret: "s"}
	for _, tt := range []struct {
		name string
		do   func(*testing.T, tokencache.Store)
		want func(*testing.T, *scanned, tokencache.Store)
	}{
		{"signed out", func(t *testing.T, store tokencache.Store) { put(t, store, tokenKey, nil) },
			func(t *testing.T, session *scanned, store tokencache.Store) {
				if data, err := store.Load(t.Context(), tokenKey); data != nil || err != nil {
					t.Errorf("in the cache: %d bytes, %v", len(data), err)
				}
				if token, err := session.Token(t.Context()); !errors.As(err, new(*login.RequiredError)) {
					t.Errorf("the next Token: %v, %v", token, err)
				}
			}},
		{"signed in", func(t *testing.T, cache tokencache.Store) {
			theirs := theirs
			theirs.ExpiresAt = time.Now().Add(time.Hour)
			store(t, cache, theirs)
		}, func(t *testing.T, session *scanned, store tokencache.Store) {
			if kept := stored(t, store); kept.AccessToken != "theirs" {
				t.Errorf("in the cache: %v", kept)
			}
			if token, err := session.Token(t.Context()); err != nil || token.AccessToken != "theirs" {
				t.Errorf("the next Token: %v, %v", token, err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := config(approving())
				s := &stumbling{Store: cfg.Cache}
				cfg.Cache = s
				session, first := signIn(t, cfg)
				s.during = func() { tt.do(t, s.Store) }
				s.left.Store(1)
				token, err := session.Refresh(t.Context(), first.AccessToken)
				if signedOut := tt.name == "signed out"; signedOut != errors.As(err, new(*login.RequiredError)) || token.AccessToken == first.AccessToken {
					t.Errorf("Refresh: %v, %v", token, err)
				}
				tt.want(t, session, s.Store)
			})
		})
	}
}

// lasting saves, and fails all the same: the folder could not be synced.
type lasting struct {
	tokencache.Store
	saves int
}

func (l *lasting) CompareAndSwap(ctx context.Context, key string, old, next []byte) (bool, error) {
	swapped, err := l.Store.CompareAndSwap(ctx, key, old, next)
	if !swapped || err != nil || key != tokenKey {
		return swapped, err
	}
	l.saves++
	return true, syscall.EIO
}

// TestSavedWithAnError: a token that is in the cache is not saved again, and not called lost, though the save failed at its end.
func TestSavedWithAnError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(approving())
		_, first := signIn(t, cfg)
		l := &lasting{Store: cfg.Cache}
		var log logs
		cfg.Cache, cfg.Logger = l, log.logger()
		session := newSession(t, cfg)
		token, err := session.Refresh(t.Context(), first.AccessToken)
		if err != nil || stored(t, cfg.Cache).AccessToken != token.AccessToken {
			t.Errorf("Refresh: %v, %v", token, err)
		}
		token, err = session.Login(t.Context())
		if err != nil || stored(t, cfg.Cache).AccessToken != token.AccessToken {
			t.Errorf("Login: %v, %v", token, err)
		}
		if l.saves != 2 || log.count("level=WARN") != 1 || log.count("lost") != 0 {
			t.Errorf("%d saves:\n%s", l.saves, log.String())
		}
	})
}

// unsavedSession is one whose refreshed token the cache has not taken.
func unsavedSession(t *testing.T) (*scanned, *stumbling, *faulty, login.Config, login.Token) {
	t.Helper()
	cfg := config(approving())
	memory := cfg.Cache
	f := &faulty{Store: memory}
	s := &stumbling{Store: f}
	cfg.Cache = s
	session, _ := signIn(t, cfg)
	time.Sleep(2 * time.Hour)
	s.left.Store(3)
	token, err := session.Token(t.Context())
	if err != nil || stored(t, memory).AccessToken == token.AccessToken || s.left.Load() > 0 {
		t.Fatalf("Token: %v, %v, %d saves left to fail", token, err, s.left.Load())
	}
	cfg.Cache = memory
	return session, s, f, cfg, token
}

// TestUnsavedMeanwhile: what becomes of a token that the cache has not taken, when the entry that it is to replace changes.
func TestUnsavedMeanwhile(t *testing.T) {
	t.Parallel()
	theirs := func() []byte {
		return marshal(tokencache.Token{StartURL: startURL, Region: region, AccessToken: "theirs", ExpiresAt: time.Now().Add(time.Hour)})
	}
	for _, tt := range []struct {
		name    string
		changes []func(old tokencache.Token) []byte // nil: deleted
		want    string                              // what is in the cache in the end: "ours", "theirs", "none" or "torn"
		extra   string                              // a field that must be in it
	}{
		{"nothing", nil, "ours", ""},
		{"a tool adds a field", []func(tokencache.Token) []byte{func(old tokencache.Token) []byte {
			old.Extra = map[string]json.RawMessage{"added": json.RawMessage("1")}
			return marshal(old)
		}}, "ours", "added"},
		{"signed in", []func(tokencache.Token) []byte{func(tokencache.Token) []byte { return theirs() }}, "theirs", ""},
		{"signed out", []func(tokencache.Token) []byte{func(tokencache.Token) []byte { return nil }}, "none", ""},
		{"torn", []func(tokencache.Token) []byte{func(old tokencache.Token) []byte { return marshal(old)[:20] }}, "torn", ""},
		{"torn twice, and whole again", []func(tokencache.Token) []byte{
			func(tokencache.Token) []byte { return []byte{} }, func(old tokencache.Token) []byte { return marshal(old)[:20] }, func(old tokencache.Token) []byte { return marshal(old) },
		}, "ours", ""},
		{"torn, then signed in", []func(tokencache.Token) []byte{
			func(tokencache.Token) []byte { return []byte{} }, func(tokencache.Token) []byte { return theirs() },
		}, "theirs", ""},
	} {
		for _, unreadable := range []bool{false, true} { // for a while after the change
			t.Run(fmt.Sprintf("%s, unreadable %t", tt.name, unreadable), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					session, _, f, cfg, token := unsavedSession(t)
					old := stored(t, cfg.Cache)
					for _, change := range tt.changes {
						if data := change(old); data != nil {
							put(t, cfg.Cache, tokenKey, data)
						} else {
							put(t, cfg.Cache, tokenKey, nil)
						}
						if unreadable {
							f.load = syscall.EMFILE
							time.Sleep(11 * time.Second)
							if again, err := session.Token(t.Context()); err != nil || again != token {
								t.Errorf("Token while the cache is unreadable: %v, %v", again, err)
							}
							f.load = nil
						}
						time.Sleep(11 * time.Second)
						if _, err := session.Token(t.Context()); err != nil && tt.want != "none" {
							t.Errorf("Token: %v", err)
						}
					}
					if tt.changes == nil {
						time.Sleep(11 * time.Second)
						if again, err := session.Token(t.Context()); err != nil || again != token {
							t.Errorf("Token: %v, %v", again, err)
						}
					}
					data, err := cfg.Cache.Load(t.Context(), tokenKey)
					switch tt.want {
					case "none":
						if data != nil || err != nil {
							t.Errorf("in the cache: %d bytes, %v", len(data), err)
						}
					case "torn":
						if len(data) != 20 {
							t.Errorf("in the cache: %d bytes, %v", len(data), err)
						}
						if again, err := session.Token(t.Context()); err != nil || again != token {
							t.Errorf("Token: %v, %v", again, err)
						}
					default:
						kept := stored(t, cfg.Cache)
						if _, ok := kept.Extra[tt.extra]; kept.AccessToken != map[string]string{"ours": token.AccessToken, "theirs": "theirs"}[tt.want] || !ok && tt.extra != "" {
							t.Errorf("in the cache: %v", kept)
						}
					}
				})
			})
		}
	}
}

// TestUnsavedOfBefore: a refresh whose save hangs, and then fails, does not put itself in the place of a sign-in or a sign-out
// that did not wait for it.
func TestUnsavedOfBefore(t *testing.T) {
	t.Parallel()
	for _, signOut := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			cfg := config(approving())
			memory := cfg.Cache
			s := &stumbling{Store: memory}
			cfg.Cache = s
			session, first := signIn(t, cfg)
			var saves atomic.Int32
			s.during = func() {
				if saves.Add(1) == 3 {
					time.Sleep(20 * time.Second)
				}
			}
			s.left.Store(100)
			go session.Refresh(t.Context(), first.AccessToken)
			time.Sleep(2 * time.Second) // in its third save
			var second login.Token
			if signOut {
				must(t, session.Logout(t.Context()))
			} else {
				var err error
				if second, err = session.Login(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Minute)
			s.left.Store(0)
			token, err := session.Token(t.Context())
			if signOut {
				if data, loadErr := memory.Load(t.Context(), tokenKey); !errors.As(err, new(*login.RequiredError)) || data != nil || loadErr != nil {
					t.Errorf("after the sign-out: %v, %v; in the cache: %v", token, err, loadErr)
				}
				return
			}
			if kept := stored(t, memory); err != nil || token != second || kept.AccessToken != second.AccessToken {
				t.Errorf("after the sign-in: %v, %v; in the cache: %v", token, err, kept)
			}
		})
	}
}

// unreadableUntil is a store that can't be read until a moment, in nanoseconds since 1970.
type unreadableUntil struct {
	tokencache.Store
	until atomic.Int64
}

func (u *unreadableUntil) Load(ctx context.Context, key string) ([]byte, error) {
	if time.Now().UnixNano() < u.until.Load() {
		return nil, syscall.EMFILE
	}
	return u.Store.Load(ctx, key)
}

// TestUnreadableBeforeSave: a refresh is saved when the cache can be read again.
func TestUnreadableBeforeSave(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		fails  time.Duration
		theirs bool
	}{
		"for a moment":                {time.Millisecond, false},
		"for good":                    {time.Hour, false},
		"for a moment, and signed in": {time.Millisecond, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				service := approving()
				cfg := config(service)
				memory := cfg.Cache
				f := &unreadableUntil{Store: memory}
				cfg.Cache = f
				session, first := signIn(t, cfg)
				service.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
					if tt.theirs {
						store(t, memory, tokencache.Token{AccessToken: "theirs", ExpiresAt: time.Now().Add(time.Hour)})
					}
					f.until.Store(time.Now().Add(tt.fails).UnixNano())
					service.ServeHTTP(w, r)
				}, 1)
				token, err := session.Refresh(t.Context(), first.AccessToken)
				if forLong := tt.fails == time.Hour; forLong != (session.Unsaved() != nil) {
					t.Errorf("Unsaved: %v", session.Unsaved())
				} else if forLong {
					time.Sleep(30 * time.Minute) // the token is still valid
					f.until.Store(0)
					_, err = session.Token(t.Context())
				}
				if kept := stored(t, memory); err != nil || kept.AccessToken != token.AccessToken || (token.AccessToken == "theirs") != tt.theirs {
					t.Errorf("Refresh: %v, %v; in the cache: %v", token, err, kept)
				}
			})
		})
	}
}
