package compare_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"testing"
	"time"
)

// BenchmarkCreateToken compares times without a network. Ours is to be at most 0.22 of AWS's time and 1.02 of
// the floor's for a success, and at most 0.18 of AWS's for an authorization_pending.
func BenchmarkCreateToken(b *testing.B) {
	for _, w := range workloads {
		b.Run(w.name, func(b *testing.B) {
			race(b, w.want, 100, contenders(b, &http.Client{Transport: &w.answer}, "", w.secret))
		})
	}
}

// BenchmarkLoopback compares times over real HTTP, on one processor, so that nothing is hidden by another. Ours
// is to be at most 0.50 of AWS's time and 1.05 of the floor's.
func BenchmarkLoopback(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	w := workloads[0]
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			b.Error(err)
		}
		for name, values := range w.answer.header {
			rw.Header()[name] = values
		}
		rw.WriteHeader(w.answer.status)
		io.WriteString(rw, w.answer.body)
	}))
	defer server.Close()
	race(b, w.want, 100, contenders(b, &http.Client{Transport: new(http.Transport)}, server.URL, w.secret))
}

// race lets the contenders take turns, so many calls each in a round, and reports the median times, and the
// medians of how ours compares within a round: what disturbs the machine for a while disturbs them all. A median
// leaves garbage collections out where fewer than half of the rounds have one; so there is also how the means
// compare with AWS's, though any disturbance is in them too.
func race(b *testing.B, want error, calls int, contenders []contender) {
	ctx := context.Background()
	names := make([]string, len(contenders))
	for i, c := range contenders {
		names[i] = c.name
	}
	times := rounds(b, len(contenders), func(i int) float64 {
		start := time.Now()
		for range calls {
			if err := contenders[i].call(ctx); err != want {
				b.Fatalf("%s: %v", names[i], err)
			}
		}
		return float64(time.Since(start)) / float64(calls)
	})
	report(b, "ns", names, times)
	b.ReportMetric(sum(times[0])/sum(times[1]), "mean-ours/"+names[1])
}

// rounds measures each of n contenders once in a round, and each first as often as the others.
func rounds(b *testing.B, n int, measure func(contender int) float64) (values [][]float64) {
	values = make([][]float64, n)
	for round := 0; b.Loop(); round++ {
		for turn := range n {
			i := (turn + round) % n
			values[i] = append(values[i], measure(i))
		}
	}
	b.ReportMetric(0, "ns/op") // a round's time says nothing
	return values
}

// report prints the contenders' medians, and the medians of the first's ratios to the others within a round, by the names
// that cmd/ratios knows.
func report(b *testing.B, unit string, names []string, values [][]float64) {
	for i, name := range names {
		b.ReportMetric(median(values[i]), name+"-"+unit)
		if i == 0 {
			continue
		}
		var ratios []float64
		for round, value := range values[i] {
			ratios = append(ratios, values[0][round]/value)
		}
		b.ReportMetric(median(ratios), names[0]+"/"+name)
	}
}

func median(values []float64) float64 {
	return slices.Sorted(slices.Values(values))[len(values)/2]
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}
