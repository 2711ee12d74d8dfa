package login_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestLeaks cancels at every step, on real sockets: the call returns at once, and no goroutine, listener or file is left.
// It is not parallel, since it counts all that the process has.
func TestLeaks(t *testing.T) {
	signIn := func(flow login.Flow) func(context.Context, *scanned, login.Config) error {
		return func(ctx context.Context, _ *scanned, cfg login.Config) error {
			cfg.Flow = flow
			_, err := newSession(t, cfg).Login(ctx)
			return err
		}
	}
	refresh := func(ctx context.Context, s *scanned, _ login.Config) error {
		token, err := s.Token(ctx)
		if err == nil {
			_, err = s.Refresh(ctx, token.AccessToken)
		}
		return err
	}
	logout := func(ctx context.Context, s *scanned, _ login.Config) error { return s.Logout(ctx) }
	tests := []struct {
		name string
		call func(context.Context, *scanned, login.Config) error
		at   string // the operation during which the context ends, or another moment

		pending int // how often the service says so before
	}{
		{"device code", signIn(login.FlowDeviceCode), "RegisterClient", 0},
		{"device code", signIn(login.FlowDeviceCode), "StartDeviceAuthorization", 0},
		{"device code, silent attempt", signIn(login.FlowDeviceCode), "CreateToken", 0},
		{"device code, polling", signIn(login.FlowDeviceCode), "CreateToken", 1},
		{"device code", signIn(login.FlowDeviceCode), "prompt", 0},
		{"device code", signIn(login.FlowDeviceCode), "sign-in lock", 0},
		{"browser", signIn(login.FlowBrowser), "RegisterClient", 0},
		{"browser", signIn(login.FlowBrowser), "prompt", 0},
		{"browser", signIn(login.FlowBrowser), "browse", 0},
		{"browser, the exchange", signIn(login.FlowBrowser), "CreateToken", 0},
		{"auto", signIn(login.FlowAuto), "browse", 0},
		{"refresh", refresh, "CreateToken", 0},
		{"refresh", refresh, "token lock", 0},
		{"sign-out", logout, "Logout", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name+" at "+tt.at, func(t *testing.T) {
			s, job := server(t, ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
			transport := new(http.Transport)
			cfg := job.config()
			cfg.HTTPClient = &http.Client{Transport: transport}
			cfg.Browse = func(_ context.Context, url string) error {
				if strings.Contains(url, "user_code=") {
					return nil
				}
				return s.Visit(url)
			}
			session := newSession(t, cfg)
			if _, err := session.Login(t.Context()); err != nil {
				t.Fatal(err)
			}
			if tt.at == "RegisterClient" {
				cfg.Scopes = []string{"openid"} // the registration there is does not serve
			}
			rest := func() {
				transport.CloseIdleConnections()
				http.DefaultClient.CloseIdleConnections()
			}
			rest()
			before := settled(t, 0)

			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			var cancelled time.Time
			stop := func() { cancelled = time.Now(); cancel() }
			released := make(chan struct{})
			unlock := func() {}
			switch tt.at {
			case "prompt":
				cfg.Prompt = func(ctx context.Context, _ login.Challenge) error { stop(); <-ctx.Done(); return nil }
				s.FailNext("CreateToken", "AuthorizationPendingException", 100)
				cfg.Browse = func(context.Context, string) error { return nil }
			case "browse":
				cfg.Browse = func(ctx context.Context, _ string) error { stop(); <-ctx.Done(); return ctx.Err() }
			case "sign-in lock":
				unlock = holdLock(t, cfg.Cache, tokencache.TokenKey("sign-in "+tokenKey))
				time.AfterFunc(50*time.Millisecond, stop)
			case "token lock":
				expire(t, job.Cache)
				session = newSession(t, cfg)
				unlock = holdLock(t, cfg.Cache, tokenKey)
				time.AfterFunc(50*time.Millisecond, stop)
			default:
				if tt.pending > 0 {
					s.FailNext(tt.at, "AuthorizationPendingException", tt.pending)
				}
				s.HandleNext(tt.at, func(_ http.ResponseWriter, r *http.Request) {
					stop()
					select {
					case <-released:
					case <-r.Context().Done():
					}
				}, 1)
			}
			err := tt.call(ctx, session, cfg)
			if !errors.Is(err, context.Canceled) {
				t.Errorf("the call ended with %v", err)
			}
			if took := time.Since(cancelled); took > time.Second || cancelled.IsZero() {
				t.Errorf("the call returned %v after its context had ended", took)
			}
			close(released)
			unlock()
			deadline := time.Now().Add(10 * time.Second)
			for rest(); ; rest() {
				after := settled(t, before.goroutines)
				if after.goroutines <= before.goroutines && after.files <= before.files {
					return
				}
				if time.Now().After(deadline) {
					var stacks strings.Builder
					pprof.Lookup("goroutine").WriteTo(&stacks, 1)
					t.Fatalf("left behind: %+v, before: %+v\n%s", after, before, stacks.String())
				}
			}
		})
	}
}

type resources struct{ goroutines, files int }

// settled counts when the number of goroutines has stopped falling, or has come down to want.
func settled(t testing.TB, want int) resources {
	t.Helper()
	n := runtime.NumGoroutine()
	for same := 0; same < 20 && n > want; same++ {
		time.Sleep(time.Millisecond) // what is ending needs the processor
		if m := runtime.NumGoroutine(); m < n {
			n, same = m, 0
		}
	}
	files := 0
	if list, err := os.ReadDir("/proc/self/fd"); err == nil {
		files = len(list)
	}
	return resources{n, files}
}
