package loopback_test

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/loopback"
)

// descriptors counts the open file descriptors; where the system does not tell, it returns 0.
func descriptors() int {
	dir, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(dir)
}

// Whatever the step at which the sign-in is given up, Close leaves nothing behind. Not parallel: it counts for the
// whole process.
func TestNothingIsLeft(t *testing.T) {
	hang := func(t *testing.T, l *loopback.Listener, begin string) {
		page := make([]byte, 1)
		c := dial(t, l, begin)
		// An answer to a later connection says that the earlier one was accepted.
		mustVisit(t, l, "")
		c.SetReadDeadline(time.Now())
		c.Read(page)
	}
	cancelled := func(t *testing.T, l *loopback.Listener) {
		ctx, cancel := context.WithCancel(t.Context())
		waited := make(chan struct{})
		go func() { l.Wait(ctx); close(waited) }()
		cancel()
		<-waited
	}
	steps := []struct {
		name string
		do   func(t *testing.T, l *loopback.Listener)
	}{
		{"bound", func(*testing.T, *loopback.Listener) {}},
		{"waiting", cancelled},
		{"connected", func(t *testing.T, l *loopback.Listener) { hang(t, l, ""); cancelled(t, l) }},
		{"half a request", func(t *testing.T, l *loopback.Listener) { hang(t, l, "GET /oauth/callback"); cancelled(t, l) }},
		{"a request with half a body", func(t *testing.T, l *loopback.Listener) {
			hang(t, l, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx")
			cancelled(t, l)
		}},
		{"garbage answered", func(t *testing.T, l *loopback.Listener) { mustVisit(t, l, "state=wrong"); cancelled(t, l) }},
		{"an error without a state", func(t *testing.T, l *loopback.Listener) { mustVisit(t, l, "error=e"); cancelled(t, l) }},
		{"refused", func(t *testing.T, l *loopback.Listener) { mustVisit(t, l, "error=e&state="+testState) }},
		{"answered", func(t *testing.T, l *loopback.Listener) { mustGetCode(t, l) }},
		{"pasted", func(t *testing.T, l *loopback.Listener) {
			if err := l.Submit(l.RedirectURI() + "?code=c&state=" + testState); err != nil {
				t.Error(err)
			}
		}},
		{"more connections than places", func(t *testing.T, l *loopback.Listener) {
			for range loopback.MaxConns + 50 {
				dial(t, l, "GET ")
			}
			cancelled(t, l)
		}},
	}
	for _, step := range steps {
		t.Run(step.name, func(t *testing.T) {
			var goroutines, files int
			t.Run("given up", func(t *testing.T) { // its cleanup closes the clients' connections
				l, err := loopback.Listen(loopback.Options{State: testState})
				if err != nil {
					t.Fatal(err)
				}
				// Counted here, so that what the runtime opens once is there.
				goroutines, files = runtime.NumGoroutine()-1, descriptors()-1
				step.do(t, l)
				begin := time.Now()
				l.Close()
				if took := time.Since(begin); took > time.Second {
					t.Errorf("Close took %v", took)
				}
				if n := l.OpenConns(); n != 0 {
					t.Errorf("%d connections are left", n)
				}
			})
			// A goroutine that has done its work is still counted for a moment.
			deadline := time.Now().Add(2 * time.Second)
			for runtime.NumGoroutine() > goroutines && time.Now().Before(deadline) {
				runtime.Gosched()
			}
			if n := runtime.NumGoroutine(); n > goroutines {
				stacks := make([]byte, 1<<16)
				t.Errorf("%d goroutines, %d before: %s", n, goroutines, stacks[:runtime.Stack(stacks, true)])
			}
			if n := descriptors(); n > files {
				t.Errorf("%d descriptors, %d before", n, files)
			}
		})
	}
}
