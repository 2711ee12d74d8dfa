package keeper

import (
	"context"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// signInTimeout is how long a sign-in waits until it is saved. Afterwards it is
// saved when the store works.
const signInTimeout = 30 * time.Second

// Seen is what was in the store at some moment.
type Seen struct {
	at     time.Time
	signIn string // "": none, or unknown
}

// Now notes only the time.
func (k *Keeper) Now() Seen { return Seen{at: now()} }

// See notes what the store holds now.
func (k *Keeper) See(ctx context.Context) (Seen, error) {
	seen := Seen{at: now()}
	var e entry
	err := run(ctx, func() (err error) { e, err = k.view(ctx); return err })
	if err == nil {
		seen.signIn = e.signIn()
	}
	return seen, err
}

// Since returns the token of a sign-in that has ended since seen, if the store
// has one. The refresh of an earlier sign-in does not count. The sign-in becomes
// this keeper's.
func (k *Keeper) Since(ctx context.Context, seen Seen) (t Token, ok bool) {
	release, err := k.takeTurn(ctx)
	if err != nil {
		return Token{}, false
	}
	err = run(ctx, func() error {
		defer release()
		e, err := k.view(ctx)
		if err != nil || !e.member.SignedInAt.After(seen.at) || !isGoodNow(e.public(), "") {
			return err
		}
		if !e.inMemory {
			k.newEra(e, k.pendingSignIn())
		}
		t, ok = e.public(), true
		return nil
	})
	if err != nil {
		return Token{}, false
	}
	return t, ok
}

// SignIn makes the token of a sign-in the keeper's, and saves it. before is what
// was in the store when the person was asked. The context does not end it: a
// sign-in is not lost because its caller has left. A later sign-in of another
// process wins: SignIn then returns its token.
//
// Unsaved says why if it could not be saved.
func (k *Keeper) SignIn(ctx context.Context, t tokencache.Token, before Seen) (Token, error) {
	s, err := signedIn(t, now())
	if err != nil {
		return Token{}, err
	}
	u := &unsaved{entry: s, isSignIn: true, earlier: before.signIn}
	era := k.currentEra()
	ctx = context.WithoutCancel(ctx)
	waitCtx, cancel := context.WithTimeout(ctx, signInTimeout)
	defer cancel()
	release, err := k.takeTurn(waitCtx)
	if k.isLate(era, s) {
		if release != nil {
			release()
		}
		return k.Token(ctx, "")
	}
	k.unsaved.Store(u)
	latest, orphan := s, entry{}
	if err == nil {
		err = run(waitCtx, func() error {
			defer release()
			storeCtx, cancel := context.WithTimeout(ctx, storeTimeout)
			defer cancel()
			for _, wait := range saveWaits {
				sleep(ctx, wait)
				e, lost, err := k.save(storeCtx)
				if err == nil && e.kind == ours {
					latest = e
				}
				if orphan = lost; k.unsaved.Load() == nil {
					break
				}
			}
			return nil
		})
	}
	switch unsavedErr := k.Unsaved(); {
	case err != nil: // what is under way hangs, and goes on
		k.newEra(s)
		return s.public(), nil
	case orphan.kind == ours:
		k.newEra(entry{})
		k.Service.End(ctx, orphan.token)
		return Token{}, &RequiredError{Reason: SignedOut}
	case unsavedErr != nil:
		k.Service.Warn(ctx, "save the token, which is lost when this process ends", unsavedErr)
	}
	k.newEra(latest)
	return latest.public(), nil
}

// isLate reports whether a later sign-in than s has ended in this process since
// era. A clock that has jumped back makes no sign-in late.
func (k *Keeper) isLate(era uint64, s entry) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.era != era && k.signedInAt.After(s.member.SignedInAt)
}
