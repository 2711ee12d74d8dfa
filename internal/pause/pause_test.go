package pause_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/pause"
)

func TestFor(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, row := range []struct {
			pause, patience, want time.Duration
			err                   error
		}{
			{0, time.Second, 0, nil},
			{time.Second, time.Hour, time.Second, nil},
			{time.Hour, time.Second, time.Second, context.DeadlineExceeded},
		} {
			ctx, cancel := context.WithTimeout(t.Context(), row.patience)
			start := time.Now()
			if err := pause.For(ctx, row.pause); !errors.Is(err, row.err) || time.Since(start) != row.want {
				t.Errorf("%v within %v: %v after %v", row.pause, row.patience, err, time.Since(start))
			}
			cancel()
		}
	})
}
