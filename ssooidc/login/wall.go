package login

import (
	"context"
	"time"
)

// now is the time without its monotonic part, which stands still while a laptop sleeps: what is compared with it is compared
// as the world outside counts.
func now() time.Time { return time.Now().Round(0) }

// sleep waits, unless the context ends first.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return contextError(ctx)
	}
}
