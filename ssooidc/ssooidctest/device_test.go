package ssooidctest_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

func TestDeviceCodeAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{})
		u := inProcess(t, s)

		reg := u.post("/client/register", object{"clientName": "c", "clientType": "public", "scopes": accountAccess}).ok()
		now := float64(time.Now().Unix())
		want := object{
			"clientId": reg.text("clientId"), "clientSecret": reg.text("clientSecret"),
			"clientIdIssuedAt": now, "clientSecretExpiresAt": now + 90*24*3600,
			"authorizationEndpoint": nil, "tokenEndpoint": nil,
		}
		if d := cmp.Diff(want, reg.body); d != "" {
			t.Error("registration", d)
		}
		if len(reg.text("clientSecret")) <= 1024 {
			t.Errorf("a client secret of %d characters is shorter than real ones", len(reg.text("clientSecret")))
		}
		if reg.header.Get("Content-Type") != "application/json" {
			t.Errorf("headers %v", reg.header)
		}

		client := object{"clientId": reg.body["clientId"], "clientSecret": reg.body["clientSecret"]}
		started := u.start(client)
		userCode := started.text("userCode")
		want = object{
			"deviceCode": started.text("deviceCode"), "userCode": userCode,
			"verificationUri":         oidcURL + "/device",
			"verificationUriComplete": oidcURL + "/device?user_code=" + userCode,
			"expiresIn":               600.0, "interval": 1.0,
		}
		if d := cmp.Diff(want, started.body); d != "" {
			t.Error("device authorization", d)
		}
		if !regexp.MustCompile(`^[A-Z]{4}-[A-Z]{4}$`).MatchString(userCode) {
			t.Errorf("user code %q", userCode)
		}

		pending := u.poll(client, started)
		pending.is("AuthorizationPendingException")
		if pending.status != 400 || pending.body["error"] != "authorization_pending" || pending.body["error_description"] == "" {
			t.Errorf("status %d, body %v", pending.status, pending.body)
		}
		if got := pending.header.Get("X-Amzn-ErrorType"); got != "AuthorizationPendingException:http://internal.amazon.com/coral/com.amazonaws.sso.oidc/" {
			t.Errorf("X-Amzn-ErrorType %q", got)
		}

		if err := s.Approve(userCode); err != nil {
			t.Fatal(err)
		}
		token := u.poll(client, started).ok()
		want = object{
			"accessToken": token.text("accessToken"), "refreshToken": token.text("refreshToken"),
			"tokenType": "Bearer", "expiresIn": 3600.0, "idToken": nil,
			"aws_sso_app_session_id": nil, "issuedTokenType": nil, "originSessionId": nil,
		}
		if token.header.Get("Cache-Control") != "no-store" { // RFC 6749 section 5.1
			t.Errorf("headers %v", token.header)
		}
		if d := cmp.Diff(want, token.body); d != "" {
			t.Error("token", d)
		}
		u.poll(client, started).is("InvalidGrantException") // redeemed
	})
}

// A poll, and what comes of it, at a second after the device code was issued.
type poll struct {
	at   float64
	want string
}

func TestPolling(t *testing.T) {
	t.Parallel()
	const pending, slow, expired = "AuthorizationPendingException", "SlowDownException", "ExpiredTokenException"
	for _, tt := range []struct {
		name  string
		opts  ssooidctest.Options
		polls []poll
	}{
		{"at the interval", ssooidctest.Options{}, []poll{{0, pending}, {1, pending}, {2, pending}, {3, pending}}},
		{"too fast", ssooidctest.Options{Interval: 3 * time.Second},
			[]poll{{0, pending}, {2, slow}, {9, slow}, {22, pending}, {34, slow}, {52, pending}}},
		{"a little early", ssooidctest.Options{}, []poll{{0, pending}, {0.96, pending}, {1.9, slow}}},
		{"expiry", ssooidctest.Options{DeviceCodeLifetime: 3 * time.Second}, []poll{{0, pending}, {2, pending}, {3, expired}, {3, expired}}},
		{"approved after a delay", ssooidctest.Options{Consent: ssooidctest.ConsentApprove, ConsentDelay: 2 * time.Second},
			[]poll{{0, pending}, {1, pending}, {2, ""}, {3, "InvalidGrantException"}}},
		{"approved at once", ssooidctest.Options{Consent: ssooidctest.ConsentApprove}, []poll{{0, ""}}},
		{"denied after a delay", ssooidctest.Options{Consent: ssooidctest.ConsentDeny, ConsentDelay: 1500 * time.Millisecond},
			[]poll{{0, pending}, {1, pending}, {2, "AccessDeniedException"}, {2, "AccessDeniedException"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u := inProcess(t, ssooidctest.New(tt.opts))
				client := u.register(object{"scopes": accountAccess})
				began := time.Now()
				started := u.start(client)
				for _, p := range tt.polls {
					time.Sleep(time.Until(began.Add(time.Duration(p.at * float64(time.Second)))))
					if r := u.poll(client, started); r.exception() != p.want {
						t.Errorf("at %v s: %q, want %q", p.at, r.exception(), p.want)
					}
				}
			})
		})
	}
}

// A poll right after the person has answered gets the answer: slow_down is a kind of pending.
func TestAnswerBeatsSlowDown(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	client := u.register(nil)
	for _, answer := range []struct {
		give func(string) error
		want string
	}{{s.Approve, ""}, {s.Deny, "AccessDeniedException"}} {
		started := u.start(client)
		u.poll(client, started).is("AuthorizationPendingException")
		if err := answer.give(started.text("userCode")); err != nil {
			t.Fatal(err)
		}
		u.poll(client, started).is(answer.want)
	}
}

func TestApproveAndDeny(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{DeviceCodeLifetime: time.Minute})
		u := inProcess(t, s)
		client := u.register(nil)

		first := u.start(client).text("userCode")
		second := u.start(client).text("userCode")
		if got := s.UserCodes(); !slices.Equal(got, []string{first, second}) {
			t.Errorf("UserCodes %v, want %v and %v", got, first, second)
		}
		if err := s.Approve(" " + strings.ToLower(strings.ReplaceAll(first, "-", " "))); err != nil {
			t.Errorf("a code as people type it: %v", err)
		}
		for name, err := range map[string]error{
			"approving again":          s.Approve(first),
			"denying what is approved": s.Deny(first),
			"an unknown code":          s.Approve("AAAA-AAAA"),
			"no code":                  s.Deny(""),
		} {
			if err == nil {
				t.Errorf("%s is no error", name)
			}
		}
		if got := s.UserCodes(); !slices.Equal(got, []string{second}) {
			t.Errorf("UserCodes %v, want %v", got, second)
		}
		time.Sleep(time.Minute)
		if err := s.Approve(second); err == nil {
			t.Error("an expired code was approved")
		}
		if got := s.UserCodes(); len(got) != 0 {
			t.Errorf("UserCodes %v, want none", got)
		}
	})
}

// How long a token lives and whether it can be refreshed follows from the registration.
func TestScopesAndGrantsDecide(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	long := ssooidctest.New(ssooidctest.Options{TokenLifetime: 100 * time.Hour})
	for name, tt := range map[string]struct {
		service   *ssooidctest.Service
		reg       object
		expiresIn float64
		refresh   bool
	}{
		"no scopes":            {s, nil, 28800, false},
		"no scopes, both":      {s, object{"grantTypes": []string{deviceGrant, "refresh_token"}}, 28800, false},
		"scopes, grants unset": {s, object{"scopes": accountAccess}, 3600, true},
		"scopes, both grants":  {s, object{"scopes": accountAccess, "grantTypes": []string{deviceGrant, "refresh_token"}}, 3600, true},
		"scopes, no refresh":   {s, object{"scopes": accountAccess, "grantTypes": []string{deviceGrant}}, 3600, false},
		"a lifetime":           {long, object{"scopes": accountAccess}, 360000, true},
		"a lifetime, legacy":   {long, nil, 360000, false},
	} {
		t.Run(name, func(t *testing.T) {
			u := inProcess(t, tt.service)
			token := u.signIn(tt.service, u.register(tt.reg))
			if token.body["expiresIn"] != tt.expiresIn {
				t.Errorf("expiresIn %v, want %v", token.body["expiresIn"], tt.expiresIn)
			}
			if got := token.body["refreshToken"] != nil; got != tt.refresh {
				t.Errorf("a refresh token: %v, want %v", got, tt.refresh)
			}
		})
	}
}

func TestConcurrentSignIns(t *testing.T) {
	t.Parallel()
	srv := ssooidctest.NewServer(ssooidctest.Options{})
	defer srv.Close()
	u := user{t, &http.Client{Transport: &http.Transport{}}, srv.URL}
	defer u.client.CloseIdleConnections()
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			client := u.register(object{"scopes": accountAccess})
			started := u.start(client)
			u.poll(client, started).is("AuthorizationPendingException")
			if err := srv.Approve(started.text("userCode")); err != nil {
				t.Error(err)
			}
			u.poll(client, started).is("")
		})
	}
	wg.Wait()
	if got := len(srv.Requests()); got != 800 {
		t.Errorf("%d requests, want 800", got)
	}
}

// The codes that wait come in the order of issue.
func TestUserCodesInOrder(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	client := u.register(nil)
	var want []string
	for range 20 {
		want = append(want, u.start(client).text("userCode"))
	}
	if err := s.Deny(want[0]); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(want[1:], s.UserCodes()); d != "" {
		t.Error(d)
	}
}
