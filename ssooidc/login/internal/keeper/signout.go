package keeper

import (
	"context"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// Removed is what a sign-out has taken away.
type Removed struct {
	Tokens []tokencache.Token // whose sessions are to be ended, the newest first
	IsTorn bool               // the entry was no token
}

// SignOut removes the entry, what is unsaved and the token in memory. An entry of
// another configuration stays. If the store fails, all is as it was, or only the
// entry is gone; Removed lists what is known of it.
func (k *Keeper) SignOut(ctx context.Context) (Removed, error) {
	release, err := k.takeTurn(ctx)
	if err != nil {
		return Removed{}, contextError(ctx)
	}
	var removed Removed
	err = run(ctx, func() error {
		defer release()
		h, unsaved := k.memory.Load(), k.pendingSignIn()
		e, err := k.remove(ctx)
		if err != nil {
			removed = removedFrom(e, k.unsaved.Load(), h)
			return &StoreError{err}
		}
		// What is unsaved of another sign-in has come in between.
		removed = removedFrom(e, k.newEra(entry{}, e.signIn(), unsaved), h)
		return nil
	})
	if err != nil && ctx.Err() != nil {
		return Removed{}, err // removed may still change
	}
	return removed, err
}

// remove removes the entry, and returns what it was. It leaves a sign-in that
// has come in between, since that is not what was to be signed out.
func (k *Keeper) remove(ctx context.Context) (e entry, err error) {
	seen := "" // the first entry's sign-in
	began := now()
	for range maxSwaps {
		var latest entry
		if latest, err = k.load(ctx); err != nil {
			return e, err
		}
		isLater := seen != "" && latest.signIn() != seen && latest.member.SignedInAt.After(began)
		if latest.kind == none || latest.kind == foreign || isLater {
			return e, nil
		}
		e, seen = latest, latest.signIn()
		swapped, err := k.Store.CompareAndSwap(ctx, k.Key, e.data, nil)
		switch {
		case swapped:
			return e, nil
		case err != nil:
			return e, err
		}
	}
	return e, errChanging
}

// removedFrom lists what a sign-out has to end: of the entry e, of what was unsaved
// and of the token in memory.
func removedFrom(e entry, u *unsaved, h *held) (r Removed) {
	r.IsTorn = e.kind == torn
	if u != nil {
		r.Tokens = append(r.Tokens, u.entry.token)
	}
	if e.kind == ours && (u == nil || u.entry.signIn() != e.signIn()) {
		r.Tokens = append(r.Tokens, e.token)
	}
	if len(r.Tokens) == 0 && h != nil {
		r.Tokens = append(r.Tokens, tokencache.Token{AccessToken: h.AccessToken, ExpiresAt: h.ExpiresAt})
	}
	return r
}

// run calls f, and leaves it to itself if the context ends first. f runs to its
// end then, so that it can give back what it holds.
func run(ctx context.Context, f func() error) error {
	guarded := func() (err error) {
		returned := false
		defer func() {
			if p := recover(); p != nil {
				err = &StoreError{panicked(p)}
			} else if !returned {
				err = errNoResult
			}
		}()
		err = f()
		returned = true
		return err
	}
	if ctx.Done() == nil {
		return guarded()
	}
	done := make(chan error, 1)
	go func() {
		err := errNoResult // unless it returns
		defer func() { done <- err }()
		err = guarded()
	}()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return contextError(ctx)
	}
}
