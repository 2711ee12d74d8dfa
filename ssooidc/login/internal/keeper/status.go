package keeper

import (
	"context"
	"time"
)

// Status is what the store says of a session.
type Status struct {
	Reason      Reason    // 0: signed in
	SignedInAt  time.Time // zero: unknown
	ExpiresAt   time.Time // of the access token
	Refreshable bool
}

// Status reads the entry. It writes and sends nothing.
func (k *Keeper) Status(ctx context.Context) (s Status, err error) {
	var e entry
	if err := run(ctx, func() (err error) { e, err = k.view(ctx); return err }); err != nil {
		if ctx.Err() != nil {
			return Status{}, contextError(ctx)
		}
		return Status{}, &StoreError{err}
	}
	t := e.public()
	return Status{decide(e, now(), "", k.Window, true).reason, e.member.SignedInAt, t.ExpiresAt, t.Refreshable}, nil
}
