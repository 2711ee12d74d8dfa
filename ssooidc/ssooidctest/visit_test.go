package ssooidctest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// callback is a client's redirect listener, and what it was given.
func callback(t *testing.T, status int) (redirectURI string, got chan url.Values) {
	got = make(chan url.Values, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/callback" {
			got <- r.URL.Query()
			if status == http.StatusFound {
				w.Header().Set("Location", "/done")
			}
			w.WriteHeader(status)
			return
		}
		io.WriteString(w, "done")
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/oauth/callback", got
}

func TestVisit(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		opts    ssooidctest.Options
		visit   func(*ssooidctest.Service, string) error
		status  int        // the callback's
		change  url.Values // to the authorize URL
		want    string     // the error that the callback gets; "": a code
		wantErr string
	}{
		{"approve", ssooidctest.Options{}, (*ssooidctest.Service).Visit, 200, nil, "", ""},
		{"deny", ssooidctest.Options{}, (*ssooidctest.Service).VisitDeny, 200, nil, "access_denied", ""},
		{"the callback redirects", ssooidctest.Options{}, (*ssooidctest.Service).Visit, 302, nil, "", ""},
		{"the callback is not content", ssooidctest.Options{}, (*ssooidctest.Service).Visit, 400, nil, "", "400 Bad Request"},
		{"consent approves", ssooidctest.Options{Consent: ssooidctest.ConsentApprove, ConsentDelay: time.Millisecond},
			(*ssooidctest.Service).VisitDeny, 200, nil, "", ""},
		{"consent denies", ssooidctest.Options{Consent: ssooidctest.ConsentDeny}, (*ssooidctest.Service).Visit, 200, nil, "access_denied", ""},
		{"the client's mistake", ssooidctest.Options{}, (*ssooidctest.Service).Visit, 200,
			url.Values{"code_challenge_method": {"plain"}}, "invalid_request", "invalid_request"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// The callback is real, and reached from a bubble too. It listens outside: within, time would
			// stand still while it waits for a connection.
			uri, got := callback(t, tt.status)
			synctest.Test(t, func(t *testing.T) {
				s := ssooidctest.New(tt.opts)
				u := inProcess(t, s)
				client := u.registerBrowser()
				change := url.Values{"redirect_uri": {uri}}
				for name, values := range tt.change {
					change[name] = values
				}
				err := tt.visit(s, u.authorizeURL(client, change))
				if tt.wantErr == "" && err != nil || tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)) {
					t.Errorf("error %v, want %q", err, tt.wantErr)
				}
				select {
				case q := <-got:
					if q.Get("error") != tt.want || q.Get("state") != "the state & more" || q.Has("code") != (tt.want == "") {
						t.Errorf("the callback got %v", q)
					}
					if err != nil && q.Get("code") != "" && strings.Contains(err.Error(), q.Get("code")) {
						t.Errorf("the error holds the code: %v", err)
					}
				default:
					t.Error("the callback got nothing")
				}
			})
		})
	}
}

// A callback may send the browser on: on this machine it goes there, and not for ever.
func TestVisitFollows(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		next func(srv string, n int) string
		want int // requests that arrive
	}{
		"here":      {func(srv string, n int) string { return [...]string{srv + "/done", ""}[n-1] }, 2},
		"for ever":  {func(srv string, n int) string { return srv + "/done" }, 10},
		"elsewhere": {func(string, int) string { return "https://callback.invalid/" }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n, own := 0, ""
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				n++
				if next := tt.next(own, n); next != "" {
					w.Header().Set("Location", next)
					w.WriteHeader(http.StatusFound)
				}
			}))
			defer srv.Close()
			own = srv.URL
			s := ssooidctest.New(ssooidctest.Options{})
			u := inProcess(t, s)
			if err := s.Visit(u.authorizeURL(u.registerBrowser(), url.Values{"redirect_uri": {srv.URL + "/oauth/callback"}})); err != nil {
				t.Error(err)
			}
			if n != tt.want {
				t.Errorf("%d requests, want %d", n, tt.want)
			}
		})
	}
}

func TestVisitFails(t *testing.T) {
	t.Parallel()
	srv := ssooidctest.NewServer(ssooidctest.Options{})
	defer srv.Close()
	u := user{t, srv.HTTPClient(), srv.URL}
	client := u.registerBrowser()

	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	answers := func(h http.HandlerFunc) func() {
		return func() { srv.HandleNext("Authorize", h, 1) }
	}
	for _, tt := range []struct {
		name, url, want string
		before          func()
	}{
		{"no URL", ":", "no authorize URL", nil},
		{"not absolute", "/authorize", "no authorize URL", nil},
		{"another page", srv.URL + "/device", "without a consent form", nil},
		{"no page", srv.URL + "/nothing", "404", nil},
		{"an unknown client", u.authorizeURL(client, url.Values{"client_id": {"x"}}), "The client is not registered here.", nil},
		{"nobody listens", u.authorizeURL(client, url.Values{"redirect_uri": {gone.URL + "/oauth/callback"}}), "the callback did not answer", nil},
		{"a failure", u.authorizeURL(client, nil), "500 Internal Server Error",
			answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) })},
		{"a dropped connection", u.authorizeURL(client, nil), "dropped the connection",
			answers(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })},
		{"a page from elsewhere", u.authorizeURL(client, nil), "without a consent form",
			answers(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<main>Pay for <b>WiFi & more") })},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.before != nil {
				tt.before()
			}
			err := srv.Visit(tt.url)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "code=") {
				t.Errorf("the error holds the code: %v", err)
			}
		})
	}
}
