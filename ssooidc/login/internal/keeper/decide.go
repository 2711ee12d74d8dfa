package keeper

import "time"

// Reason says why a person must act before there is a token again.
type Reason int

const (
	NotSignedIn        Reason = iota + 1 // there is no entry
	SignedOut                            // there is none any more
	SessionEnded                         // the service has refused the refresh token
	NotRefreshable                       // the token has expired, and there is nothing to refresh it with
	OtherConfiguration                   // the entry is of another start URL or region
	Torn                                 // the entry is no token
	ReadOnly                             // the token has expired, and a refreshed one could not be saved
)

// action is what a keeper does with an entry.
type action struct {
	use     bool   // the access token is good
	refresh bool   // the token is to be refreshed; callers wait for it unless use is set
	reason  Reason // set if neither is
}

// decide chooses the action for an entry. refused is the access token that a
// caller has seen refused, or "". canSave is false if the store is read-only:
// a refresh would then end the session of the others who read the same entry.
//
//	entry   access token  refresh token      action
//	none    -             -                  NotSignedIn
//	torn    -             -                  Torn
//	foreign -             -                  OtherConfiguration
//	ours    good, not due any                use
//	ours    good, due     usable             use, refresh
//	ours    good, due     read-only, or not  use
//	ours    bad           usable             refresh
//	ours    bad           usable, read-only  ReadOnly
//	ours    bad           marked             SessionEnded
//	ours    bad           none               NotRefreshable
//
// A bad access token has expired, was refused or is marked. A read-only refresh
// token is usable, but the result could not be saved.
func decide(e entry, now time.Time, refused string, window time.Duration, canSave bool) action {
	switch e.kind {
	case none:
		return action{reason: NotSignedIn}
	case torn:
		return action{reason: Torn}
	case foreign:
		return action{reason: OtherConfiguration}
	}
	isUsable := e.refreshable(now)
	canSave = canSave || e.inMemory // nobody else has what is only in memory
	if isGood(e.public(), refused, now) && !e.refused.Access {
		return action{use: true, refresh: isUsable && canSave && !now.Before(e.due(window))}
	}
	switch {
	case isUsable && canSave:
		return action{refresh: true}
	case isUsable:
		return action{reason: ReadOnly}
	case e.refused.Refresh:
		return action{reason: SessionEnded}
	}
	return action{reason: NotRefreshable}
}

// due is when to refresh the token: the window before its expiry, but not in
// the first half of its life. The life is known if we wrote the entry.
func (e entry) due(window time.Duration) time.Time {
	early := max(window, 0)
	if life := e.token.ExpiresAt.Sub(e.member.IssuedAt); !e.member.IssuedAt.IsZero() && life > 0 {
		early = min(early, life/2)
	}
	return e.token.ExpiresAt.Add(-early)
}
