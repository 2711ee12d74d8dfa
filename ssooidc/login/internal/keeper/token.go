package keeper

import (
	"context"
	"time"
)

// flight is a refresh that is under way, or the look at the store before it.
// All callers share it.
type flight struct {
	era     uint64
	refused string        // the access token that it is to replace, or ""
	usable  chan struct{} // closed when a token in memory can be used meanwhile
	done    chan struct{} // closed when the rest is there

	token  Token
	issued bool // just now, which makes the token good for those who wait even if it has no lifetime
	err    error
	left   bool // its first caller has left before there was anything to lose
}

// patience is how long callers wait for a refresh if they have a good token.
const patience = 5 * time.Second

// Token returns a good access token other than the refused one: from memory,
// from the store, or refreshed. Concurrent callers share one refresh, which goes
// on when they leave. A good token is returned within patience whatever fails.
func (k *Keeper) Token(ctx context.Context, refused string) (Token, error) {
	patient := time.NewTimer(patience)
	defer patient.Stop()
	for knew := k.memory.Load() != nil; ; {
		h := k.memory.Load()
		isGood := h.good(refused)
		switch {
		case isGood && (now().Unix() < h.due || ctx.Err() != nil):
			return h.Token, nil
		case ctx.Err() != nil:
			return Token{}, contextError(ctx)
		}
		f, isMine := k.join(refused)
		if isMine {
			k.begin(ctx, f, isGood)
		} else if isGood {
			return h.Token, nil
		}
		if landed := k.wait(ctx, f, refused, patient.C); !landed {
			if h := k.memory.Load(); h.good(refused) {
				return h.Token, nil
			}
			return Token{}, contextError(ctx)
		}
		// A flight of an earlier era, or for another refused token, is only a
		// reason to look again.
		if f.left || f.refused != refused || f.era != k.currentEra() {
			continue
		}
		if required, ok := f.err.(*RequiredError); ok && required.Reason == NotSignedIn && knew {
			return Token{}, &RequiredError{Reason: SignedOut}
		}
		if f.err != nil || f.issued || isGoodNow(f.token, refused) {
			return f.token, f.err
		}
	}
}

// wait waits until the flight has landed, and reports whether it has. It ends
// early with the context, or with a good token after the patience is over.
func (k *Keeper) wait(ctx context.Context, f *flight, refused string, patient <-chan time.Time) (landed bool) {
	var usable chan struct{} // nil: not yet
	for {
		select {
		case <-f.done:
			return true
		default:
		}
		select {
		case <-f.done:
		case <-patient:
			usable = f.usable
		case <-usable:
			if k.memory.Load().good(refused) {
				return false
			}
			usable = nil
		case <-ctx.Done():
			return false
		}
	}
}

// join returns the flight that is under way, or a new one, which the caller is
// to begin.
func (k *Keeper) join(refused string) (f *flight, isMine bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.flight == nil {
		k.flight = &flight{era: k.era, refused: refused, usable: make(chan struct{}), done: make(chan struct{}), err: errNoResult}
		k.running++
		isMine = true
	}
	return k.flight, isMine
}

// begin starts a flight. Without a token to leave with, the look at the store
// is the caller's own and ends with its context, because nothing is lost then.
// What follows is detached.
func (k *Keeper) begin(ctx context.Context, f *flight, hasToken bool) {
	detached := context.WithoutCancel(ctx)
	switch {
	case hasToken:
		f.becomeUsable()
		go func() {
			ctx, cancel := context.WithTimeout(detached, storeTimeout)
			defer cancel()
			if k.first(ctx, f) {
				k.rest(detached, f)
			}
		}()
	case ctx.Done() == nil:
		// The caller can't leave, and a goroutine would take as long as the look.
		if k.first(ctx, f) {
			go k.rest(detached, f)
		}
	default:
		go func() {
			if k.first(ctx, f) {
				k.rest(detached, f)
			}
		}()
	}
}

// becomeUsable tells those who wait that there is a good token in memory.
func (f *flight) becomeUsable() {
	select {
	case <-f.usable:
	default:
		close(f.usable)
	}
}

func (k *Keeper) currentEra() uint64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.era
}

// land ends a flight. p is what the code of others panicked with, or nil.
func (k *Keeper) land(f *flight, p any) {
	if p != nil {
		f.token, f.issued, f.err = Token{}, false, panicked(p)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.flight == f {
		k.flight = nil
	}
	if k.running--; k.running == 0 && k.idle != nil {
		close(k.idle)
		k.idle = nil
	}
	close(f.done)
}

// closeTimeout is longer than one attempt to refresh takes.
const closeTimeout = time.Minute

// Close waits until no refresh is under way, and tries once more to save what
// the store has not taken. Its error says what may be lost when the process
// ends. The keeper stays usable.
func (k *Keeper) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	k.mu.Lock()
	if k.running > 0 && k.idle == nil {
		k.idle = make(chan struct{})
	}
	idle := k.idle
	k.mu.Unlock()
	if idle != nil {
		select {
		case <-idle:
		case <-ctx.Done():
			return errUnderWay
		}
	}
	if k.Unsaved() != nil {
		_ = run(ctx, func() error { _, _, err := k.look(ctx); return err })
	}
	return k.Unsaved()
}
