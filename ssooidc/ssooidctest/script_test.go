package ssooidctest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

func TestScriptInOrder(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	teapot := func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418) }
	s.FailNext("RegisterClient", "SlowDownException", 2)
	s.HandleNext("RegisterClient", teapot, 1)
	s.FailNext("RegisterClient", "InternalServerException", 0)
	s.FailNext("RegisterClient", "InvalidRedirectUriException", 1)
	s.FailNext("CreateToken", "InternalServerException", 1) // another operation's script is another

	var got []string
	for range 5 {
		r := u.post("/client/register", object{"clientName": "c", "clientType": "public"})
		got = append(got, fmt.Sprint(r.status, r.exception()))
	}
	want := []string{"400SlowDownException", "400SlowDownException", "418", "400InvalidRedirectUriException", "200"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestScriptRefuses(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	h := func(http.ResponseWriter, *http.Request) {}
	for _, tt := range []struct {
		do   func()
		want string
	}{
		{func() { s.FailNext("createToken", "SlowDownException", 1) }, `no operation "createToken"; it has [RegisterClient StartDeviceAuthorization CreateToken CreateTokenWithIAM GetRoleCredentials ListAccounts ListAccountRoles Logout Authorize Device]`},
		{func() { s.FailNext("CreateToken", "SlowDown", 1) }, `CreateToken has no exception "SlowDown"`},
		{func() { s.FailNext("CreateToken", "UnauthorizedException", 1) }, `no exception "UnauthorizedException"`},
		{func() { s.FailNext("ListAccounts", "SlowDownException", 1) }, `no exception "SlowDownException"`},
		{func() { s.FailNext("Authorize", "SlowDownException", 1) }, `no exception "SlowDownException"`},
		{func() { s.FailNext("CreateToken", "SlowDownException", -1) }, "-1 times"},
		{func() { s.HandleNext("Token", h, 1) }, `no operation "Token"`},
		{func() { s.HandleNext("CreateToken", nil, 1) }, "the handler is nil"},
		{func() { s.HandleNext("CreateToken", h, -1) }, "-1 times"},
	} {
		if got := panics(tt.do); !strings.Contains(got, tt.want) {
			t.Errorf("panics with %q, want %q", got, tt.want)
		}
	}
}

// A handler can have the real answer too: late, or lost on the way.
func TestHandleNextWithTheRealAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{})
		u := inProcess(t, s)
		late := func(w http.ResponseWriter, r *http.Request) {
			time.Sleep(time.Minute)
			if body, err := io.ReadAll(r.Body); err != nil || !strings.Contains(string(body), "clientName") {
				t.Errorf("the handler reads %q, %v", body, err)
			}
			s.ServeHTTP(w, r)
		}
		s.HandleNext("RegisterClient", late, 2)
		began := time.Now()
		client := u.register(object{"scopes": accountAccess})
		if took := time.Since(began); took != time.Minute {
			t.Errorf("the answer took %v", took)
		}
		token := u.signIn(s, client)
		s.HandleNext("CreateToken", func(_ http.ResponseWriter, r *http.Request) {
			s.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}, 1)
		body := fmt.Sprintf(`{"clientId":%q,"clientSecret":%q,"grantType":"refresh_token","refreshToken":%q}`,
			client["clientId"], client["clientSecret"], token.text("refreshToken"))
		if _, err := u.client.Post(u.url+"/token", "application/json", strings.NewReader(body)); err == nil {
			t.Error("the connection was not dropped")
		}
		u.postRaw("/token", []byte(body)).is("InvalidGrantException") // strict rotation: the new token is lost
		var operations []string
		for _, r := range s.Requests() {
			operations = append(operations, r.Operation)
		}
		want := []string{"RegisterClient", "StartDeviceAuthorization", "CreateToken", "CreateToken", "CreateToken"}
		if d := cmp.Diff(want, operations); d != "" {
			t.Errorf("recorded (+) is not what arrived (-):\n%s", d)
		}
	})
}

// A handler can change what the service gets. What is recorded is what arrived.
func TestHandlerChangesTheBody(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*http.Request)
		want   string
	}{
		"not":       {func(*http.Request) {}, ""},
		"only read": {func(r *http.Request) { io.Copy(io.Discard, r.Body) }, ""},
		"another": {func(r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(strings.NewReader(strings.ReplaceAll(string(body), "public", "confidential")))
		}, "InvalidClientMetadataException"},
		"none": {func(r *http.Request) { r.Body = http.NoBody }, "InvalidRequestException"},
		"nil":  {func(r *http.Request) { r.Body = nil }, "InvalidRequestException"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ssooidctest.New(ssooidctest.Options{})
			s.HandleNext("RegisterClient", func(w http.ResponseWriter, r *http.Request) {
				tt.change(r)
				s.ServeHTTP(w, r)
			}, 1)
			inProcess(t, s).post("/client/register", object{"clientName": "c", "clientType": "public"}).is(tt.want)
			if got := s.Requests(); len(got) != 1 || !strings.Contains(string(got[0].Body), "public") {
				t.Errorf("recorded %q", got)
			}
		})
	}
}

// A handler may use the service itself, in process and with its own context: that is another request.
func TestHandlerIsAClientToo(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	client := u.register(object{"scopes": accountAccess})
	token := u.signIn(s, client)
	before := len(s.Requests())
	s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
		req, err := http.NewRequestWithContext(r.Context(), "POST", u.url+"/client/register", strings.NewReader(`{"clientName":"c","clientType":"public"}`))
		if err != nil {
			t.Error(err)
			return
		}
		u.do(req).is("")
		s.ServeHTTP(w, r)
	}, 1)
	u.refresh(client, token.text("refreshToken")).is("")
	if n := len(s.Requests()) - before; n != 2 {
		t.Errorf("%d requests were recorded, want 2", n)
	}
}

func TestRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{})
		u := inProcess(t, s)
		s.FailNext("ListAccounts", "TooManyRequestsException", 1)
		at := time.Now()
		u.get("/assignment/accounts?max_result=5", "a-token").is("TooManyRequestsException")
		time.Sleep(time.Second)
		u.postRaw("/token?aws_iam=t", []byte("not JSON"))
		u.postRaw("/nothing", nil)

		got := s.Requests()
		want := []ssooidctest.Request{
			{Time: at, Operation: "ListAccounts", Method: "GET", Path: "/assignment/accounts", Body: []byte{}},
			{Time: at.Add(time.Second), Operation: "CreateTokenWithIAM", Method: "POST", Path: "/token", Body: []byte("not JSON")},
			{Time: at.Add(time.Second), Operation: "", Method: "POST", Path: "/nothing", Body: []byte{}},
		}
		for i, r := range got {
			if r.Host != "oidc.eu-west-1.amazonaws.com" {
				t.Errorf("Host %q", r.Host)
			}
			got[i].Host, got[i].Header, got[i].Query = "", nil, nil
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Error(d)
		}
		again := s.Requests()
		if again[0].Header.Get("x-amz-sso_bearer_token") != "a-token" || again[0].Query.Get("max_result") != "5" {
			t.Errorf("request %+v", again[0])
		}
		again[1].Body[0] = 'X'
		again[0].Header.Set("x-amz-sso_bearer_token", "x")
		again[0].Query.Set("max_result", "x")
		third := s.Requests()
		if string(third[1].Body) != "not JSON" || third[0].Header.Get("x-amz-sso_bearer_token") != "a-token" || third[0].Query.Get("max_result") != "5" {
			t.Error("a caller can change what is recorded")
		}
	})
}

// A service that runs for long keeps the latest requests.
func TestKeepRequests(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{KeepRequests: 3})
	u := inProcess(t, s)
	for i := range 10 {
		u.postRaw("/token", []byte(fmt.Sprint(i)))
		var got, want string
		for _, r := range s.Requests() {
			got += string(r.Body)
		}
		for j := max(0, i-2); j <= i; j++ {
			want += fmt.Sprint(j)
		}
		if got != want {
			t.Errorf("after %d requests it keeps %s, want %s", i+1, got, want)
		}
	}
}

// Everything can be called at once: this is for the race detector.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	client := u.register(object{"scopes": accountAccess})
	browser := u.registerBrowser()
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			s.HandleNext("Device", func(w http.ResponseWriter, r *http.Request) { s.ServeHTTP(w, r) }, 2)
			token := u.signIn(s, client)
			u.refresh(client, token.text("refreshToken")).is("")
			redirected(t, s, u.authorizeURL(browser, nil))
			s.UserCodes()
			s.Requests()
			if err := s.Revoke(token.text("accessToken")); err != nil {
				t.Error(err)
			}
			resp, err := u.client.Get(u.url + "/device")
			if err != nil {
				t.Error(err)
				return
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		})
	}
	wg.Wait()
}
