package login

import (
	"context"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/pause"
)

// now is the time without its monotonic part, which stands still while a laptop sleeps: what is compared with it is compared
// as the world outside counts.
func now() time.Time { return time.Now().Round(0) }

// sleep waits, unless the context ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if pause.For(ctx, d) != nil {
		return contextError(ctx)
	}
	return nil
}
