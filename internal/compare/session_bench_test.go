package compare_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	valid   = 8 * time.Hour // until a token expires
	expired = -time.Minute

	likeLive = 600 // characters of a token or a secret
)

// TestTokenAllocations: a valid token in memory costs none. It is not parallel: it would count those of other tests.
func TestTokenAllocations(t *testing.T) {
	for _, c := range holding(t, signIn(t, t.TempDir(), "dev", valid, likeLive, nil)) {
		allocs := testing.AllocsPerRun(1000, func() {
			if err := c.call(context.Background()); err != nil {
				t.Fatal(err)
			}
		})
		t.Logf("%-6s %.0f allocations", c.name, allocs)
		if c.name == "ours" && allocs != 0 {
			t.Errorf("a valid token costs %.0f allocations", allocs)
		}
	}
}

// BenchmarkToken compares how long a valid token in memory takes. Ours is to be at most 0.5 of AWS's time, and no
// slower than oauth2's.
func BenchmarkToken(b *testing.B) {
	race(b, nil, 10_000, holding(b, signIn(b, b.TempDir(), "dev", valid, likeLive, nil)))
}

// BenchmarkTokenTwoCores compares how many times as many valid tokens two goroutines get as one does. Ours is to be at
// least 0.8 of the floor, which is a loop over time.Now(). It needs two cores that nobody else uses.
func BenchmarkTokenTwoCores(b *testing.B) {
	if runtime.NumCPU() < 2 {
		b.Skip("there is one core")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(2))
	contenders := holding(b, signIn(b, b.TempDir(), "dev", valid, likeLive, nil))
	report(b, "times", holderNames, rounds(b, len(contenders), func(i int) float64 {
		one, two := crowd(b, contenders[i].call, 1, 50_000), crowd(b, contenders[i].call, 2, 50_000)
		return 2 * float64(one) / float64(two)
	}))
}

// BenchmarkTokenCold compares how long the valid token in the file takes, with short and with long texts in it. Ours,
// the making of a session included, is to be at most AWS's time, the making of a client not included.
func BenchmarkTokenCold(b *testing.B) {
	for _, size := range []int{20, likeLive, 2000} {
		b.Run(fmt.Sprint("texts=", size), func(b *testing.B) {
			race(b, nil, 20, readers(signIn(b, b.TempDir(), "dev", valid, size, nil)))
		})
	}
}

// BenchmarkTokenExpired compares how long it takes until 10,000 goroutines have the token that one request refreshes for
// all of them. Ours and AWS's start from the file and save to it; only ours sees to it that a power cut leaves it whole.
func BenchmarkTokenExpired(b *testing.B) {
	service := &counter{answer: tokenAnswer("access-token", "refresh-token")}
	s := signIn(b, b.TempDir(), "dev", expired, likeLive, &http.Client{Transport: service})
	times := rounds(b, 3, func(i int) float64 { // not the floor: it gets no token
		s.write(b)
		call := holders[i](b, s)
		service.requests.Store(0)
		took := crowd(b, call, 10_000, 1)
		if n := service.requests.Load(); n != 1 && i == 0 {
			b.Errorf("ours sent %d requests", n)
		}
		return float64(took)
	})
	report(b, "ns", holderNames[:3], times)
}

// counter is a transport that counts its requests.
type counter struct {
	answer   answer
	requests atomic.Int64
}

// RoundTrip implements [http.RoundTripper].
func (c *counter) RoundTrip(req *http.Request) (*http.Response, error) {
	c.requests.Add(1)
	return c.answer.RoundTrip(req)
}

// crowd is how long it takes until each of so many goroutines has made its calls.
func crowd(b *testing.B, call func(context.Context) error, goroutines, calls int) time.Duration {
	ctx := context.Background()
	begin := make(chan struct{})
	var wg sync.WaitGroup
	for range goroutines {
		wg.Go(func() {
			<-begin
			for range calls {
				if err := call(ctx); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	start := time.Now()
	close(begin)
	wg.Wait()
	return time.Since(start)
}
