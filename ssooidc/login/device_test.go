package login_test

import (
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// hang keeps a request until its client gives up.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func drop(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }

func status(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

// TestPolling holds the schedule of a device-code sign-in to the second: when CreateToken is asked, counted from
// StartDeviceAuthorization, and when and how the sign-in ends.
func TestPolling(t *testing.T) {
	t.Parallel()
	type service = *ssooidctest.Service
	fail := func(exception string, times int) func(service) {
		return func(s service) { s.FailNext("CreateToken", exception, times) }
	}
	handle := func(h http.HandlerFunc, times int) func(service) {
		return func(s service) { s.HandleNext("CreateToken", h, times) }
	}
	tests := []struct {
		name     string
		interval time.Duration // the default is 5 s
		life     time.Duration // of the device code; the default is 600 s
		approve  time.Duration // when the person does; 0: never
		deny     time.Duration
		cancel   time.Duration
		script   []func(service)
		want     []int         // seconds
		end      time.Duration // the default is at the last of want
		err      error
	}{
		{name: "approved at once", approve: time.Second, want: []int{0, 5}},
		{name: "approved while waiting", approve: 12 * time.Second, want: []int{0, 5, 10, 15}},
		{name: "the live service's interval", interval: time.Second, approve: 2500 * time.Millisecond, want: []int{0, 1, 2, 3}},
		{name: "slow_down counts for good", approve: 36 * time.Second,
			script: []func(service){fail("AuthorizationPendingException", 2), fail("SlowDownException", 1)},
			want:   []int{0, 5, 10, 20, 30, 40}},
		{name: "slow_down twice", approve: 26 * time.Second,
			script: []func(service){fail("AuthorizationPendingException", 1), fail("SlowDownException", 2)},
			want:   []int{0, 5, 15, 30}},
		{name: "slow_down to the silent attempt", approve: 11 * time.Second,
			script: []func(service){fail("SlowDownException", 1)},
			want:   []int{0, 10, 20}},
		{name: "5xx doubles the wait, each time, up to a minute", approve: 190 * time.Second,
			script: []func(service){fail("AuthorizationPendingException", 1), fail("InternalServerException", 5)},
			// waits of 5, then 10, 20, 40, 60, 60, and 5 again
			want: []int{0, 5, 15, 35, 75, 135, 195}},
		{name: "back to the interval after a proper answer", approve: 36 * time.Second,
			script: []func(service){fail("AuthorizationPendingException", 1), fail("InternalServerException", 2), fail("AuthorizationPendingException", 1)},
			want:   []int{0, 5, 15, 35, 40}},
		{name: "the silent attempt fails", approve: time.Second,
			script: []func(service){fail("InternalServerException", 1)},
			want:   []int{0, 10}},
		{name: "slow_down is a proper answer", approve: 26 * time.Second,
			script: []func(service){fail("AuthorizationPendingException", 1), fail("InternalServerException", 1), fail("SlowDownException", 1)},
			want:   []int{0, 5, 15, 25, 35}},
		{name: "a failure beside slow_down", approve: 46 * time.Second,
			script: []func(service){fail("SlowDownException", 1), fail("InternalServerException", 1)},
			want:   []int{0, 10, 30, 40, 50}},
		{name: "a poll times out after 30 s", approve: 46 * time.Second,
			script: []func(service){fail("AuthorizationPendingException", 1), handle(hang, 1)},
			want:   []int{0, 5, 45, 50}},
		{name: "connections drop", approve: 36 * time.Second,
			script: []func(service){fail("AuthorizationPendingException", 1), handle(drop, 2)},
			want:   []int{0, 5, 15, 35, 40}},
		{name: "a proxy's 502, and 429", approve: 36 * time.Second,
			script: []func(service){fail("AuthorizationPendingException", 1),
				handle(status(502, "<html>bad gateway</html>"), 1), handle(status(429, ""), 1)},
			want: []int{0, 5, 15, 35, 40}},
		{name: "AWS throttles", approve: 16 * time.Second,
			script: []func(service){fail("AuthorizationPendingException", 1),
				handle(status(400, `{"__type":"ThrottlingException","message":"Rate exceeded"}`), 1)},
			want: []int{0, 5, 15, 20}},
		{name: "a timeout of the service's own", approve: 16 * time.Second,
			script: []func(service){fail("AuthorizationPendingException", 1), handle(status(408, ""), 1)},
			want:   []int{0, 5, 15, 20}},
		{name: "a long interval is longer than the longest back-off", interval: 45 * time.Second, approve: 200 * time.Second,
			script: []func(service){fail("SlowDownException", 4), fail("InternalServerException", 1)},
			want:   []int{0, 50, 105, 165, 230, 295}},
		{name: "denied", deny: 7 * time.Second, want: []int{0, 5, 10}, err: login.ErrDenied},
		{name: "expired, as we count", life: 12 * time.Second, want: []int{0, 5, 10}, end: 12 * time.Second, err: login.ErrExpired},
		{name: "expired, as the service counts",
			script: []func(service){fail("AuthorizationPendingException", 2), fail("ExpiredTokenException", 1)},
			want:   []int{0, 5, 10}, err: login.ErrExpired},
		{name: "the service says pending for ever", life: 20 * time.Second,
			script: []func(service){fail("AuthorizationPendingException", 100)},
			want:   []int{0, 5, 10, 15}, end: 20 * time.Second, err: login.ErrExpired},
		{name: "the last poll hangs", life: 20 * time.Second,
			script: []func(service){fail("AuthorizationPendingException", 2), handle(hang, 1)},
			want:   []int{0, 5, 10}, end: 20 * time.Second, err: login.ErrExpired},
		{name: "cancelled between polls", cancel: 7 * time.Second, want: []int{0, 5}, end: 7 * time.Second, err: context.Canceled},
		{name: "cancelled in a poll", cancel: 7 * time.Second,
			script: []func(service){fail("AuthorizationPendingException", 1), handle(hang, 1)},
			want:   []int{0, 5}, end: 7 * time.Second, err: context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				if tt.interval == 0 {
					tt.interval = 5 * time.Second
				}
				s := ssooidctest.New(ssooidctest.Options{Interval: tt.interval, DeviceCodeLifetime: tt.life})
				for _, f := range tt.script {
					f(s)
				}
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				cfg := config(s)
				cfg.Prompt = func(ctx context.Context, c login.Challenge) error {
					if !c.ExpiresAt.Equal(time.Now().Add(or(tt.life, 600*time.Second))) && tt.end == 0 {
						t.Errorf("the challenge expires at %v", c.ExpiresAt)
					}
					for _, act := range []struct {
						at time.Duration
						do func()
					}{
						{tt.approve, func() { must(t, s.Approve(c.UserCode)) }},
						{tt.deny, func() { must(t, s.Deny(c.UserCode)) }},
						{tt.cancel, cancel},
					} {
						if act.at > 0 {
							time.AfterFunc(act.at, act.do)
						}
					}
					return nil
				}
				var log logs
				cfg.Logger = log.logger()
				start := time.Now()
				token, err := newSession(t, cfg).Login(ctx)
				took := time.Since(start)

				if !errors.Is(err, tt.err) {
					t.Fatalf("Login: %v, want %v", err, tt.err)
				}
				if tt.err == nil && (token.AccessToken == "" || !token.Refreshable || !token.ExpiresAt.Equal(time.Now().Add(time.Hour))) {
					t.Errorf("Login: %v", token)
				}
				for _, other := range []error{login.ErrDenied, login.ErrExpired, context.Canceled, context.DeadlineExceeded} {
					if other != tt.err && errors.Is(err, other) {
						t.Errorf("%v is also a %v", err, other)
					}
				}
				if diff := cmp.Diff(tt.want, times(t, s, "CreateToken", start)); diff != "" {
					t.Errorf("polls (-want +got):\n%s", diff)
				}
				if tt.end == 0 {
					tt.end = time.Duration(tt.want[len(tt.want)-1]) * time.Second
				}
				if took != tt.end {
					t.Errorf("it took %v, want %v", took, tt.end)
				}
				if n := count(s, "RegisterClient"); n != 1 {
					t.Errorf("%d registrations", n)
				}
				checkNoSecret(t, s, err, log.String(), token)
			})
		})
	}
}

func or(d, def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// TestIntervals: what the service's answer to StartDeviceAuthorization may lack or overdo.
func TestIntervals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change map[string]any
		want   []int
		end    int
	}{
		{"no interval", map[string]any{"interval": nil}, []int{0, 5, 10}, 12},
		{"null", map[string]any{"interval": jsonNull}, []int{0, 5, 10}, 12},
		{"0", map[string]any{"interval": 0}, []int{0, 5, 10}, 12},
		{"negative", map[string]any{"interval": -3}, []int{0, 5, 10}, 12},
		{"60", map[string]any{"interval": 60, "expiresIn": 130}, []int{0, 60, 120}, 130},
		{"over 60", map[string]any{"interval": 61, "expiresIn": 130}, []int{0, 60, 120}, 130},
		{"absurd", map[string]any{"interval": math.MaxInt32, "expiresIn": 130}, []int{0, 60, 120}, 130},
		{"no lifetime", map[string]any{"interval": 60, "expiresIn": nil}, []int{0, 60, 120, 180, 240, 300, 360, 420, 480, 540}, 600},
		{"no more than no lifetime", map[string]any{"interval": 60, "expiresIn": -1}, []int{0, 60, 120, 180, 240, 300, 360, 420, 480, 540}, 600},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ssooidctest.New(ssooidctest.Options{DeviceCodeLifetime: 12 * time.Second})
				if _, ok := tt.change["expiresIn"]; ok {
					s = ssooidctest.New(ssooidctest.Options{DeviceCodeLifetime: time.Hour})
				}
				s.HandleNext("StartDeviceAuthorization", altered(s, tt.change), 1)
				start := time.Now()
				_, err := newSession(t, config(s)).Login(t.Context())
				if !errors.Is(err, login.ErrExpired) {
					t.Errorf("Login: %v", err)
				}
				if diff := cmp.Diff(tt.want, times(t, s, "CreateToken", start)); diff != "" {
					t.Errorf("polls (-want +got):\n%s", diff)
				}
				if took := time.Since(start); took != time.Duration(tt.end)*time.Second {
					t.Errorf("it took %v, want %d s", took, tt.end)
				}
			})
		})
	}
}

var jsonNull = (*int)(nil)

// TestChallenge: what a person is shown for a device code.
func TestDeviceChallenge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{})
		cfg := config(s)
		var seen login.Challenge
		returned := false
		opened := make(chan string, 1)
		cfg.Browse = func(_ context.Context, url string) error { opened <- url; return errors.New("no browser today") }
		cfg.Prompt = func(ctx context.Context, c login.Challenge) error {
			seen = c
			must(t, s.Approve(c.UserCode))
			<-ctx.Done() // it may show progress until the sign-in is over
			time.Sleep(time.Second / 2)
			returned = true
			return errors.New("too late to matter")
		}
		if _, err := newSession(t, cfg).Login(t.Context()); err != nil {
			t.Fatal(err)
		}
		if !returned {
			t.Error("Login did not wait for the prompt")
		}
		page := "https://oidc.us-east-1.amazonaws.com/device"
		want := login.Challenge{Flow: login.FlowDeviceCode, URL: page + "?user_code=" + seen.UserCode, CodeURL: page,
			UserCode: seen.UserCode, ExpiresAt: time.Now().Add(10*time.Minute - 1500*time.Millisecond)}
		if seen.UserCode == "" || seen.Submit != nil || !seen.ExpiresAt.Equal(want.ExpiresAt) {
			t.Errorf("challenge: %+v", seen)
		}
		if seen.ExpiresAt != seen.ExpiresAt.Round(0) {
			t.Error("the challenge's expiry would stand still while a laptop sleeps")
		}
		seen.ExpiresAt, seen.Submit = want.ExpiresAt, nil
		if seen.URL != want.URL || seen.CodeURL != want.CodeURL || seen.Why != "" || seen.Flow != want.Flow {
			t.Errorf("challenge: %+v, want %+v", seen, want)
		}
		if got := <-opened; got != want.URL {
			t.Errorf("the browser was to open %q, want %q", got, want.URL)
		}
	})
}

// TestSilentAttempt: a client that is authorised already asks nobody.
func TestSilentAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
		cfg := config(s)
		cfg.Prompt = func(context.Context, login.Challenge) error { t.Error("a person was asked"); return nil }
		if _, err := newSession(t, cfg).Login(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// TestPromptEnds: an error of the prompt ends the sign-in, at once; nothing else about it does.
func TestPromptEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{Interval: 5 * time.Second})
		cfg := config(s)
		torn := errors.New("the screen is torn")
		cfg.Prompt = func(context.Context, login.Challenge) error {
			time.Sleep(7 * time.Second)
			return torn
		}
		start := time.Now()
		_, err := newSession(t, cfg).Login(t.Context())
		if !errors.Is(err, torn) || errors.Is(err, context.Canceled) {
			t.Errorf("Login: %v", err)
		}
		if took := time.Since(start); took != 7*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// TestPromptEndsLate: what the prompt says when the sign-in has failed already changes nothing.
func TestPromptEndsLate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{})
		cfg := config(s)
		cfg.Prompt = func(ctx context.Context, c login.Challenge) error {
			must(t, s.Deny(c.UserCode))
			<-ctx.Done()
			return ctx.Err()
		}
		if _, err := newSession(t, cfg).Login(t.Context()); !errors.Is(err, login.ErrDenied) || errors.Is(err, context.Canceled) {
			t.Errorf("Login: %v", err)
		}
	})
}

// TestLegacy: no scopes, no refresh, eight hours.
func TestLegacy(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
		cfg := config(s)
		cfg.Name, cfg.Legacy, cfg.Flow = "", true, login.FlowAuto
		session := newSession(t, cfg)
		token, err := session.Login(t.Context())
		if err != nil || token.Refreshable || !token.ExpiresAt.Equal(time.Now().Add(8*time.Hour)) {
			t.Fatalf("Login: %v, %v", token, err)
		}
		if body := string(s.Requests()[0].Body); strings.Contains(body, "scopes") {
			t.Errorf("registered: %s", body)
		}
		time.Sleep(8*time.Hour - 1)
		if again, err := session.Token(t.Context()); err != nil || again != token {
			t.Errorf("Token: %v, %v", again, err)
		}
		time.Sleep(time.Nanosecond)
		requests := len(s.Requests())
		var required *login.RequiredError
		if _, err := session.Token(t.Context()); !errors.As(err, &required) || required.Session != startURL {
			t.Errorf("Token: %v", err)
		}
		if len(s.Requests()) != requests {
			t.Error("the service was asked")
		}
	})
}
