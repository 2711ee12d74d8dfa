package login

import (
	"context"
	"fmt"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login/internal/keeper"
)

// Reason says why a person must act before there is a token again. The zero
// Reason is none: the person is signed in.
type Reason int

const (
	// NotSignedIn means that the cache has no entry for the session.
	NotSignedIn = Reason(keeper.NotSignedIn)

	// SignedOut means that someone has signed out while the session was in use.
	SignedOut = Reason(keeper.SignedOut)

	// SessionEnded means that the service has refused to refresh the token: the
	// session has run its time, or an administrator has ended it.
	SessionEnded = Reason(keeper.SessionEnded)

	// NotRefreshable means that the token has expired, and that the cache has
	// nothing to refresh it with. Tokens of legacy profiles are never refreshed.
	NotRefreshable = Reason(keeper.NotRefreshable)

	// OtherConfiguration means that the cached token belongs to another start
	// URL or region.
	OtherConfiguration = Reason(keeper.OtherConfiguration)

	// Torn means that the cached entry is no token, or half of one.
	Torn = Reason(keeper.Torn)

	// ReadOnly means that the token has expired and that the cache can't be
	// written. A refresh would end the session of the programs that can write it.
	// One of those can refresh the token.
	ReadOnly = Reason(keeper.ReadOnly)
)

// String returns the reason in a word or two, such as "session ended".
func (r Reason) String() string {
	if 0 <= r && int(r) < len(reasons) {
		return reasons[r].name
	}
	return fmt.Sprintf("Reason(%d)", int(r))
}

// reasons are the reasons' names, and what RequiredError says of them.
var reasons = [...]struct{ name, happened, advice string }{
	0:                  {"none", "a person must sign in to %s", "sign in"},
	NotSignedIn:        {"not signed in", "nobody is signed in to %s", "sign in"},
	SignedOut:          {"signed out", "someone has signed out of %s", "sign in again"},
	SessionEnded:       {"session ended", "the session %s has ended", "sign in again"},
	NotRefreshable:     {"not refreshable", "the token of %s has expired and can't be refreshed", "sign in again"},
	OtherConfiguration: {"other configuration", "the cached token of %s belongs to another start URL or region", "sign in to replace it"},
	Torn:               {"torn", "the cached token of %s is damaged", "sign in to replace it"},
	ReadOnly: {"read-only", "the token of %s has expired, and the cache is read-only, so it can't be refreshed here",
		"refresh it or sign in where the cache can be written"},
}

// Status is what the cache says of a session.
type Status struct {
	Reason      Reason    // why there is no token; 0: the person is signed in
	SignedInAt  time.Time // zero: unknown, since another tool signed in
	ExpiresAt   time.Time // of the access token
	Refreshable bool      // whether the session goes on after ExpiresAt
}

// Status reads the session's entry in the cache. It never refreshes, asks a
// person or sends anything, so it does not know of a session that an
// administrator has ended until a refresh has failed. It fails with a
// [*CacheError] or the context's error.
func (s *Session) Status(ctx context.Context) (Status, error) {
	if !s.isMade() {
		return Status{}, errNoSession
	}
	status, err := s.keeper.Status(ctx)
	if err != nil {
		return Status{}, s.public(ctx, err)
	}
	return Status{Reason(status.Reason), status.SignedInAt, status.ExpiresAt, status.Refreshable}, nil
}

// Unsaved returns why the cache does not have the session's token, as a
// [*CacheError], or nil if it has. The session works without, but other programs
// don't have the token, and it is lost when this one ends. Each call of Token
// tries to save it again, not more often than every ten seconds.
func (s *Session) Unsaved() error {
	if !s.isMade() {
		return nil
	}
	return s.public(context.Background(), s.keeper.Unsaved())
}

// Close waits until no refresh is under way, at most a minute, and saves what
// could not be saved before. A refresh goes on when its callers have left, but
// not when the process ends. So a program calls Close before it exits, calls
// os.Exit or replaces itself by exec. Mostly there is nothing to wait for. The
// session stays usable.
//
// Its error says that the session may be lost when the process ends.
func (s *Session) Close() error {
	if !s.isMade() {
		return nil
	}
	return s.public(context.Background(), s.keeper.Close())
}
