package ssooidctest_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// Ten minutes of polling, some of it in vain, take the bubble's time only, and
// no goroutine is left: synctest fails otherwise.
func TestInProcessPolling(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{Interval: 5 * time.Second, DeviceCodeLifetime: time.Hour})
		u := inProcess(t, s)
		u.client.Timeout = 4 * time.Second
		client := u.register(object{"scopes": accountAccess})
		started := u.start(client)
		began := time.Now()
		for poll := range 120 {
			time.Sleep(time.Until(began.Add(time.Duration(poll+1) * 5 * time.Second)))
			trouble := map[int]http.HandlerFunc{
				1: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
				2: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			}[poll%10]
			if trouble == nil {
				u.poll(client, started).is("AuthorizationPendingException")
				continue
			}
			s.HandleNext("CreateToken", trouble, 1)
			if resp, err := u.client.Post(u.url+"/token", "application/json", nil); err == nil {
				t.Errorf("poll %d: %s", poll, resp.Status)
				resp.Body.Close()
			}
		}
		if took := time.Since(began); took != 10*time.Minute {
			t.Errorf("polling took %v, want 10 minutes", took)
		}
	})
}

// One client serves several bubbles, and goroutines outside of them, at once.
func TestInProcessAcrossBubbles(t *testing.T) {
	t.Parallel()
	c := ssooidctest.New(ssooidctest.Options{}).HTTPClient()
	use := func(t *testing.T) {
		for range 100 {
			resp, err := c.Get(oidcURL + "/device")
			if err != nil {
				t.Error(err)
				return
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	}
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() { synctest.Test(t, use) })
		wg.Go(func() { use(t) })
	}
	wg.Wait()
}

// A client that leaves before there is an answer leaves nothing behind, however
// early it leaves.
func TestInProcessLeavesEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := ssooidctest.New(ssooidctest.Options{}).HTTPClient()
		for range 200 {
			ctx, cancel := context.WithCancel(t.Context())
			go cancel()
			req, err := http.NewRequestWithContext(ctx, "GET", oidcURL+"/device", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := c.Do(req)
			if err == nil {
				_, err = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
			}
			if err != nil && !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		}
	})
}

// A handler can do what a proxy does that speaks HTTP badly, or another protocol.
func TestInProcessOddAnswers(t *testing.T) {
	t.Parallel()
	raw := func(text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			io.WriteString(conn, text)
			conn.Close()
		}
	}
	for name, tt := range map[string]struct {
		h      http.HandlerFunc
		status int // 0: no answer
		body   string
	}{
		"101":           {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusSwitchingProtocols) }, 101, ""},
		"no HTTP":       {raw("SSH-2.0-OpenSSH_9.9\r\n"), 0, ""},
		"half a header": {raw("HTTP/1.1 200 OK\r\nContent-Le"), 0, ""},
		"no length":     {raw("HTTP/1.1 200 OK\r\n\r\nto the end"), 200, "to the end"},
		"its address": {func(w http.ResponseWriter, r *http.Request) {
			host, _, err := net.SplitHostPort(r.RemoteAddr)
			if err != nil {
				t.Error(err)
			}
			io.WriteString(w, host)
		}, 200, "127.0.0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ssooidctest.New(ssooidctest.Options{})
				s.HandleNext("CreateToken", tt.h, 1)
				resp, err := s.HTTPClient().Post(oidcURL+"/token", "application/json", nil)
				if (err == nil) != (tt.status != 0) {
					t.Fatalf("error %v, want status %d", err, tt.status)
				}
				if err != nil {
					return
				}
				defer resp.Body.Close()
				if resp.StatusCode != tt.status {
					t.Errorf("status %s, want %d", resp.Status, tt.status)
				}
				if tt.status == http.StatusSwitchingProtocols {
					return // its body is a connection
				}
				if body, err := io.ReadAll(resp.Body); string(body) != tt.body || err != nil {
					t.Errorf("body %q, %v; want %q", body, err, tt.body)
				}
			})
		})
	}
}
