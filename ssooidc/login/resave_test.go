package login_test

import (
	"context"
	"errors"
	"io/fs"
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
	left   int
	during func()
}

func (s *stumbling) Save(ctx context.Context, key string, data []byte) error {
	if key == tokenKey && s.left > 0 {
		s.left--
		if s.during != nil {
			s.during()
		}
		return syscall.ENOSPC
	}
	return s.Store.Save(ctx, key, data)
}

// TestDiskFullForAMoment: a session is not lost to the other processes because a disk was full for a moment. It is saved at
// once when that was short, else when somebody next needs a token.
func TestDiskFullForAMoment(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		left int
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
					s.left = tt.left
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
		{"signed out", func(t *testing.T, store tokencache.Store) { must(t, store.Delete(t.Context(), tokenKey)) },
			func(t *testing.T, session *scanned, store tokencache.Store) {
				if data, err := store.Load(t.Context(), tokenKey); !errors.Is(err, fs.ErrNotExist) {
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
				s.left, s.during = 1, func() { tt.do(t, s.Store) }
				if token, err := session.Refresh(t.Context(), first.AccessToken); err != nil || token.AccessToken == first.AccessToken {
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

func (l *lasting) Save(ctx context.Context, key string, data []byte) error {
	if err := l.Store.Save(ctx, key, data); err != nil || key != tokenKey {
		return err
	}
	l.saves++
	return syscall.EIO
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
