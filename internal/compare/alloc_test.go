package compare_test

import (
	"context"
	"net/http"
	"runtime/debug"
	"testing"
)

// TestAllocations counts them. It is not parallel: it would count those of other tests.
func TestAllocations(t *testing.T) {
	if raceDetector() {
		t.Skip("the race detector makes sync.Pool forget at random")
	}
	most := map[string]float64{"success": 36, "authorization_pending": 42}
	for _, w := range workloads {
		var allocs [3]float64
		contenders := contenders(t, &http.Client{Transport: &w.answer}, "", w.secret)
		for i, c := range contenders {
			allocs[i] = testing.AllocsPerRun(500, func() {
				if err := c.call(context.Background()); err != w.want {
					t.Fatalf("%s: %v", c.name, err)
				}
			})
		}
		t.Logf("%-28s %3.0f allocations, AWS's client %3.0f, the floor %3.0f", w.name, allocs[0], allocs[1], allocs[2])
		if bound, ok := most[w.name]; ok && allocs[0] > bound {
			t.Errorf("%s: %.0f allocations, not at most %.0f", w.name, allocs[0], bound)
		}
	}
}

func raceDetector() bool {
	info, _ := debug.ReadBuildInfo()
	for _, setting := range info.Settings {
		if setting.Key == "-race" {
			return setting.Value == "true"
		}
	}
	return false
}
