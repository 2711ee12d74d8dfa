package ssooidctest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(1)>&amp;{{.}}`

// view is a page as a browser gets it, and checks what every page must be.
func (u user) view(req *http.Request) (status int, page string) {
	u.t.Helper()
	resp, err := u.client.Do(req)
	if err != nil {
		u.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		u.t.Fatal(err)
	}
	page = string(data)
	if problem := pageProblem(resp.Header, page); problem != "" {
		u.t.Errorf("%s %s: %s in\n%s", req.Method, req.URL, problem, page)
	}
	return resp.StatusCode, page
}

// pageProblem says what is wrong with a page, whatever it is about.
func pageProblem(h http.Header, page string) string {
	for name, want := range map[string]string{
		"Content-Type":               "text/html; charset=utf-8",
		"X-Frame-Options":            "DENY",
		"X-Content-Type-Options":     "nosniff",
		"Cross-Origin-Opener-Policy": "same-origin",
		"Cache-Control":              "no-store",
		"Referrer-Policy":            "same-origin",
	} {
		if h.Get(name) != want {
			return name + " is " + h.Get(name)
		}
	}
	style := regexp.MustCompile(`(?s)<style>(.*)</style>`).FindStringSubmatch(page)
	if style == nil {
		return "no style"
	}
	sum := sha256.Sum256([]byte(style[1]))
	csp := h.Get("Content-Security-Policy")
	for _, want := range []string{
		"default-src 'none';", "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "';",
		"base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'",
	} {
		if !strings.Contains(csp, want) {
			return "Content-Security-Policy without " + want + ": " + csp
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "script-src") || strings.Contains(csp, "*") {
		return "a loose Content-Security-Policy: " + csp
	}

	// The pages are well-formed enough for a strict parser, which finds every element that there is.
	d := xml.NewDecoder(strings.NewReader(strings.Map(printable, page)))
	d.Entity = xml.HTMLEntity
	count := map[string]int{}
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err.Error()
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		count[start.Name.Local]++
		for _, a := range start.Attr {
			if strings.HasPrefix(a.Name.Local, "on") || a.Name.Local == "src" || a.Name.Local == "style" {
				return "an attribute " + a.Name.Local
			}
		}
	}
	for _, name := range []string{"html", "title", "main", "h1", "footer"} {
		if count[name] != 1 {
			return "not one " + name
		}
	}
	for _, name := range []string{"script", "img", "link", "iframe", "a"} {
		if count[name] != 0 {
			return "an element " + name
		}
	}
	for _, want := range []string{`<html lang="en">`, `name="viewport"`, "prefers-color-scheme: dark"} {
		if !strings.Contains(page, want) {
			return "no " + want
		}
	}
	return ""
}

// printable hides from the XML parser what HTML's allows in an attribute.
func printable(c rune) rune {
	if c < ' ' && c != '\n' || c == 0xfffe || c == 0xffff {
		return ' '
	}
	return c
}

func (u user) viewDevice(form url.Values, header ...string) (status int, page string) {
	u.t.Helper()
	req, err := http.NewRequest("POST", u.url+"/device", strings.NewReader(form.Encode()))
	if err != nil {
		u.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return u.view(req)
}

func (u user) viewURL(address string) (status int, page string) {
	u.t.Helper()
	req, err := http.NewRequest("GET", address, nil)
	if err != nil {
		u.t.Fatal(err)
	}
	return u.view(req)
}

func TestDevicePage(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	client := u.register(object{"clientName": hostile, "scopes": accountAccess})
	see := func(wantStatus int, want string) func(int, string) {
		return func(status int, page string) {
			t.Helper()
			if status != wantStatus || !strings.Contains(page, want) {
				t.Errorf("status %d, want %d and %q in\n%s", status, wantStatus, want, page)
			}
		}
	}
	for _, tt := range []struct{ decision, done, exception string }{
		{"approve", "Request approved", ""},
		{"deny", "Request denied", "AccessDeniedException"},
	} {
		started := u.start(client)
		code := started.text("userCode")
		typed := strings.ToLower(strings.ReplaceAll(code, "-", ""))

		see(200, `<label for="user_code">Code</label>`)(u.viewURL(started.text("verificationUri")))
		see(200, `<p class="code">`+code+`</p>`)(u.viewURL(started.text("verificationUriComplete")))
		see(200, "sso:account:access")(u.viewURL(u.url + "/device?user_code=" + typed))
		see(200, "&lt;script&gt;alert(1)")(u.viewURL(u.url + "/device?user_code=" + typed))
		u.poll(client, started).is("AuthorizationPendingException") // looking is not deciding

		see(400, "did not work")(u.viewDevice(url.Values{"user_code": {code}, "decision": {"maybe"}}))
		see(400, "another site")(u.viewDevice(url.Values{"user_code": {code}, "decision": {tt.decision}}, "Sec-Fetch-Site", "cross-site"))
		see(400, "another site")(u.viewDevice(url.Values{"user_code": {code}, "decision": {tt.decision}}, "Origin", "https://example.com"))
		see(200, tt.done)(u.viewDevice(url.Values{"user_code": {code}, "decision": {tt.decision}}, "Sec-Fetch-Site", "same-origin"))
		see(200, "Already answered")(u.viewDevice(url.Values{"user_code": {code}, "decision": {tt.decision}}))
		u.poll(client, started).is(tt.exception)
	}
	see(400, `role="alert">That code is not known`)(u.viewURL(u.url + "/device?user_code=" + url.QueryEscape(hostile)))
	see(400, `value="ABCD-EFG"`)(u.viewURL(u.url + "/device?user_code=ABCD-EFG")) // to be corrected
	see(400, "did not work")(u.viewURL(u.url + "/device?user_code=%zz"))
	if n := len(s.UserCodes()); n != 0 {
		t.Errorf("%d codes wait", n)
	}
}

// The bare address leads to the page for a code.
func TestRootLeadsToTheDevicePage(t *testing.T) {
	t.Parallel()
	u := inProcess(t, ssooidctest.New(ssooidctest.Options{}))
	if status, page := u.viewURL(u.url + "/"); status != 200 || !strings.Contains(page, `looks like <span class="whole">ABCD-EFGH</span>`) {
		t.Errorf("status %d:\n%s", status, page)
	}
}

func TestExpiredDevicePage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := inProcess(t, ssooidctest.New(ssooidctest.Options{}))
		started := u.start(u.register(nil))
		time.Sleep(10 * time.Minute)
		if status, page := u.viewURL(started.text("verificationUriComplete")); status != 400 || !strings.Contains(page, "expired") {
			t.Errorf("status %d:\n%s", status, page)
		}
		// The page may have been open since before.
		if status, page := u.viewDevice(url.Values{"user_code": {started.text("userCode")}, "decision": {"approve"}}); status != 400 || !strings.Contains(page, "expired") {
			t.Errorf("status %d:\n%s", status, page)
		}
	})
}

// Of those who answer at once, one has answered.
func TestDevicePageIsAnsweredOnce(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	code := u.start(u.register(nil)).text("userCode")
	var wg sync.WaitGroup
	var done atomic.Int32
	for _, decision := range []string{"approve", "deny", "approve", "deny", "approve", "deny"} {
		wg.Go(func() {
			switch _, page := u.viewDevice(url.Values{"user_code": {code}, "decision": {decision}}); {
			case strings.Contains(page, "Request approved") || strings.Contains(page, "Request denied"):
				done.Add(1)
			case !strings.Contains(page, "Already answered"):
				t.Errorf("got\n%s", page)
			}
		})
	}
	wg.Wait()
	if n := done.Load(); n != 1 {
		t.Errorf("%d answers were taken", n)
	}
}

func TestConsentPage(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	client := u.register(object{
		"clientName": hostile, "scopes": accountAccess, "grantTypes": []string{"authorization_code"},
		"redirectUris": []string{"http://127.0.0.1/oauth/callback"},
	})
	address := u.authorizeURL(client, url.Values{"state": {hostile}})
	req, err := http.NewRequest("GET", address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if status, page := u.view(req); status != 200 || !strings.Contains(page, "&lt;script&gt;alert(1)") || !strings.Contains(page, "sso:account:access") {
		t.Errorf("status %d:\n%s", status, page)
	}
	resp, err := u.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	// Chromium holds a form's redirects to form-action too.
	if csp := resp.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' http://127.0.0.1:4321;") {
		t.Errorf("Content-Security-Policy %q", csp)
	}
	if q := redirected(t, s, address); q.Get("state") != hostile {
		t.Errorf("state %q", q.Get("state"))
	}
	status, page := u.viewURL(u.authorizeURL(client, url.Values{"client_id": {hostile}}))
	if status != 400 || strings.Contains(page, "alert") {
		t.Errorf("status %d:\n%s", status, page)
	}
	post := func(decision string) *http.Request {
		r, err := http.NewRequest("POST", u.url+"/authorize", strings.NewReader(req.URL.RawQuery+"&decision="+decision))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	if status, _ := u.view(post("maybe")); status != 400 {
		t.Errorf("status %d for no decision", status)
	}
	u.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if resp, err = u.client.Do(post("approve")); err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther { // with 302 or 307 a browser may send the form on
		t.Errorf("status %d after approval", resp.StatusCode)
	}
}
