package loopback_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/loopback"
)

// dial opens a connection and sends the beginning of a request.
func dial(t *testing.T, l *loopback.Listener, begin string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", address(l))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if _, err := io.WriteString(c, begin); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestGarbageCantKeepTheRedirectOut(t *testing.T) {
	t.Parallel()
	l := listen(t, loopback.Options{})
	for range 500 {
		dial(t, l, "GET /oauth/callback?code=")
	}
	if n := l.OpenConns(); n > loopback.MaxConns {
		t.Errorf("%d connections are open", n)
	}
	const right = "code=" + testCode + "&state="
	garbage := []string{
		"GET /oauth/callback?" + right + "wrong HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"GET /oauth/callback?" + right + testState + " HTTP/1.1\r\nHost: evil.example\r\n\r\n",
		"GET /favicon.ico HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"POST /oauth/callback?" + right + testState + " HTTP/1.1\r\nHost: HOST\r\nContent-Length: 100000\r\n\r\nx",
		"HEAD /oauth/callback?" + right + testState + " HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"GET /oauth/callback?" + right + testState + "&state=x HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"GET /oauth/callback?error=access_denied&error_description=%3Cscript%3E HTTP/1.1\r\nHost: HOST\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: HOST\r\nX: " + strings.Repeat("x", 20<<10) + "\r\n\r\n",
		"\x16\x03\x01\x00\xa5 this is no HTTP\r\n\r\n",
		"GET /oauth/callback?code=%zz HTTP/9.9\r\n\r\n",
	}
	// Ten thousand of them, 32 at a time; the redirect comes in their middle.
	var work sync.WaitGroup
	defer work.Wait()
	requests := make(chan string)
	for range 32 {
		work.Go(func() {
			for request := range requests {
				page, err := send(l, request)
				if err != nil && len(request) < 16<<10 || page.status == 200 {
					t.Errorf("%.40q: status %d, %v", request, page.status, err)
				}
			}
		})
	}
	defer close(requests)
	for i := range 10_000 {
		requests <- garbage[i%len(garbage)]
		if i == 9_000 {
			checkWaiting(t, l)
			mustGetCode(t, l)
		}
	}
}

func TestSlowConnectionsCantKeepTheRedirectOut(t *testing.T) {
	t.Parallel()
	l := listen(t, loopback.Options{})
	// Each of them comes back as soon as it is thrown out.
	ctx, cancel := context.WithCancel(t.Context())
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	thrownOut := make(chan bool, 500)
	for range 500 {
		work.Go(func() {
			for ctx.Err() == nil {
				c, err := net.Dial("tcp", address(l))
				if err != nil {
					continue
				}
				stop := context.AfterFunc(ctx, func() { c.Close() })
				io.WriteString(c, "GET /oauth/callback?code=")
				io.Copy(io.Discard, c)
				stop()
				c.Close()
				select {
				case thrownOut <- true:
				default:
				}
			}
		})
	}
	for range cap(thrownOut) { // it is in full swing
		<-thrownOut
	}
	if n := l.OpenConns(); n < loopback.MaxConns/2 || n > loopback.MaxConns {
		t.Errorf("%d connections are open", n)
	}
	mustGetCode(t, l)
}

// A connection that has just come keeps its place for a moment, however many come after it.
func TestEveryConnectionHasItsTurn(t *testing.T) {
	t.Parallel()
	const tries = 20
	for range tries {
		l := listen(t, loopback.Options{})
		begin := time.Now()
		browser := dial(t, l, "")
		for range loopback.MaxConns + 50 {
			dial(t, l, "")
		}
		io.WriteString(browser, "GET /oauth/callback?code=c&state="+testState+" HTTP/1.1\r\nHost: "+address(l)+"\r\n\r\n")
		if time.Since(begin) > 50*time.Millisecond { // half of what a turn is to be
			l.Close()
			continue // too slow to tell
		}
		if code, err := wait(t, l); code != "c" || err != nil {
			t.Errorf("Wait: %q, %v", code, err)
		}
		return
	}
	t.Skip("this machine is too slow")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	header := func(n int) string { // n bytes in all
		begin, end := "GET / HTTP/1.1\r\nHost: HOST\r\nX: ", "\r\n\r\n"
		return begin + strings.Repeat("x", n-len(begin)-len(end)-len("127.0.0.1:12345")+len("HOST")) + end
	}
	tests := []struct {
		name, begin string
		status      string        // of the answer, "" if there is none
		within      time.Duration // the connection is closed
	}{
		{"nothing sent", "", "", 6 * time.Second},
		{"half the headers", "GET /oauth/callback HTTP/1.1\r\nHost: HOST\r\n", "", 6 * time.Second},
		{"16,000 bytes of headers", header(16_000), "404", time.Second},
		{"16,500 bytes of headers", header(16_500), "431", time.Second},
		{"a body that does not come", "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1000\r\n\r\n", "404", time.Second},
		{"a body that half comes", "GET / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1000000\r\n\r\n" + strings.Repeat("x", 1000), "404", time.Second},
		{"a chunked body without an end", "POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "404", time.Second},
		{"a body on demand", "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", "404", time.Second},
		{"a second request on the connection", "GET / HTTP/1.1\r\nHost: HOST\r\n\r\nGET / HTTP/1.1\r\n", "404", time.Second},
	}
	l := listen(t, loopback.Options{})
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			begin := time.Now()
			c := dial(t, l, strings.ReplaceAll(test.begin, "HOST", address(l)))
			c.SetReadDeadline(begin.Add(10 * time.Second))
			got, err := io.ReadAll(c)
			if took := time.Since(begin); took > test.within {
				t.Errorf("closed after %v, want %v: %v", took, test.within, err)
			}
			_, status, _ := strings.Cut(string(got), " ")
			status, _, _ = strings.Cut(status, " ")
			if status != test.status {
				t.Errorf("answered %q, want %q", got, test.status)
			}
			if n := strings.Count(string(got), "HTTP/1.1 "); n > 1 {
				t.Errorf("%d answers", n)
			}
		})
	}
}

func TestOnlyLoopbackConnects(t *testing.T) {
	t.Parallel()
	l := listen(t, loopback.Options{})
	_, port, _ := net.SplitHostPort(address(l))
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{"::1"} // the service has no redirect there
	for _, addr := range addrs {
		if ip, ok := addr.(*net.IPNet); ok && !ip.IP.IsLoopback() && !ip.IP.IsLinkLocalUnicast() {
			hosts = append(hosts, ip.IP.String())
		}
	}
	if len(hosts) == 1 {
		t.Log("this machine has no address but loopback")
	}
	for _, host := range hosts {
		c, err := net.DialTimeout("tcp", net.JoinHostPort(host, port), 5*time.Second)
		if err == nil {
			c.Close()
			t.Errorf("%s can connect", host)
		}
	}
	if want := fmt.Sprintf("http://127.0.0.1:%s/oauth/callback", port); l.RedirectURI() != want {
		t.Errorf("RedirectURI() = %s, want %s", l.RedirectURI(), want)
	}
	mustGetCode(t, l)
}
