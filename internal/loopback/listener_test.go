package loopback_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/loopback"
)

// Secrets that no page, log or error may hold.
const (
	testState = "5tate-4f1c9b0de2a7"
	testCode  = "c0de-93b1a66cfe04"
)

func listen(t *testing.T, opts loopback.Options) *loopback.Listener {
	t.Helper()
	if opts.State == "" {
		opts.State = testState
	}
	l, err := loopback.Listen(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// address returns the listener's host and port.
func address(l *loopback.Listener) string {
	return strings.TrimSuffix(strings.TrimPrefix(l.RedirectURI(), "http://"), loopback.Path)
}

type answer struct {
	status int
	header http.Header
	body   string
}

// send sends the bytes of a request on a connection of its own and reads the answer. HOST and PORT stand for the
// listener's own.
func send(l *loopback.Listener, request string) (answer, error) {
	c, err := net.Dial("tcp", address(l))
	if err != nil {
		return answer{}, err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	method, _, _ := strings.Cut(request, " ")
	_, port, _ := net.SplitHostPort(address(l))
	if _, err := strings.NewReplacer("HOST", address(l), "PORT", port).WriteString(c, request); err != nil {
		return answer{}, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(c), &http.Request{Method: method})
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(body)}, err
}

// visit requests the redirect address with a query, as a browser does.
func visit(l *loopback.Listener, query string) (answer, error) {
	return send(l, "GET "+loopback.Path+"?"+query+" HTTP/1.1\r\nHost: HOST\r\nAccept: text/html\r\n\r\n")
}

func mustVisit(t *testing.T, l *loopback.Listener, query string) answer {
	t.Helper()
	a, err := visit(l, query)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// mustGetCode fails unless the true redirect is taken within a second.
func mustGetCode(t *testing.T, l *loopback.Listener) {
	t.Helper()
	begin := time.Now()
	page := mustVisit(t, l, "code="+testCode+"&state="+testState)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	code, err := l.Wait(ctx)
	if code != testCode || err != nil {
		t.Fatalf("Wait: %q, %v", code, err)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("the redirect took %v", took)
	}
	if page.status != 200 || !strings.Contains(page.body, "Request approved") {
		t.Errorf("the person sees %d: %s", page.status, page.body)
	}
}

// wait is Wait with an end.
func wait(t *testing.T, l *loopback.Listener) (code string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return l.Wait(ctx)
}

// checkWaiting fails if the sign-in is over.
func checkWaiting(t *testing.T, l *loopback.Listener) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code, err := l.Wait(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("the sign-in is over: %q, %v", code, err)
	}
}

func checkNoSecret(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{testState, testCode} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in: %s", secret, text)
		}
	}
}

func TestOnlyTheTrueRedirectIsTaken(t *testing.T) {
	t.Parallel()
	const right = "code=" + testCode + "&state=" + testState
	get := func(target, host string) string {
		return "GET " + target + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	}
	query := func(q string) string { return get("/oauth/callback?"+q, "HOST") }
	tests := []struct {
		name, request string
		status        int
	}{
		{"host: rebound name", get("/oauth/callback?"+right, "evil.example"), 421},
		{"host: rebound name, our port", get("/oauth/callback?"+right, "evil.example:PORT"), 421},
		{"host: localhost", get("/oauth/callback?"+right, "localhost"), 421},
		{"host: no port", get("/oauth/callback?"+right, "127.0.0.1"), 421},
		{"host: other port", get("/oauth/callback?"+right, "127.0.0.1:1"), 421},
		{"host: trailing dot", get("/oauth/callback?"+right, "127.0.0.1.:1"), 421},
		{"host: empty", get("/oauth/callback?"+right, ""), 421},
		{"host: missing", "GET /oauth/callback?" + right + " HTTP/1.1\r\n\r\n", 400},
		{"host: missing in HTTP/1.0", "GET /oauth/callback?" + right + " HTTP/1.0\r\n\r\n", 421},
		{"host: twice", "GET /oauth/callback?" + right + " HTTP/1.1\r\nHost: HOST\r\nHost: HOST\r\n\r\n", 400},
		{"host: in the target", get("http://evil.example/oauth/callback?"+right, "HOST"), 421},
		{"path: root", get("/?"+right, "HOST"), 404},
		{"path: longer", get("/oauth/callback/?"+right, "HOST"), 404},
		{"path: case", get("/oauth/Callback?"+right, "HOST"), 404},
		{"path: escaped letter", get("/oauth/callbac%6b?"+right, "HOST"), 404},
		{"path: escaped slash", get("/oauth%2Fcallback?"+right, "HOST"), 404},
		{"path: dots", get("/oauth/../oauth/callback?"+right, "HOST"), 404},
		{"path: double slash", get("//oauth/callback?"+right, "HOST"), 404},
		{"method: HEAD", "HEAD /oauth/callback?" + right + " HTTP/1.1\r\nHost: HOST\r\n\r\n", 405},
		{"method: OPTIONS", "OPTIONS /oauth/callback?" + right + " HTTP/1.1\r\nHost: HOST\r\n\r\n", 405},
		{"method: OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: HOST\r\n\r\n", 404},
		{"method: lower case", "get /oauth/callback?" + right + " HTTP/1.1\r\nHost: HOST\r\n\r\n", 405},
		{"method: CONNECT", "CONNECT HOST HTTP/1.1\r\nHost: HOST\r\n\r\n", 404},
		{"method: POST with a form", "POST /oauth/callback HTTP/1.1\r\nHost: HOST\r\nContent-Type: application/x-www-form-urlencoded\r\n" +
			fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(right), right), 405},
		{"no query", get("/oauth/callback", "HOST"), 400},
		{"state: missing", query("code=" + testCode), 400},
		{"state: empty", query("code=" + testCode + "&state="), 400},
		{"state: wrong", query("code=" + testCode + "&state=wrong"), 400},
		{"state: longer", query(right + "x"), 400},
		{"state: shorter", query(right[:len(right)-1]), 400},
		{"state: case", query("code=" + testCode + "&state=" + strings.ToUpper(testState)), 400},
		{"state: twice", query(right + "&state=" + testState), 400},
		{"state: twice, one wrong", query("state=wrong&" + right), 400},
		{"state: twice, one empty", query("state=&" + right), 400},
		{"state: wrong, with an error", query("error=access_denied&state=wrong"), 400},
		{"state: twice, with an error", query("error=access_denied&state=" + testState + "&state=" + testState), 400},
		{"state: name in capitals", query("code=" + testCode + "&State=" + testState), 400},
		{"state: in the fragment", get("/oauth/callback?code="+testCode+"#state="+testState, "HOST"), 400},
		{"code: missing", query("state=" + testState), 400},
		{"code: empty", query("code=&state=" + testState), 400},
		{"code: twice", query("code=other&" + right), 400},
		{"code: control character", query("code=a%0ab&state=" + testState), 400},
		{"code: not ASCII", query("code=%e2%82%ac&state=" + testState), 400},
		{"error: twice", query("error=a&error=b&state=" + testState), 400},
		{"error: described twice", query("error=a&error_description=a&error_description=b&state=" + testState), 400},
		{"query: semicolons", query("code=" + testCode + ";state=" + testState), 400},
		{"query: bad escape", query(right + "&x=%zz"), 400},
	}
	l := listen(t, loopback.Options{})
	for _, test := range tests {
		page, err := send(l, test.request)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if page.status != test.status {
			t.Errorf("%s: status %d, want %d", test.name, page.status, test.status)
		}
		if test.status == 405 && page.header.Get("Allow") != "GET" {
			t.Errorf("%s: Allow: %q", test.name, page.header.Get("Allow"))
		}
		checkNoSecret(t, page.body+fmt.Sprint(page.header))
	}
	checkWaiting(t, l)
	if seen := l.Unverified(); seen != nil {
		t.Errorf("remembered %v: none of these is an error without a state", seen)
	}
	mustGetCode(t, l)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	l := listen(t, loopback.Options{})
	long := url.QueryEscape("No \x1b[31m\u202e<script>alert(1)</script>\r\n" + testState + strings.Repeat(" é", 1500))
	page := mustVisit(t, l, "error=access_denied&error_description="+long+"&code="+testCode+"&state="+testState)
	_, err := wait(t, l)
	var failure *loopback.ErrorResponse
	if !errors.As(err, &failure) || failure.Code != "access_denied" {
		t.Fatalf("Wait: %v", err)
	}
	if want := "No [31m <script>alert(1)</script> (state) é"; !strings.HasPrefix(failure.Description, want) {
		t.Errorf("description %q does not begin with %q", failure.Description, want)
	}
	if n := len(failure.Description); n < 390 || n > len("...")+400 {
		t.Errorf("the description has %d bytes", n)
	}
	if strings.Contains(page.body, "<script") || !strings.Contains(page.body, "&lt;script&gt;alert(1)&lt;/script&gt;") {
		t.Errorf("the description is not escaped in %s", page.body)
	}
	if page.status != 200 || !strings.Contains(page.body, "access_denied") {
		t.Errorf("the person sees %d: %s", page.status, page.body)
	}
	checkNoSecret(t, err.Error()+page.body)

	if later := mustVisit(t, l, "code="+testCode+"&state="+testState); !strings.Contains(later.body, "This sign-in is over") {
		t.Errorf("later, the person sees %s", later.body)
	}
	if _, again := wait(t, l); again != err {
		t.Errorf("Wait: %v, later %v", err, again)
	}
}

func TestUnverifiedError(t *testing.T) {
	t.Parallel()
	var logged strings.Builder
	l := listen(t, loopback.Options{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
	if l.Unverified() != nil {
		t.Errorf("before any: %v", l.Unverified())
	}
	page := mustVisit(t, l, "error=%00&code="+testCode)
	if got := l.Unverified(); got.Code != "an unprintable error" {
		t.Errorf("remembered %+v", got)
	}
	page = mustVisit(t, l, "error=invalid_grant&state=&error_description=%3Cscript%3Ealert(1)%3C/script%3E")
	if page.status != 400 || strings.Contains(page.body, "<script") || !strings.Contains(page.body, "&lt;script&gt;") ||
		!strings.Contains(page.body, "go back to the program") {
		t.Errorf("the person sees %d: %s", page.status, page.body)
	}
	if got := l.Unverified(); *got != (loopback.ErrorResponse{Code: "invalid_grant", Description: "<script>alert(1)</script>"}) {
		t.Errorf("remembered %+v", got)
	}
	checkWaiting(t, l)

	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	_, err := l.Wait(ctx)
	var verified *loopback.ErrorResponse
	if !errors.Is(err, context.DeadlineExceeded) || errors.As(err, &verified) || !strings.Contains(err.Error(), "invalid_grant: <script>") {
		t.Errorf("Wait: %v", err)
	}

	for i := range 100 {
		mustVisit(t, l, fmt.Sprintf("error=e%d", i))
		mustVisit(t, l, fmt.Sprintf("error=e%d", i))
	}
	checkWaiting(t, l)
	mustGetCode(t, l)
	l.Close() // the log is at rest
	if got := logged.String(); strings.Count(got, "\n") != 10 || strings.Count(got, "e5 ") != 1 || !strings.Contains(got, "error=invalid_grant") {
		t.Errorf("logged %s", got)
	}
	checkNoSecret(t, logged.String()+page.body+err.Error())
}

func TestTheFirstRedirectWins(t *testing.T) {
	t.Parallel()
	l := listen(t, loopback.Options{})
	pages := make(chan answer)
	const n = 100
	for i := range n {
		go func() {
			page, err := visit(l, fmt.Sprintf("code=code%d&state=%s", i, testState))
			if err != nil {
				t.Error(err)
			}
			pages <- page
		}()
	}
	first, err := wait(t, l)
	if err != nil {
		t.Fatal(err)
	}
	approved, over := 0, 0
	for range n {
		page := <-pages
		approved += strings.Count(page.body, "Request approved</h1>")
		over += strings.Count(page.body, "This sign-in is over</h1>")
	}
	if approved != 1 || over != n-1 {
		t.Errorf("%d were approved, %d were told that it is over", approved, over)
	}
	if again, err := wait(t, l); again != first || err != nil {
		t.Errorf("Wait: %q, later %q, %v", first, again, err)
	}
	if err := l.Submit(l.RedirectURI() + "?code=late&state=" + testState); err != loopback.ErrClosed {
		t.Errorf("Submit after the answer: %v", err)
	}
}

func TestRedirectBeforeWait(t *testing.T) {
	t.Parallel()
	for i := range 1000 {
		l, err := loopback.Listen(loopback.Options{State: testState})
		if err != nil {
			t.Fatal(err)
		}
		mustVisit(t, l, "code="+testCode+"&state="+testState)
		if code, err := wait(t, l); code != testCode || err != nil {
			t.Fatalf("Wait: %q, %v, in round %d", code, err, i)
		}
		l.Close()
	}
}

// holder is a log handler that holds a request up before its page is written.
type holder struct {
	slog.Handler
	held    chan struct{} // closed when a request is held
	release chan struct{}
}

func (h holder) Handle(context.Context, slog.Record) error {
	close(h.held)
	<-h.release
	return nil
}

func newHolder() holder {
	return holder{slog.NewTextHandler(io.Discard, nil), make(chan struct{}), make(chan struct{})}
}

func TestPageIsFinishedBeforeClose(t *testing.T) {
	t.Parallel()
	hold := newHolder()
	l := listen(t, loopback.Options{Logger: slog.New(hold)})
	type result struct {
		page answer
		err  error
	}
	visited := make(chan result)
	go func() {
		page, err := visit(l, "error=e")
		visited <- result{page, err}
	}()
	<-hold.held
	closed := make(chan struct{})
	go func() { l.Close(); close(closed) }()
	for { // until Close has come to where it waits
		c, err := net.Dial("tcp", address(l))
		if err != nil {
			break
		}
		c.Close()
	}
	close(hold.release)
	got := <-visited
	if got.err != nil || !strings.HasSuffix(got.page.body, "</html>\n") {
		t.Errorf("the person sees %q, %v", got.page.body, got.err)
	}
	<-closed
}

func TestCloseIsBounded(t *testing.T) {
	t.Parallel()
	hold := newHolder()
	l := listen(t, loopback.Options{Logger: slog.New(hold)})
	go visit(l, "error=e")
	<-hold.held
	begin := time.Now()
	l.Close()
	if took := time.Since(begin); took < 900*time.Millisecond || took > 2*time.Second {
		t.Errorf("Close waited %v for a page", took)
	}
	close(hold.release)
}

func TestClose(t *testing.T) {
	t.Parallel()
	l := listen(t, loopback.Options{})
	waited := make(chan error)
	go func() {
		_, err := l.Wait(context.Background())
		waited <- err
	}()
	l.Close()
	l.Close()
	if err := <-waited; err != loopback.ErrClosed {
		t.Errorf("Wait: %v", err)
	}
	if err := l.Submit(l.RedirectURI() + "?code=late&state=" + testState); err != loopback.ErrClosed {
		t.Errorf("Submit: %v", err)
	}
	if _, err := visit(l, "code=late&state="+testState); err == nil {
		t.Error("still listening")
	}

	answered := listen(t, loopback.Options{})
	mustGetCode(t, answered)
	answered.Close()
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for range 100 { // an answer counts, also when the context has ended
		if code, err := answered.Wait(cancelled); code != testCode || err != nil {
			t.Fatalf("Wait after Close: %q, %v", code, err)
		}
	}
}

func TestListenRefuses(t *testing.T) {
	t.Parallel()
	for _, opts := range []loopback.Options{{}, {State: "s", Port: -1}, {State: "s", Port: 65536}} {
		if l, err := loopback.Listen(opts); err == nil {
			l.Close()
			t.Errorf("%+v is taken", opts)
		}
	}
}

func TestGivenPort(t *testing.T) {
	t.Parallel()
	probe, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	port := probe.Addr().(*net.TCPAddr).Port
	var inUse *net.OpError
	if l, err := loopback.Listen(loopback.Options{State: "s", Port: port}); !errors.As(err, &inUse) {
		if err == nil {
			l.Close()
		}
		t.Errorf("a taken port: %v", err)
	}
	probe.Close()
	l := listen(t, loopback.Options{Port: port})
	if want := fmt.Sprintf("http://127.0.0.1:%d/oauth/callback", port); l.RedirectURI() != want {
		t.Errorf("RedirectURI() = %s, want %s", l.RedirectURI(), want)
	}
	mustGetCode(t, l)
}
