package keeper

import (
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// The pure functions, and what the tests need to call them.
type (
	Entry   = entry
	Kind    = kind
	Member  = member
	Refusal = refusal
	Fate    = fate
)

const (
	None, TornEntry, Foreign, Ours = none, torn, foreign, ours

	IsTheirs, IsSaved, IsGone, MustWait, MustWrite = isTheirs, isSaved, isGone, mustWait, mustWrite
)

// MakeEntry is an entry as parse makes it.
func MakeEntry(k Kind, t tokencache.Token, m Member, r Refusal, inMemory bool) Entry {
	return entry{kind: k, data: []byte(t.AccessToken), token: t, member: m, refused: r, inMemory: inMemory}
}

func Decide(e Entry, now time.Time, refused string, window time.Duration, canSave bool) (use, refresh bool, reason Reason) {
	a := decide(e, now, refused, window, canSave)
	return a.use, a.refresh, a.reason
}

func (e entry) Due(window time.Duration) time.Time { return e.due(window) }
func (e entry) Data() []byte                       { return e.data }
func (e entry) Kind() Kind                         { return e.kind }
func (e entry) Member() Member                     { return e.member }
func (e entry) Refused() Refusal                   { return e.refused }
func (e entry) SignIn() string                     { return e.signIn() }

func Parse(k *Keeper, data []byte) Entry { return k.parse(data) }

func SignedIn(t tokencache.Token, at time.Time) (Entry, error)         { return signedIn(t, at) }
func Renewed(e Entry, t tokencache.Token, at time.Time) (Entry, error) { return e.renewed(t, at) }
func Marked(e Entry, r Refusal) (Entry, error)                         { return e.marked(r) }
func FateOf(isSignIn bool, earlier string, next, from, held Entry) Fate {
	return (&unsaved{entry: next, from: from, isSignIn: isSignIn, earlier: earlier}).fate(held)
}
