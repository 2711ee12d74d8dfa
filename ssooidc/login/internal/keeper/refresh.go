package keeper

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

const (
	// storeTimeout ends a call of the store that no caller's context ends.
	storeTimeout = 30 * time.Second

	// exchangeTimeout ends a refresh with all its attempts. Each attempt has a
	// limit of its own, far below this: its answer can't be had twice.
	exchangeTimeout = 5 * time.Minute

	lockTimeout = 30 * time.Second      // for another process's refresh
	lockPoll    = 10 * time.Millisecond // between two tries
	maxLockPoll = 40 * time.Millisecond // the same if a try takes long

	retryLater = 10 * time.Second // until the next try for a good token, after a failure
	busyLater  = time.Second      // the same if another process is refreshing it

	// If the service refuses a refresh token, another tool may just have used it,
	// and be about to save what it got.
	changeTimeout = 2 * time.Second
	changePoll    = 50 * time.Millisecond

	// maxExchanges bounds what one refresh sends if another tool keeps changing
	// the entry.
	maxExchanges = 3
)

// saveWaits are the waits before each try to save. A disk may be full only for a
// moment, and until then no other process has the session.
var saveWaits = [...]time.Duration{0, 100 * time.Millisecond, time.Second}

// first looks at the store. It reports whether rest is next; otherwise the
// flight has landed.
func (k *Keeper) first(ctx context.Context, f *flight) (isNext bool) {
	defer func() {
		if !isNext {
			k.land(f, recover())
		}
	}()
	e, orphan, err := k.look(ctx)
	if err != nil && ctx.Err() != nil {
		f.left = true
		return false
	}
	if !k.accept(ctx, f, orphan, err) {
		return false
	}
	if isSettled := k.settle(f, e, true); !isSettled {
		return true
	}
	// The refresh token is marked, and a caller has seen the access token refused
	// too: no process is to take that for good any more.
	if e.refused.Refresh && !e.refused.Access && f.refused == e.token.AccessToken {
		r := e.refused
		r.Access = true
		if marked, err := e.marked(r); err == nil {
			k.keep(ctx, f, e, marked, nil)
		}
	}
	return false
}

// rest refreshes the token under the lock, unless another process does.
func (k *Keeper) rest(ctx context.Context, f *flight) {
	defer func() { k.land(f, recover()) }()
	unlock, canSave, ok := k.lock(ctx, f)
	if !ok {
		return
	}
	defer unlock()
	for range maxExchanges {
		if e, ok := k.lookAgain(ctx, f); !ok || k.settle(f, e, canSave) || f.era != k.currentEra() || k.refresh(ctx, f, e) {
			return
		}
	}
	k.fail(ctx, f, errChanging)
}

// lookAgain is look, with a limit of its own. It reports whether the flight
// goes on with the entry.
func (k *Keeper) lookAgain(ctx context.Context, f *flight) (e entry, ok bool) {
	storeCtx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	e, orphan, err := k.look(storeCtx)
	if err != nil && storeCtx.Err() != nil {
		err = errNoAnswer // deliberately not a context error: the caller's context has not ended
	}
	return e, k.accept(ctx, f, orphan, err)
}

// accept reports whether a flight goes on with what look has returned.
func (k *Keeper) accept(ctx context.Context, f *flight, orphan entry, err error) bool {
	switch {
	case err != nil:
		k.fail(ctx, f, &StoreError{err})
		return false
	case orphan.kind == ours:
		k.hold(f.era, Token{}, time.Time{})
		k.Service.End(ctx, orphan.token)
		f.token, f.issued, f.err = Token{}, false, &RequiredError{Reason: SignedOut}
		return false
	}
	return true
}

// settle ends a flight with what the entry says. It reports false if the entry
// has to be refreshed.
func (k *Keeper) settle(f *flight, e entry, canSave bool) bool {
	a := decide(e, now(), f.refused, k.Window, canSave)
	f.token, f.err = Token{}, errNoResult
	if a.use {
		due := e.due(k.Window)
		switch isDue := !now().Before(due); {
		case isDue && !a.refresh && e.refreshable(now()): // read-only, perhaps only for a while
			due = now().Add(retryLater)
		case isDue && !a.refresh:
			due = e.token.ExpiresAt
		}
		f.token, f.err = e.public(), nil
		k.hold(f.era, f.token, due)
	}
	if !a.use && !a.refresh {
		k.hold(f.era, Token{}, time.Time{})
		f.err = &RequiredError{Reason: a.reason}
	}
	return !a.refresh
}

// fail ends a flight with an error, or with a token that is still good.
func (k *Keeper) fail(ctx context.Context, f *flight, err error) {
	f.issued = false
	if h := k.memory.Load(); h.good(f.refused) {
		k.Service.Warn(ctx, "refresh the token, which is still good", err)
		k.hold(f.era, h.Token, now().Add(retryLater))
		f.token, f.err = h.Token, nil
		return
	}
	f.token, f.err = Token{}, err
}

// lock takes the token's lock. ok is false if the flight has ended without it.
// A store without locks is used without: the swap still protects the entry.
//
// Dozens of processes that wait can keep a machine so busy that the lock's
// holder hardly gets on. So each waits longer if a try takes long.
func (k *Keeper) lock(ctx context.Context, f *flight) (unlock func(), canSave, ok bool) {
	began, pause := time.Now(), lockPoll
	for isFirst := true; ; isFirst = false {
		tried := time.Now()
		unlock, locked, err := k.Store.TryLock(ctx, k.Key)
		if unlock == nil {
			unlock = func() {}
		}
		switch {
		case errors.Is(err, tokencache.ErrReadOnly):
			e, ok := k.lookAgain(ctx, f)
			ok = ok && !k.settle(f, e, false)
			if required, is := f.err.(*RequiredError); is && required.Reason == ReadOnly {
				required.Err = err
			}
			return unlock, false, ok
		case err != nil:
			k.Service.Warn(ctx, "lock the token", &StoreError{err})
			return unlock, true, true
		case locked:
			return unlock, true, true
		}
		if !isFirst { // which comes just after a look
			if e, ok := k.lookAgain(ctx, f); !ok || k.settle(f, e, true) {
				return nil, false, false
			}
		}
		switch {
		case isGoodNow(f.token, f.refused):
			k.hold(f.era, f.token, now().Add(busyLater))
			return nil, false, false
		case time.Since(began) >= lockTimeout:
			k.fail(ctx, f, &LockedError{lockTimeout})
			return nil, false, false
		case f.era != k.currentEra():
			return nil, false, false
		}
		took := time.Since(tried)
		sleep(ctx, pause)
		pause = min(max(lockPoll, 30*took), maxLockPoll)
	}
}

// refresh exchanges the refresh token of an entry. It reports whether the
// flight has ended; otherwise the entry has changed meanwhile.
func (k *Keeper) refresh(ctx context.Context, f *flight, e entry) bool {
	exchangeCtx, cancel := context.WithTimeout(ctx, exchangeTimeout)
	defer cancel()
	issued, err := k.Service.Refresh(exchangeCtx, e.token)
	switch {
	case err == nil:
		next, err := e.renewed(issued, now())
		if err != nil {
			k.fail(ctx, f, err)
			return true
		}
		return k.keep(ctx, f, e, next, nil)
	case !k.Service.IsFinal(err):
		k.fail(ctx, f, err)
		return true
	case !e.inMemory && k.changes(ctx, e):
		return false
	}
	isRefused := e.refused.Access || e.token.AccessToken == f.refused
	marked, markErr := e.marked(refusal{Endpoint: k.Service.Endpoint(), Refresh: true, Access: isRefused})
	if markErr != nil {
		k.fail(ctx, f, markErr)
		return true
	}
	return k.keep(ctx, f, e, marked, err)
}

// keep replaces the entry e by next, in memory at once and in the store as soon
// as that takes it. refusal is why the service has not issued a token, or nil.
func (k *Keeper) keep(ctx context.Context, f *flight, e, next entry, refusal error) bool {
	if !k.offer(f.era, e, next) {
		k.salvage(ctx, unsaved{entry: next, from: e})
		return true
	}
	var latest entry
	for _, wait := range saveWaits {
		sleep(ctx, wait)
		var ok bool
		if latest, ok = k.lookAgain(ctx, f); !ok {
			return true
		}
		if k.unsaved.Load() == nil {
			break
		}
	}
	if err := k.Unsaved(); err != nil {
		k.Service.Warn(ctx, "save the token, which is lost when this process ends", err)
	}
	isIssued := next.member.Refreshes > e.member.Refreshes && latest.hasTokensOf(next)
	if !k.settle(f, latest, true) && !isIssued {
		return false
	}
	required, isRequired := f.err.(*RequiredError)
	switch {
	case isIssued && next.token.AccessToken == f.refused:
		k.fail(ctx, f, errSameToken)
	case isIssued: // even if it has no lifetime
		f.token, f.issued, f.err = next.public(), true, nil
	case isRequired && required.Reason == SessionEnded:
		required.Err = refusal
	}
	return true
}

// changes waits a moment for another tool to change an entry.
func (k *Keeper) changes(ctx context.Context, e entry) bool {
	ctx, cancel := context.WithTimeout(ctx, changeTimeout)
	defer cancel()
	for {
		latest, err := k.load(ctx)
		if err == nil && latest.kind != torn && !bytes.Equal(latest.data, e.data) {
			return true
		}
		if !sleep(ctx, changePoll) {
			return err == nil && latest.kind == torn
		}
	}
}
