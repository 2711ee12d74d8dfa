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
	to := func(status int, address string) http.Handler { return http.RedirectHandler(address, status) }
	page := func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	onlyGet := func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		to(302, start).ServeHTTP(w, r)
	}
	type seen struct {
		status   int // 0: no answer within 10 s
		location string
	}
	for name, tt := range map[string]struct {
		answers   http.Handler
		head, get seen
	}{
		"301":        {to(301, start), seen{301, start}, seen{301, start}},
		"302":        {to(302, start), seen{302, start}, seen{302, start}},
		"303":        {to(303, start), seen{303, start}, seen{303, start}},
		"307":        {to(307, start), seen{307, start}, seen{307, start}},
		"308":        {to(308, start), seen{308, start}, seen{308, start}},
		"a loop":     {to(302, own), seen{302, own}, seen{302, own}},
		"plain http": {to(302, "http://a.awsapps.com"), seen{302, "http://a.awsapps.com"}, seen{302, "http://a.awsapps.com"}},
		"not AWS's":  {to(302, "https://example.org"), seen{302, "https://example.org"}, seen{302, "https://example.org"}},
		"HTML":       {http.HandlerFunc(page), seen{200, ""}, seen{200, ""}},
		"a hang":     {http.HandlerFunc(hang), seen{}, seen{}},
		"GET only":   {http.HandlerFunc(onlyGet), seen{405, ""}, seen{302, start}},
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
					if got := (seen{resp.StatusCode, resp.Header.Get("Location")}); got != want {
						t.Errorf("%s: got %v, want %v", method, got, want)
					}
					if (len(body) > 0) != (method == "GET") {
						t.Errorf("%s: body %q", method, body)
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
