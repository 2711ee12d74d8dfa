package keeper

import (
	"bytes"
	"cmp"
	"context"
	"time"
)

// unsaved is a result that the store has not taken yet: of a sign-in, of a
// refresh, or the mark of a refusal. It is never changed, but replaced.
type unsaved struct {
	entry    entry
	from     entry // what the store held when it was made; of a sign-in, if that was read
	isSignIn bool
	earlier  string // the id of a sign-in that is known to be earlier than this one
	err      error  // why the store has not taken it; nil: it was not tried yet
}

// fate is what becomes of an unsaved result.
type fate int

const (
	isTheirs  fate = iota // dropped: the store holds another sign-in, or something newer
	isSaved               // the store holds it already
	isGone                // dropped: someone has signed out
	mustWait              // another tool may be writing
	mustWrite             // it replaces what the store holds
)

// fate compares an unsaved result with what the store holds now.
//
//	the store holds                           a sign-in  a refresh, a mark
//	the same bytes                            isSaved    isSaved
//	nothing, as when it was made              mustWrite  mustWrite
//	nothing any more                          isGone     isGone
//	an earlier refresh of the same sign-in    mustWrite  mustWrite
//	another refresh of the same sign-in       isTheirs   isTheirs
//	the tokens that were refreshed or marked  -          mustWrite
//	half an entry                             mustWait   mustWait
//	an earlier sign-in                        mustWrite  isTheirs
//	a later sign-in                           isTheirs   isTheirs
//	another tool's sign-in or refresh         mustWait   isTheirs
//	another configuration's                   mustWait   isTheirs
//	the same of these as when it was made     mustWrite  -
func (u *unsaved) fate(e entry) fate {
	wasThere := bytes.Equal(e.data, u.from.data)
	switch {
	case e.kind == none && u.from.kind == none:
		return mustWrite
	case e.kind == none:
		return isGone
	case bytes.Equal(e.data, u.entry.data):
		return isSaved
	case e.kind == ours && e.signIn() == u.entry.signIn():
		if e.member.Refreshes < u.entry.member.Refreshes || e.hasTokensOf(u.entry) && e.refused != u.entry.refused {
			return mustWrite
		}
		return isTheirs
	case !u.isSignIn && e.hasTokensOf(u.from):
		return mustWrite // another tool has added a field, and dropped our member
	case e.kind == torn && !(u.isSignIn && wasThere):
		return mustWait
	case !u.isSignIn:
		return isTheirs
	case e.kind == ours && (e.signIn() == u.earlier || e.signIn() == u.from.signIn()):
		return mustWrite
	case e.member.SignedInAt.After(u.entry.member.SignedInAt):
		return isTheirs
	case e.member.SignedInAt.IsZero() && !wasThere:
		return mustWait
	}
	return mustWrite
}

// over returns the entry that is to replace e: fields that other tools have
// added to e since stay.
func (u *unsaved) over(e entry) (entry, error) {
	if u.isSignIn || !e.hasTokensOf(u.from) {
		return u.entry, nil
	}
	next := u.entry
	next.token.Extra = e.token.Extra
	return next.encoded()
}

// issued reports whether the service has issued a token for u.
func (u *unsaved) issued() bool {
	return u.isSignIn || u.entry.member.Refreshes > u.from.member.Refreshes
}

// offer makes next, which is to replace e, what is unsaved. It reports false if
// someone has signed in or out since era, or if something newer is unsaved: a
// sign-in, or another refresh of this one.
func (k *Keeper) offer(era uint64, e, next entry) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	for k.era == era {
		before, u := k.unsaved.Load(), &unsaved{entry: next, from: e}
		if before != nil {
			isNewer := next.member.Refreshes > before.entry.member.Refreshes || next.hasTokensOf(before.entry)
			if before.entry.signIn() != next.signIn() || !isNewer {
				return false
			}
			*u = *before
			u.entry = next
		}
		if k.unsaved.CompareAndSwap(before, u) {
			return true
		}
	}
	return false
}

// look returns the entry to go on with: what is unsaved, or else the store's.
// It tries to save what is unsaved first. orphan is a token that was unsaved,
// and that someone has signed out of meanwhile.
func (k *Keeper) look(ctx context.Context) (e, orphan entry, err error) {
	u := k.unsaved.Load()
	if u == nil {
		e, err = k.load(ctx)
		return e, entry{}, err
	}
	release, err := k.takeTurn(ctx)
	if err != nil {
		return u.entry, entry{}, nil
	}
	defer release()
	return k.save(ctx)
}

// view is look without any effect.
func (k *Keeper) view(ctx context.Context) (entry, error) {
	e, err := k.load(ctx)
	if u := k.unsaved.Load(); u != nil && (err != nil || u.fate(e) >= mustWait) {
		return u.entry, nil
	}
	return e, err
}

// maxSwaps bounds how often a swap is tried because the entry has changed.
const maxSwaps = 100

// save tries to save what is unsaved, and returns what look does. It is called
// with the turn.
func (k *Keeper) save(ctx context.Context) (e, orphan entry, err error) {
	before := k.unsaved.Load()
	if before == nil {
		e, err = k.load(ctx)
		return e, entry{}, err
	}
	u := *before
	e, fate, err := k.try(ctx, &u)
	if err != nil {
		u.err = err
		k.unsaved.CompareAndSwap(before, &u)
		return u.entry, entry{}, nil
	}
	if k.unsaved.CompareAndSwap(before, nil) && fate == isGone && u.issued() {
		orphan = u.entry
	}
	return e, orphan, nil
}

// try tries to save a result. It returns what the store holds then, and what has
// become of the result: isSaved, isTheirs or isGone. It is called with the turn.
func (k *Keeper) try(ctx context.Context, u *unsaved) (entry, fate, error) {
	for range maxSwaps {
		e, err := k.load(ctx)
		if err != nil {
			return e, mustWait, err
		}
		if u.isSignIn && u.err == nil && !e.member.SignedInAt.After(u.entry.member.SignedInAt) {
			u.from = e // it replaces what is there when it ends
		}
		switch fate := u.fate(e); fate {
		case mustWait:
			return e, fate, errOther
		case mustWrite:
		default:
			return e, fate, nil
		}
		next, err := u.over(e)
		if err != nil {
			return e, mustWait, err
		}
		swapped, err := k.Store.CompareAndSwap(ctx, k.Key, e.data, next.data)
		switch {
		case swapped && err != nil:
			k.Service.Warn(ctx, "save the token", &StoreError{err})
			fallthrough
		case swapped:
			next.inMemory = false
			return next, isSaved, nil
		case err != nil:
			return e, mustWait, err
		}
	}
	return entry{}, mustWait, errChanging
}

// salvageWaits are the waits before each try to save an overtaken result.
// Nothing in memory keeps it afterwards.
var salvageWaits = [...]time.Duration{0, time.Second, 4 * time.Second, 10 * time.Second, 30 * time.Second}

// salvage saves a result that a sign-in or a sign-out of this process has
// overtaken, if the store still holds what it is to replace. If someone has
// signed out, it ends the session.
func (k *Keeper) salvage(ctx context.Context, u unsaved) {
	for _, wait := range salvageWaits {
		sleep(ctx, wait)
		storeCtx, cancel := context.WithTimeout(ctx, storeTimeout)
		fate := mustWait
		release, err := k.takeTurn(storeCtx)
		if err == nil {
			_, fate, err = k.try(storeCtx, &u)
			release()
		}
		cancel()
		switch {
		case err != nil:
			continue
		case fate == isGone && u.issued():
			k.Service.End(ctx, u.entry.token)
		}
		return
	}
}

// pendingSignIn is the sign-in of what is unsaved, or "".
func (k *Keeper) pendingSignIn() string {
	if u := k.unsaved.Load(); u != nil {
		return u.entry.signIn()
	}
	return ""
}

// Unsaved returns why the store does not have what the keeper has, or nil if it
// has.
func (k *Keeper) Unsaved() error {
	u := k.unsaved.Load()
	if u == nil {
		return nil
	}
	return &StoreError{cmp.Or(u.err, errNotYet)}
}
