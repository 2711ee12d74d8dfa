package loopback_test

import (
	"crypto/sha256"
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/internal/loopback"
)

// Every page, by the request that leads to it.
func TestPages(t *testing.T) {
	t.Parallel()
	l := listen(t, loopback.Options{})
	callback := func(query string) string {
		return "GET /oauth/callback?" + query + " HTTP/1.1\r\nHost: HOST\r\n\r\n"
	}
	text := "error_description=%3C/dd%3E%3Cscript%20src=//evil.example%3Ealert(1)%3C/script%3E%22onload=%22x%27%26amp%3B"
	tests := []struct{ request, title string }{
		{"GET /oauth/callback HTTP/1.1\r\nHost: evil.example\r\n\r\n", "This address leads to the wrong place"},
		{"GET / HTTP/1.1\r\nHost: HOST\r\n\r\n", "Nothing to see here"},
		{"PUT /oauth/callback HTTP/1.1\r\nHost: HOST\r\n\r\n", "This is not how a sign-in ends"},
		{callback("code=c&state=wrong"), "This is another sign-in"},
		{callback("error=e%3Cb%3E&" + text), "Something went wrong on the way"},
		{callback("error=e%3Cb%3E&state=" + testState + "&" + text), "You are not signed in"},
		{callback("code=c&state=" + testState), "This sign-in is over"},
	}
	for _, test := range tests {
		page, err := send(l, test.request)
		if err != nil {
			t.Errorf("%s: %v", test.title, err)
			continue
		}
		checkPage(t, page, test.title)
		if strings.Contains(test.request, "error=") {
			for _, want := range []string{"e&lt;b&gt;", "&lt;/dd&gt;&lt;script src=//evil.example&gt;alert(1)&lt;/script&gt;&#34;onload"} {
				if !strings.Contains(page.body, want) {
					t.Errorf("%s: no %s in %s", test.title, want, page.body)
				}
			}
		}
	}
	other := listen(t, loopback.Options{})
	checkPage(t, mustVisit(t, other, "code=c&state="+testState), "Request approved")
}

func checkPage(t *testing.T, page answer, title string) {
	t.Helper()
	style := between(page.body, "<style>", "</style>")
	sum := sha256.Sum256([]byte(style))
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8",
		"Content-Security-Policy": "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options": "nosniff",
		"Referrer-Policy":        "no-referrer",
		"Cache-Control":          "no-store",
	} {
		if got := page.header.Get(name); got != want {
			t.Errorf("%s: %s: %q, want %q", title, name, got, want)
		}
	}
	if got := between(page.body, "<title>", "</title>"); got != title || !strings.Contains(page.body, "<h1>"+title+"</h1>") {
		t.Errorf("title %q, want %q", got, title)
	}
	if style == "" || strings.Contains(style, "url(") || strings.Contains(page.body, "%!") {
		t.Errorf("%s: %s", title, page.body)
	}
	// Nothing that loads, runs, or leads anywhere.
	active := regexp.MustCompile(`(?i)<(script|link|img|iframe|object|form|a|base)\b|<[^>]*\s(on\w+|src|href|style)=`)
	if found := active.FindString(page.body); found != "" {
		t.Errorf("%s: there is a %s", title, found)
	}
}

func between(s, begin, end string) string {
	_, s, _ = strings.Cut(s, begin)
	s, _, _ = strings.Cut(s, end)
	return s
}
