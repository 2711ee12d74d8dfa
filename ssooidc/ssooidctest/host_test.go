package ssooidctest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// A company's own address, in each way that a client may meet one.
func TestHandleHost(t *testing.T) {
	t.Parallel()
	const own = "https://sso.example.com/"
	start := ssooidctest.New(ssooidctest.Options{}).StartURL()
	only := func(method string, h http.Handler) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method != method {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			h.ServeHTTP(w, r)
		}
	}
	type seen struct {
		status   int
		location string
		body     string
	}
	for name, tt := range map[string]struct {
		answers   http.Handler
		head, get seen // status 0: no answer within 10 s
	}{
		"301":                 {http.RedirectHandler(start, 301), seen{301, start, ""}, seen{301, start, "moved"}},
		"302":                 {http.RedirectHandler(start, 302), seen{302, start, ""}, seen{302, start, "found"}},
		"303":                 {http.RedirectHandler(start, 303), seen{303, start, ""}, seen{303, start, "see other"}},
		"307":                 {http.RedirectHandler(start, 307), seen{307, start, ""}, seen{307, start, "temporary"}},
		"308":                 {http.RedirectHandler(start, 308), seen{308, start, ""}, seen{308, start, "permanent"}},
		"a loop":              {http.RedirectHandler(own, 302), seen{302, own, ""}, seen{302, own, "found"}},
		"plain http":          {http.RedirectHandler("http://d-1.awsapps.com/start", 302), seen{302, "http://d-1.awsapps.com/start", ""}, seen{302, "http://d-1.awsapps.com/start", "found"}},
		"not AWS's":           {http.RedirectHandler("https://example.org/", 302), seen{302, "https://example.org/", ""}, seen{302, "https://example.org/", "found"}},
		"HTML":                {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }), seen{200, "", ""}, seen{200, "", "<html>"}},
		"a hang":              {http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), seen{}, seen{}},
		"GET only":            {only("GET", http.RedirectHandler(start, 302)), seen{405, "", ""}, seen{302, start, "found"}},
		"the service's paths": {http.RedirectHandler(start+"/token", 302), seen{302, start + "/token", ""}, seen{302, start + "/token", "found"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ssooidctest.New(ssooidctest.Options{})
				s.HandleHost("sso.Example.com", tt.answers)
				c := s.HTTPClient()
				c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				for method, want := range map[string]seen{"HEAD": tt.head, "GET": tt.get} {
					ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
					defer cancel()
					req, err := http.NewRequestWithContext(ctx, method, "https://SSO.example.com:8443/device?x=y", nil)
					if err != nil {
						t.Fatal(err)
					}
					resp, err := c.Do(req)
					if want.status == 0 {
						if !errors.Is(err, context.DeadlineExceeded) {
							t.Errorf("%s: %v, want a hang", method, err)
						}
						continue
					}
					if err != nil {
						t.Errorf("%s: %v", method, err)
						continue
					}
					body, _ := io.ReadAll(resp.Body)
					resp.Body.Close()
					if resp.StatusCode != want.status || resp.Header.Get("Location") != want.location ||
						!strings.Contains(strings.ToLower(string(body)), want.body) || (want.body == "") != (len(body) == 0) {
						t.Errorf("%s: %s to %s, %q; want %v", method, resp.Status, resp.Header.Get("Location"), body, want)
					}
				}
				for _, r := range s.Requests() {
					if r.Host != "SSO.example.com:8443" || r.Operation != "" || r.Path != "/device" {
						t.Errorf("recorded %+v", r)
					}
				}
				if n := len(s.Requests()); n != 2 {
					t.Errorf("recorded %d requests, want 2", n)
				}
			})
		})
	}
}

// A host of a test's own leaves the other hosts and the script alone, and can
// hand a request on.
func TestHandleHostBesideTheService(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	teapot := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(418) })
	s.HandleHost("proxy.example.com", teapot)
	s.HandleNext("RegisterClient", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }, 1)

	register := func(url string) int {
		return user{t, u.client, url}.post("/client/register", object{"clientName": "c", "clientType": "public"}).status
	}
	got := []int{
		register("http://proxy.example.com"), register(u.url), register(u.url), register("http://xproxy.example.com"),
	}
	s.HandleHost("proxy.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Proxy", "yes")
		s.ServeHTTP(w, r)
	}))
	got = append(got, register("http://proxy.example.com"), register("http://PROXY.example.com:8080"))
	if d := cmp.Diff([]int{418, 503, 200, 200, 200, 200}, got); d != "" {
		t.Error(d)
	}
	if n := len(s.Requests()); n != len(got) {
		t.Errorf("recorded %d requests, want %d", n, len(got))
	}
}

func TestHandleHostRefuses(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	for _, host := range []string{"", "https://sso.example.com", "sso.example.com:443", "sso.example.com/", "user@sso.example.com", "a b", "[::1]"} {
		if got := panics(func() { s.HandleHost(host, http.NotFoundHandler()) }); !strings.Contains(got, "must be the name of a host") {
			t.Errorf("%q: panics with %q", host, got)
		}
	}
	if got := panics(func() { s.HandleHost("sso.example.com", nil) }); !strings.Contains(got, "the handler is nil") {
		t.Errorf("panics with %q", got)
	}
}
