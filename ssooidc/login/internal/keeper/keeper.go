// Package keeper keeps one token alive for all goroutines and processes.
//
// A [Keeper] owns one entry of a store. Nothing else reads or writes it. A
// keeper has four pieces of state: the entry in the store, a copy of its token
// in memory, a refresh that is under way, and at most one result that the store
// has not taken yet. What it does next is a pure function of the entry, decide.
//
// The package knows no HTTP and no way to sign in. A [Service] does both.
package keeper

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// Service is what a keeper needs of the sign-in service and of its owner. Its
// methods are called from several goroutines.
type Service interface {
	// Endpoint is where the service is. A refusal counts for one endpoint.
	Endpoint() string

	// Matches reports whether a token belongs to the owner's configuration.
	Matches(tokencache.Token) bool

	// Refresh exchanges the refresh token of an entry. It returns the entry that
	// is to replace it. The fields of other tools are the keeper's affair.
	Refresh(context.Context, tokencache.Token) (tokencache.Token, error)

	// IsFinal reports whether an error of Refresh means that the service will
	// refuse the refresh token each time.
	IsFinal(error) bool

	// End ends the session of a token that a sign-out came too late for.
	End(context.Context, tokencache.Token)

	// Warn tells of trouble with the store that the keeper works around.
	Warn(ctx context.Context, doing string, err error)
}

// Options say what a keeper keeps. All fields are required, but for Window.
type Options struct {
	Store   tokencache.Store
	Key     string
	Service Service
	Window  time.Duration // how long before its expiry a token is refreshed; negative: never early
}

// Keeper keeps one token. Its Options are set before it is used. It is safe for
// concurrent use. It must not be copied.
type Keeper struct {
	Options

	memory atomic.Pointer[held] // nil: none

	unsaved atomic.Pointer[unsaved] // what the store has not taken yet; nil: nothing

	mu  sync.Mutex // guards what follows and all writing to memory; never held while anything waits
	era uint64     // counts sign-ins and sign-outs: what began in an earlier era changes no memory

	signedInAt time.Time // of the sign-in that began the era; zero: a sign-out did

	flight  *flight       // the refresh that is under way in this era; nil: none
	running int           // flights that have not landed, those of earlier eras included
	turn    chan struct{} // see takeTurn; nil: not used yet
}

// Token is an access token.
type Token struct {
	AccessToken string
	ExpiresAt   time.Time
	Refreshable bool // whether it can be refreshed when it expires
}

// held is the token in memory.
type held struct {
	Token
	due int64 // when to look at the store again, in Unix seconds: they compare fastest
}

// Hot returns the token in memory if nothing else has to be looked at, or nil.
func (k *Keeper) Hot() *Token {
	if h := k.memory.Load(); h != nil && time.Now().Unix() < h.due {
		return &h.Token
	}
	return nil
}

// good reports whether the token can be used: it has not expired, and it is not
// the refused one.
func (h *held) good(refused string) bool {
	return h != nil && isGood(h.Token, refused, now())
}

func isGood(t Token, refused string, at time.Time) bool {
	return t.AccessToken != "" && t.AccessToken != refused && at.Before(t.ExpiresAt)
}

func isGoodNow(t Token, refused string) bool { return isGood(t, refused, now()) }

// hold keeps a token in memory, or none if it is zero, unless someone has
// signed in or out since era. If something is unsaved, the store is looked at
// again soon.
func (k *Keeper) hold(era uint64, t Token, due time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.era == era {
		k.set(t, due)
	}
}

func (k *Keeper) set(t Token, due time.Time) {
	if t.AccessToken == "" {
		k.memory.Store(nil)
		return
	}
	if k.unsaved.Load() != nil {
		due = earlier(due, now().Add(retryLater))
	}
	k.memory.Store(&held{t, earlier(due, t.ExpiresAt).Unix()})
}

// newEra begins when a sign-in or a sign-out, of which e is none, has succeeded.
// What a refresh of an earlier era finds does not get into memory. Something
// unsaved of the given sign-ins is dropped and returned.
func (k *Keeper) newEra(e entry, drop ...string) (dropped *unsaved) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if u := k.unsaved.Load(); u != nil && slices.Contains(drop, u.entry.signIn()) && k.unsaved.CompareAndSwap(u, nil) {
		dropped = u
	}
	k.era++
	k.flight = nil
	k.signedInAt = e.member.SignedInAt
	k.set(e.public(), e.due(k.Window))
	return dropped
}

// takeTurn waits for the turn to write to the store, so that the sign-ins and
// sign-outs of this process happen one after another. The turn is a channel,
// because who waits for it can leave.
func (k *Keeper) takeTurn(ctx context.Context) (release func(), err error) {
	k.mu.Lock()
	if k.turn == nil {
		k.turn = make(chan struct{}, 1)
	}
	turn := k.turn
	k.mu.Unlock()
	select {
	case turn <- struct{}{}:
		return func() { <-turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// now is the wall clock. The monotonic clock stands still while a laptop sleeps.
func now() time.Time { return time.Now().Round(0) }

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// sleep waits, and reports whether the context is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
