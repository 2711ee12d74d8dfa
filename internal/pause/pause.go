// Package pause waits, but not beyond a context.
package pause

import (
	"context"
	"time"
)

// For waits for so long. Where the context ends first, it returns at once, with the context's error.
func For(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		timer.Stop()
		return ctx.Err()
	}
}
