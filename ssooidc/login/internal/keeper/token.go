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
	done    chan struct{} // closed when the rest is there

	token  Token
	issued bool // just now, which makes the token good for those who wait even if it has no lifetime
	err    error
	left   bool // its first caller has left before there was anything to lose
}

const (
	patience  = 5 * time.Second        // how long callers wait for a refresh if they have a good token
	lookAgain = 100 * time.Millisecond // after that, for a good token in memory
)

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
		if landed := k.wait(ctx, f, refused, patient); !landed {
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
func (k *Keeper) wait(ctx context.Context, f *flight, refused string, patient *time.Timer) (landed bool) {
	for {
		select {
		case <-f.done:
			return true
		default:
		}
		select {
		case <-f.done:
		case <-patient.C:
			patient.Reset(lookAgain) // the flight may find a good token yet
			if k.memory.Load().good(refused) {
				return false
			}
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
		k.flight = &flight{era: k.era, refused: refused, done: make(chan struct{}), err: errNoResult}
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
	if ctx.Done() == nil && !hasToken {
		// The caller can't leave, and a goroutine would take as long as the look.
		if k.first(ctx, f) {
			go k.rest(detached, f)
		}
		return
	}
	go func() {
		if hasToken {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(detached, storeTimeout)
			defer cancel()
		}
		if k.first(ctx, f) {
			k.rest(detached, f)
		}
	}()
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
	k.running--
	close(f.done)
}

const (
	closeTimeout = time.Minute // longer than one attempt to refresh takes
	closePoll    = 10 * time.Millisecond
)

// Close waits until no refresh is under way, and tries once more to save what
// the store has not taken. Its error says what may be lost when the process
// ends. The keeper stays usable.
func (k *Keeper) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	for k.isFlying() {
		if !sleep(ctx, closePoll) {
			return errUnderWay
		}
	}
	if k.Unsaved() != nil {
		_ = run(ctx, func() error { _, _, err := k.look(ctx); return err })
	}
	return k.Unsaved()
}

// isFlying reports whether a flight has not landed, of this era or an earlier one.
func (k *Keeper) isFlying() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.running > 0
}
