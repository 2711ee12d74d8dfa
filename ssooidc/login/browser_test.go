package login_test

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// browserConfig signs in with a browser that is played by the service. The redirect goes over a real socket, so these tests
// are outside synctest.
func browserConfig(s *ssooidctest.Service) login.Config {
	cfg := config(s)
	cfg.Flow = login.FlowBrowser
	cfg.Browse = func(_ context.Context, url string) error { return s.Visit(url) }
	return cfg
}

// TestBrowserShape: the authorize URL and the calls around it, as the AWS CLI's were recorded (November 2026). There is no
// browser flow in Debian's AWS CLI (2.9) to compare with.
func TestBrowserShape(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	cfg := browserConfig(s)
	cfg.Scopes = []string{"sso:account:access", "codewhisperer:completions"}
	var opened string
	cfg.Browse = func(_ context.Context, url string) error { opened = url; return s.Visit(url) }
	var seen prompts
	cfg.Prompt = seen.prompt
	session, token := signIn(t, cfg)
	if !token.Refreshable || token.AccessToken == "" {
		t.Errorf("Login: %v", token)
	}
	if again, err := session.Token(t.Context()); err != nil || again != token {
		t.Errorf("Token: %v, %v", again, err)
	}

	shape := regexp.MustCompile(`^https://oidc\.us-east-1\.amazonaws\.com/authorize\?response_type=code&client_id=([^&]+)` +
		`&redirect_uri=http%3A%2F%2F127\.0\.0\.1%3A([0-9]+)%2Foauth%2Fcallback&state=([^&]{43})&code_challenge_method=S256` +
		`&scopes=sso%3Aaccount%3Aaccess%20codewhisperer%3Acompletions&code_challenge=([^&]{43})$`)
	parts := shape.FindStringSubmatch(opened)
	if parts == nil {
		t.Fatalf("opened %s", opened)
	}
	want := []login.Challenge{{Flow: login.FlowBrowser, URL: opened}}
	got := seen.all()
	if len(got) == 1 {
		if left := time.Until(got[0].ExpiresAt); got[0].Submit == nil || left > 10*time.Minute || left < 9*time.Minute || got[0].ExpiresAt != got[0].ExpiresAt.Round(0) {
			t.Errorf("challenge: %+v", got[0])
		}
		got[0].Submit, got[0].ExpiresAt = nil, time.Time{}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("challenges (-want +got):\n%s", diff)
	}

	var operations []string
	bodies := map[string]map[string]any{}
	for _, r := range s.Requests() {
		operations = append(operations, r.Operation)
		var body map[string]any
		if json.Unmarshal(r.Body, &body) == nil {
			bodies[r.Operation] = body
		}
	}
	if diff := cmp.Diff([]string{"RegisterClient", "Authorize", "Authorize", "CreateToken"}, operations); diff != "" {
		t.Errorf("operations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]any{
		"clientName":   "ssooidc-go",
		"clientType":   "public",
		"grantTypes":   []any{"authorization_code", "refresh_token"},
		"redirectUris": []any{"http://127.0.0.1/oauth/callback"},
		"issuerUrl":    startURL,
		"scopes":       []any{"sso:account:access", "codewhisperer:completions"},
	}, bodies["RegisterClient"]); diff != "" {
		t.Errorf("RegisterClient (-want +got):\n%s", diff)
	}
	create := bodies["CreateToken"]
	for _, name := range []string{"clientSecret", "code"} {
		if create[name] == "" || create[name] == nil {
			t.Errorf("CreateToken lacks %s", name)
		}
		delete(create, name)
	}
	verifier, _ := create["codeVerifier"].(string)
	if len(verifier) < 43 {
		t.Errorf("the verifier has %d characters", len(verifier))
	}
	delete(create, "codeVerifier")
	if diff := cmp.Diff(map[string]any{
		"clientId":    parts[1],
		"grantType":   "authorization_code",
		"redirectUri": "http://127.0.0.1:" + parts[2] + "/oauth/callback",
	}, create); diff != "" {
		t.Errorf("CreateToken (-want +got):\n%s", diff)
	}

	// The session goes on like any other.
	next, err := session.Refresh(t.Context(), token.AccessToken)
	if err != nil || next.AccessToken == token.AccessToken {
		t.Errorf("Refresh: %v, %v", next, err)
	}
}

// TestBrowseCallsBack: a browser that is back before Browse returns, a thousand times.
func TestBrowseCallsBack(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	session := newSession(t, browserConfig(s))
	for i := range 1000 {
		if _, err := session.Login(t.Context()); err != nil {
			t.Fatalf("sign-in %d: %v", i, err)
		}
	}
	if n := count(s, "RegisterClient"); n != 1 {
		t.Errorf("%d registrations", n)
	}
}

// TestBrowserEnds: how a sign-in in the browser ends, other than well.
func TestBrowserEnds(t *testing.T) {
	t.Parallel()
	type service = *ssooidctest.Service
	// callback sends a query to the address that the browser is to come back to.
	callback := func(authorizeURL string, change func(url.Values)) error {
		u, err := url.Parse(authorizeURL)
		if err != nil {
			return err
		}
		q := url.Values{"state": {u.Query().Get("state")}}
		change(q)
		resp, err := http.Get(u.Query().Get("redirect_uri") + "?" + q.Encode())
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	tests := []struct {
		name   string
		browse func(service, string) error
		script func(service)
		is     []error
		as     any
		says   string
		tokens int // requests for one
	}{
		{name: "denied", browse: func(s service, u string) error { return s.VisitDeny(u) },
			is: []error{login.ErrDenied}, as: new(*login.AuthorizationError), says: "access_denied"},
		{name: "another error", browse: func(_ service, u string) error {
			return callback(u, func(q url.Values) {
				q.Set("error", "invalid_scope")
				q.Set("error_description", "<script>\x1b[2J")
			})
		}, as: new(*login.AuthorizationError), says: "the browser came back with an error: invalid_scope: <script> [2J"},
		{name: "an error without a state, then a denial", browse: func(s service, u string) error {
			err := callback(u, func(q url.Values) { q.Del("state"); q.Set("error", "server_error") })
			return errors.Join(err, s.VisitDeny(u))
		}, is: []error{login.ErrDenied}, says: "server_error"},
		{name: "the code is refused", browse: func(s service, u string) error { return s.Visit(u) },
			script: func(s service) { s.FailNext("CreateToken", "InvalidGrantException", 1) },
			as:     new(*ssooidc.InvalidGrantException), tokens: 1},
		{name: "the connection drops during the exchange", browse: func(s service, u string) error { return s.Visit(u) },
			script: func(s service) { s.HandleNext("CreateToken", drop, 1) },
			as:     new(*ssooidc.TransportError), tokens: 1},
		{name: "the exchange is denied", browse: func(s service, u string) error { return s.Visit(u) },
			script: func(s service) { s.FailNext("CreateToken", "AccessDeniedException", 1) },
			is:     []error{login.ErrDenied}, as: new(*ssooidc.AccessDeniedException), tokens: 1},
		{name: "the registration is refused", script: func(s service) { s.FailNext("RegisterClient", "InvalidScopeException", 1) },
			as: new(*ssooidc.InvalidScopeException)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := ssooidctest.New(ssooidctest.Options{})
			if tt.script != nil {
				tt.script(s)
			}
			var log logs
			cfg := browserConfig(s)
			cfg.Browse = func(_ context.Context, u string) error { return tt.browse(s, u) }
			cfg.Logger = log.logger()
			_, err := newSession(t, cfg).Login(t.Context())
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Fatalf("Login: %v, want %s", err, tt.says)
			}
			for _, is := range tt.is {
				if !errors.Is(err, is) {
					t.Errorf("Login: %v is no %v", err, is)
				}
			}
			if len(tt.is) == 0 && (errors.Is(err, login.ErrDenied) || errors.Is(err, login.ErrExpired)) {
				t.Errorf("Login: %v", err)
			}
			if tt.as != nil && !errors.As(err, tt.as) {
				t.Errorf("Login: %v is no %T", err, tt.as)
			}
			if n := count(s, "CreateToken"); n != tt.tokens {
				t.Errorf("%d requests for a token", n)
			}
			checkNoSecret(t, s, err, log.String())
		})
	}
}

// TestFallBack: FlowAuto goes over to the device code by itself; FlowBrowser does not.
func TestFallBack(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	port := taken.Addr().(*net.TCPAddr).Port
	fails := func(context.Context, string) error { return errors.New("no such program") }
	tests := []struct {
		name   string
		change func(*login.Config)
		flows  []login.Flow // of the challenges
		why    string       // of the last
		opened int          // how often Browse was called
		fails  bool
	}{
		{"the browser opens", func(*login.Config) {}, []login.Flow{login.FlowBrowser}, "", 1, false},
		{"the browser can't be opened", func(c *login.Config) { c.Browse = fails },
			[]login.Flow{login.FlowBrowser, login.FlowDeviceCode}, "the browser could not be opened", 1, false},
		{"the port is taken", func(c *login.Config) { c.RedirectPort = port },
			[]login.Flow{login.FlowDeviceCode}, "port * could not be opened", 1, false},
		{"legacy", func(c *login.Config) { c.Legacy = true }, []login.Flow{login.FlowDeviceCode}, "a legacy profile", 1, false},
		{"FlowDeviceCode", func(c *login.Config) { c.Flow = login.FlowDeviceCode }, []login.Flow{login.FlowDeviceCode}, "", 1, false},
		{"FlowBrowser, and the port is taken", func(c *login.Config) { c.Flow, c.RedirectPort = login.FlowBrowser, port }, nil, "", 0, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := ssooidctest.New(ssooidctest.Options{})
			var seen prompts
			cfg := browserConfig(s)
			cfg.Flow = login.FlowAuto
			cfg.Prompt = func(ctx context.Context, c login.Challenge) error {
				if c.Flow == login.FlowDeviceCode {
					must(t, s.Approve(c.UserCode))
				}
				return seen.prompt(ctx, c)
			}
			tt.change(&cfg)
			opened, browse := make(chan string, 10), cfg.Browse
			cfg.Browse = func(ctx context.Context, u string) error {
				opened <- u
				if strings.Contains(u, "user_code=") {
					return nil
				}
				return browse(ctx, u)
			}
			_, err := newSession(t, cfg).Login(t.Context())
			if (err != nil) != tt.fails {
				t.Errorf("Login: %v", err)
			}
			if tt.fails && !strings.Contains(err.Error(), "device code instead") {
				t.Errorf("Login: %v", err)
			}
			var flows []login.Flow
			why := ""
			for _, c := range seen.all() {
				flows = append(flows, c.Flow)
				why = regexp.MustCompile(`[0-9]+`).ReplaceAllString(c.Why, "*")
			}
			if diff := cmp.Diff(tt.flows, flows); diff != "" || why != tt.why {
				t.Errorf("shown because of %q, want %q (-want +got):\n%s", why, tt.why, diff)
			}
			if len(opened) != tt.opened {
				t.Errorf("Browse was called %d times, want %d", len(opened), tt.opened)
			}
		})
	}
}

// TestUnverifiedBeforeFallBack: an error that a browser may have brought is named in the final error too when the sign-in has gone
// over to the device code since.
func TestUnverifiedBeforeFallBack(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentDeny})
	cfg := browserConfig(s)
	cfg.Flow = login.FlowAuto
	cfg.Browse = func(_ context.Context, address string) error {
		u, err := url.Parse(address)
		must(t, err)
		if callback := u.Query().Get("redirect_uri"); callback != "" {
			resp, err := http.Get(callback + "?error=server_error&error_description=Unsure")
			must(t, err)
			resp.Body.Close()
		}
		return errors.New("crashed")
	}
	_, err := newSession(t, cfg).Login(t.Context())
	if !errors.Is(err, login.ErrDenied) || !strings.HasSuffix(err.Error(), "(the browser reported, though not surely of this sign-in, that the sign-in service answered with server_error: Unsure)") {
		t.Errorf("Login: %v", err)
	}
	checkNoSecret(t, s, err)
}

// TestNoBrowserHere: without a way of opening one, FlowAuto does not begin the browser flow, and FlowBrowser shows why it
// opens none.
func TestNoBrowserHere(t *testing.T) {
	t.Setenv("SSH_CONNECTION", "192.0.2.1 1 192.0.2.2 22")
	for _, flow := range []login.Flow{login.FlowAuto, login.FlowBrowser} {
		s := ssooidctest.New(ssooidctest.Options{})
		var seen prompts
		cfg := browserConfig(s)
		cfg.Flow, cfg.Browse = flow, nil
		cfg.Prompt = func(ctx context.Context, c login.Challenge) error {
			if c.Flow == login.FlowBrowser {
				return errors.Join(seen.prompt(ctx, c), s.Visit(c.URL))
			}
			return errors.Join(seen.prompt(ctx, c), s.Approve(c.UserCode))
		}
		if _, err := newSession(t, cfg).Login(t.Context()); err != nil {
			t.Errorf("%v: %v", flow, err)
		}
		got := seen.all()
		if len(got) != 1 || got[0].Why != "SSH session" || (got[0].Flow == login.FlowBrowser) != (flow == login.FlowBrowser) {
			t.Errorf("%v: %+v", flow, got)
		}
	}
}

// TestFlowBrowserGoesOn: a browser that can't be opened does not end FlowBrowser: the person can open the address, or paste
// where it leads to.
func TestFlowBrowserGoesOn(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	var log logs
	cfg := browserConfig(s)
	cfg.Logger = log.logger()
	cfg.Browse = func(_ context.Context, u string) error { return errors.New("can't open " + u) }
	cfg.Prompt = func(ctx context.Context, c login.Challenge) error {
		for log.count("the browser could not be opened") == 0 && ctx.Err() == nil {
			runtime.Gosched()
		}
		address, err := s.Redirect(c.URL)
		if err != nil {
			return err
		}
		u, _ := url.Parse(c.URL)
		state := u.Query().Get("state")
		for _, wrong := range []string{"", "hello", strings.Replace(address, "http:", "https:", 1), strings.Replace(address, "127.0.0.1", "127.0.0.2", 1),
			strings.Replace(address, state, "."+state[1:], 1), address + "&code=another"} {
			if c.Submit(wrong) == nil {
				t.Errorf("%q was taken", wrong)
			}
		}
		return c.Submit(address)
	}
	if _, err := newSession(t, cfg).Login(t.Context()); err != nil {
		t.Error(err)
	}
	if log.count("the browser could not be opened") != 1 {
		t.Errorf("log:\n%s", log.String())
	}
	for _, never := range []string{"code=", "state="} {
		if strings.Contains(log.String(), never) {
			t.Errorf("the log has %s:\n%s", never, log.String())
		}
	}
	checkNoSecret(t, s, log.String())
}

// TestBrowserUnknownClient: the service no longer knows the remembered client, and says so at the exchange.
func TestBrowserUnknownClient(t *testing.T) {
	t.Parallel()
	for times, registers := range map[int]int{1: 2, 2: 2} {
		s := ssooidctest.New(ssooidctest.Options{})
		cfg := browserConfig(s)
		cfg.RedirectPort = freePort(t) // it must be free again for the second try
		session, _ := signIn(t, cfg)
		s.FailNext("CreateToken", "InvalidClientException", times)
		_, err := session.Login(t.Context())
		if (err == nil) != (times == 1) || err != nil && !errors.As(err, new(*ssooidc.InvalidClientException)) {
			t.Errorf("Login after %d refusals: %v", times, err)
		}
		if n := count(s, "RegisterClient"); n != registers {
			t.Errorf("%d registrations", n)
		}
	}
}

// freePort is one that was free a moment ago.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// TestFlowsShareAnEntry: the two flows need registrations of their own, under one key.
func TestFlowsShareAnEntry(t *testing.T) {
	t.Parallel()
	s := approving()
	cfg := browserConfig(s)
	device := cfg
	device.Flow = login.FlowDeviceCode
	for i, c := range []login.Config{cfg, device, device, cfg} {
		if _, err := newSession(t, c).Login(t.Context()); err != nil {
			t.Fatalf("sign-in %d: %v", i, err)
		}
	}
	if n := count(s, "RegisterClient"); n != 3 {
		t.Errorf("%d registrations", n)
	}
}

// TestBrowserCancelled: a sign-in in the browser ends with its context, at once, and frees its port.
func TestBrowserCancelled(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	cfg := browserConfig(s)
	ctx, cancel := context.WithCancel(t.Context())
	var address string
	cfg.Browse = func(ctx context.Context, u string) error {
		address = u
		cancel()
		<-ctx.Done()
		return ctx.Err()
	}
	_, err := newSession(t, cfg).Login(ctx)
	if !errors.Is(err, context.Canceled) || errors.Is(err, login.ErrExpired) {
		t.Errorf("Login: %v", err)
	}
	u, _ := url.Parse(address)
	redirect, _ := url.Parse(u.Query().Get("redirect_uri"))
	if conn, err := net.Dial("tcp4", redirect.Host); err == nil {
		conn.Close()
		t.Error("the port is still open")
	}
}

// TestBrowserDeadline: ten minutes by the wall clock, and an answer up to the last moment.
func TestBrowserDeadline(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer time.Duration
		cancel time.Duration
		takes  time.Duration
		err    error
	}{
		{"nobody comes", 0, 0, 10 * time.Minute, login.ErrExpired},
		{"in the last second", 10*time.Minute - 1, 0, 10*time.Minute - 1, nil},
		{"at once", 1, 0, 1, nil},
		{"cancelled", 0, time.Minute, time.Minute, context.Canceled},
		{"cancelled when it looks at the clock", 0, 10 * time.Second, 10 * time.Second, context.Canceled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.cancel > 0 {
					time.AfterFunc(tt.cancel, cancel)
				}
				l := &listener{answer: make(chan struct{})}
				if tt.answer > 0 {
					time.AfterFunc(tt.answer, func() { close(l.answer) })
				}
				start := time.Now()
				code, err := login.AwaitRedirect(ctx, l, start.Add(10*time.Minute).Round(0))
				if !errors.Is(err, tt.err) || (code == "code") != (tt.err == nil) || time.Since(start) != tt.takes {
					t.Errorf("%q, %v, after %v", code, err, time.Since(start))
				}
				// A timer stands still while a laptop sleeps: the clock on the wall must be looked at too.
				if most := 10*time.Second + 1; tt.takes > most && l.longest > most {
					t.Errorf("for %v nobody looked at the clock", l.longest)
				}
			})
		})
	}
}

// listener stands in for one with sockets.
type listener struct {
	answer  chan struct{}
	longest time.Duration // of the waits
}

func (l *listener) Wait(ctx context.Context) (string, error) {
	begin := time.Now()
	defer func() { l.longest = max(l.longest, time.Since(begin)) }()
	select {
	case <-l.answer:
		return "code", nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// TestRefusedAddresses: an address that no browser should get is not handed to Browse either.
func TestRefusedAddresses(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"file:///etc/passwd", "javascript:alert(1)", "http://evil.example/", "https://user@evil.example/", "https://x.example/\x1b[2J"} {
		synctest.Test(t, func(t *testing.T) {
			m := &mock{
				start: func() (*ssooidc.StartDeviceAuthorizationResponse, error) {
					return &ssooidc.StartDeviceAuthorizationResponse{DeviceCode: "d", UserCode: "ABCD-EFGH", VerificationURI: address, Interval: 1}, nil
				},
				token: func(call int) (*ssooidc.CreateTokenResponse, error) {
					if call == 1 {
						return nil, &ssooidc.AuthorizationPendingException{}
					}
					return &ssooidc.CreateTokenResponse{AccessToken: "token", ExpiresIn: 60}, nil
				},
			}
			cfg := mockConfig(m)
			cfg.Browse = func(context.Context, string) error { t.Errorf("%q was opened", address); return nil }
			if _, err := newSession(t, cfg).Login(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNoAuthorizeURL: without an address to open there is nothing to wait for.
func TestNoAuthorizeURL(t *testing.T) {
	t.Parallel()
	broken := errors.New("no address")
	for _, want := range []error{nil, broken} {
		m := &mock{authorize: func() (string, error) { return "", want }}
		cfg := mockConfig(m)
		cfg.Flow = login.FlowBrowser
		_, err := newSession(t, cfg).Login(t.Context())
		if err == nil || want != nil && !errors.Is(err, want) || want == nil && !strings.Contains(err.Error(), "AuthorizeURL") {
			t.Errorf("got %v, want one about %v", err, want)
		}
	}
}
