package login_test

import (
	"context"
	"errors"
	"math"
	"net/http"
	"net/url"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestStoreFailsAltogether: what the service has issued is kept, though the store can neither be read nor written when
// it comes. The service takes a refresh token once.
func TestStoreFailsAltogether(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	t.Run("during a refresh", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			service := approving()
			cfg := config(service)
			f := &faulty{Store: cfg.Cache}
			cfg.Cache = f
			s, _ := signIn(t, cfg)
			time.Sleep(2 * time.Hour)
			service.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
				f.load, f.save = broken, broken
				service.ServeHTTP(w, r)
			}, 1)
			if _, err := s.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.load, f.save = nil, nil
			time.Sleep(2 * time.Hour)
			if _, err := s.Token(t.Context()); err != nil {
				t.Errorf("the session is lost: %v", err)
			}
		})
	})
	t.Run("during a sign-in", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			cfg := config(approving())
			f := &faulty{Store: cfg.Cache, load: broken, save: broken}
			cfg.Cache = f
			store(t, f.Store, tokencache.Token{StartURL: startURL, Region: region, AccessToken: "old", ExpiresAt: time.Now().Add(-time.Hour)})
			s, _ := signIn(t, cfg)
			f.load, f.save = nil, nil
			time.Sleep(2 * time.Hour)
			if _, err := s.Token(t.Context()); err != nil {
				t.Errorf("the session is lost: %v", err)
			}
		})
	})
}

// TestTokenAfterSignOut: a refresh that began before a sign-out is for those who waited for it then, and nobody later.
func TestTokenAfterSignOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := approving()
		s, _ := signIn(t, config(service))
		time.Sleep(2 * time.Hour)
		service.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(20 * time.Second)
			service.ServeHTTP(w, r)
		}, 1)
		waited := make(chan struct{})
		go func() {
			defer close(waited)
			_, _ = s.Token(t.Context())
		}()
		synctest.Wait()
		if err := s.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		if token, err := s.Token(t.Context()); !errors.As(err, new(*login.RequiredError)) {
			t.Errorf("after the sign-out: %v, %v", token, err)
		}
		<-waited
	})
}

// TestSignOutLeavesForeignEntry: an entry of another start URL is not this session's to delete.
func TestSignOutLeavesForeignEntry(t *testing.T) {
	t.Parallel()
	cfg := config(approving())
	store(t, cfg.Cache, tokencache.Token{StartURL: "https://d-other.awsapps.com/start", Region: region, AccessToken: "theirs", ExpiresAt: time.Now().Add(time.Hour)})
	if err := newSession(t, cfg).Logout(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := stored(t, cfg.Cache); got.AccessToken != "theirs" {
		t.Errorf("the entry is now %v", got)
	}
}

// TestCallbackThatExits: a callback that ends its goroutine, as t.FailNow does, fails like one that returns an error.
func TestCallbackThatExits(t *testing.T) {
	t.Parallel()
	t.Run("Prompt", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			cfg := config(ssooidctest.New(ssooidctest.Options{}))
			cfg.Prompt = func(context.Context, login.Challenge) error { runtime.Goexit(); return nil }
			start := time.Now()
			if _, err := newSession(t, cfg).Login(t.Context()); err == nil || time.Since(start) > time.Second {
				t.Errorf("after %v: %v", time.Since(start), err)
			}
		})
	})
	t.Run("Browse", func(t *testing.T) {
		t.Parallel()
		service := ssooidctest.New(ssooidctest.Options{})
		cfg := config(service)
		cfg.Flow = login.FlowAuto
		cfg.Browse = func(context.Context, string) error { runtime.Goexit(); return nil }
		cfg.Prompt = func(_ context.Context, c login.Challenge) error {
			if c.Flow == login.FlowDeviceCode { // it has fallen back
				return service.Approve(c.UserCode)
			}
			return nil
		}
		if _, err := newSession(t, cfg).Login(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestDeadRegistrationIsForgotten: the service tells only the browser that it no longer knows a client. What the program
// sees is that nobody came back before its own deadline, or that the browser did with an error.
func TestDeadRegistrationIsForgotten(t *testing.T) {
	t.Parallel()
	remembered := func(t *testing.T, cfg login.Config) bool {
		data, err := cfg.Cache.Load(t.Context(), tokencache.RegistrationKey(startURL, region, nil, "dev"))
		return data != nil && err == nil
	}
	t.Run("deadline", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			service := approving()
			cfg := config(service)
			signIn(t, cfg)
			service.FailNext("CreateToken", "AuthorizationPendingException", 1000)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
			defer cancel()
			_, err := newSession(t, cfg).Login(ctx)
			if !errors.Is(err, context.DeadlineExceeded) || remembered(t, cfg) {
				t.Errorf("remembered: %t, %v", remembered(t, cfg), err)
			}
		})
	})
	for code, forgotten := range map[string]bool{"invalid_client": true, "unauthorized_client": true, "access_denied": false} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			service := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
			cfg := config(service)
			cfg.Flow = login.FlowBrowser
			cfg.Browse = func(_ context.Context, u string) error { return service.Visit(u) }
			signIn(t, cfg)
			cfg.Browse = func(_ context.Context, u string) error {
				address, err := url.Parse(u)
				if err != nil {
					return err
				}
				q := address.Query()
				resp, err := http.Get(q.Get("redirect_uri") + "?error=" + code + "&state=" + q.Get("state"))
				if err != nil {
					return err
				}
				return resp.Body.Close()
			}
			_, err := newSession(t, cfg).Login(t.Context())
			if !errors.As(err, new(*login.AuthorizationError)) || remembered(t, cfg) == forgotten {
				t.Errorf("remembered: %t, %v", remembered(t, cfg), err)
			}
		})
	}
}

// lockless is a store whose locks have nothing to release.
type lockless struct{ tokencache.Store }

func (lockless) TryLock(context.Context, string) (func(), bool, error) { return nil, true, nil }

func TestNothingToUnlock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := config(approving())
		cfg.Cache = lockless{cfg.Cache}
		s, token := signIn(t, cfg)
		time.Sleep(2 * time.Hour)
		next, err := s.Token(t.Context())
		if token.AccessToken == "" || err != nil || next.AccessToken == token.AccessToken {
			t.Errorf("got %v, then %v, %v", token, next, err)
		}
	})
}

func TestHugeRefreshWindow(t *testing.T) {
	t.Parallel()
	service := approving()
	cfg := config(service)
	cfg.RefreshWindow = math.MaxInt64
	s, _ := signIn(t, cfg)
	for range 5 {
		if _, err := s.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if n := refreshes(service); n != 0 {
		t.Errorf("%d refreshes of a token that was just issued", n)
	}
}

// TestSignInKeepsNoField: what another tool has added to the entry of an earlier
// sign-in may be another person's.
func TestSignInKeepsNoField(t *testing.T) {
	t.Parallel()
	cfg := config(approving())
	data := `{"startUrl":"` + startURL + `","region":"` + region + `","accessToken":"a","expiresAt":"2020-01-01T00:00:00Z","other":{"a":1}}`
	put(t, cfg.Cache, tokenKey, []byte(data))
	signIn(t, cfg)
	if got, ok := stored(t, cfg.Cache).Extra["other"]; ok {
		t.Errorf("other is %s, and may be another person's", got)
	}
}

// panicking is a service that fails in a way that no service should.
type panicking struct{ login.API }

func (panicking) RegisterClient(context.Context, *ssooidc.RegisterClientRequest) (*ssooidc.RegisterClientResponse, error) {
	return &ssooidc.RegisterClientResponse{ClientID: "c", ClientSecret: "s"}, nil
}

func (panicking) StartDeviceAuthorization(context.Context, *ssooidc.StartDeviceAuthorizationRequest) (*ssooidc.StartDeviceAuthorizationResponse, error) {
	return &ssooidc.StartDeviceAuthorizationResponse{DeviceCode: "d", UserCode: "u", VerificationURI: "https://x.example/"}, nil
}

// pendingOnce is pending for the silent attempt, and panics at the first poll.
type pendingOnce struct {
	panicking
	asked *bool
}

func (p pendingOnce) CreateToken(context.Context, *ssooidc.CreateTokenRequest) (*ssooidc.CreateTokenResponse, error) {
	if !*p.asked {
		*p.asked = true
		return nil, &ssooidc.AuthorizationPendingException{}
	}
	panic("mock")
}

// TestPanicEndsThePrompt: the prompt's context ends also when the flow panics, or it would wait for ever.
func TestPanicEndsThePrompt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		cfg := config(approving())
		cfg.HTTPClient = nil
		cfg.Client = pendingOnce{asked: new(bool)}
		cfg.Prompt = func(ctx context.Context, _ login.Challenge) error {
			defer close(ended)
			<-ctx.Done()
			return nil
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_, _ = newSession(t, cfg).Login(t.Context())
		}()
		<-ended
	})
}
