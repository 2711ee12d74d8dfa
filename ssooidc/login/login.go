package login

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/pause"
	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/ssooidc/login/internal/keeper"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// Login signs a person in, by Config.Flow, and keeps the token in the cache. It
// always asks a person, even if a valid token exists. If another goroutine or
// process is already asking for this session, Login waits and returns that
// sign-in's token.
//
// If the token can't be saved, Login still returns it. [Session.Unsaved] and the
// prompt then say why.
//
// Login fails with [ErrDenied] or [ErrExpired], the context's error, the
// prompt's, an [*AuthorizationError], or the reason why the service refused or
// could not be reached. errors.Is and errors.As find them.
func (s *Session) Login(ctx context.Context) (Token, error) {
	if !s.isMade() {
		return Token{}, errNoSession
	}
	// A cache that can't be read is no reason not to ask.
	before, _ := s.keeper.See(ctx)
	return s.loginSince(ctx, before)
}

// loginSince is Login, for which a sign-in counts that has ended since before.
func (s *Session) loginSince(ctx context.Context, before keeper.Seen) (Token, error) {
	token, err := s.login(ctx, before)
	switch {
	case errors.As(err, new(*ConfigError)):
		return Token{}, err // which says all there is to say
	case err != nil:
		return Token{}, fmt.Errorf("login: the sign-in to %s failed: %w", secret.Printable(s.name(), 200), err)
	}
	return token, nil
}

func (s *Session) login(ctx context.Context, before keeper.Seen) (Token, error) {
	unlock, theirs, err := s.lockSignIn(ctx, before)
	if err != nil {
		return Token{}, err
	}
	if unlock == nil {
		return theirs, nil
	}
	defer unlock()
	token, err := (&signing{s, before}).signIn(ctx)
	if hint := s.cfg.regionHint(); err != nil && hint != "" && ctx.Err() == nil {
		err = fmt.Errorf("%w; %s: check which is right", err, hint)
	}
	return token, err
}

// signing is a session while a person is asked.
type signing struct {
	*Session
	before keeper.Seen // what the cache had when Login was called
}

// signIn asks a person, by the flow that is configured or possible.
func (s *signing) signIn(ctx context.Context) (Token, error) {
	if hint := s.cfg.regionHint(); hint != "" {
		s.cfg.Logger.WarnContext(ctx, "login: "+hint+": check which is right", "session", s.name())
	}
	canBrowse, why := s.canBrowse()
	switch {
	case s.cfg.Flow == FlowDeviceCode:
		return s.signInByDevice(ctx, "", canBrowse)
	case s.cfg.Flow == FlowBrowser:
		return s.signInByBrowser(ctx, why, canBrowse)
	case s.cfg.Legacy:
		return s.signInByDevice(ctx, "a legacy profile", canBrowse)
	case !canBrowse:
		return s.signInByDevice(ctx, why, false)
	}
	token, err := s.signInByBrowser(ctx, "", true)
	var fallBack *fallBackError
	if !errors.As(err, &fallBack) {
		return token, err
	}
	var unverified *unverifiedError
	isUnverified := errors.As(err, &unverified)
	if token, err = s.signInByDevice(ctx, fallBack.why, fallBack.canBrowse); err != nil && isUnverified {
		err = &unverifiedError{err, unverified.seen}
	}
	return token, err
}

// keep makes the token of a sign-in the session's. It is never lost, not even to
// a context that has ended, so it is called before anything else is waited for.
func (s *signing) keep(ctx context.Context, issued tokencache.Token) (Token, error) {
	t, err := s.keeper.SignIn(ctx, issued, s.before)
	return Token(t), s.public(ctx, err)
}

// signInPoll is the time between two tries for the lock of a sign-in, and
// between two looks for the result of another's.
const signInPoll = 100 * time.Millisecond

// lockSignIn waits until nobody else asks a person to sign in to this session.
// If someone did and the person has signed in, it returns that token instead of
// unlock.
//
// The lock has a key of its own, under which no blob is kept: the token's lock
// is free for refreshes while a person is asked.
func (s *Session) lockSignIn(ctx context.Context, before keeper.Seen) (unlock func(), theirs Token, err error) {
	key := tokencache.TokenKey("sign-in " + s.keeper.Key)
	for isWaiting := false; ; isWaiting = true {
		unlock := s.tryLockSignIn(ctx, key)
		// Also with the lock: its last holder may just have signed in.
		if t, ok := s.keeper.Since(ctx, before); ok {
			if unlock != nil {
				unlock()
			}
			return nil, Token(t), nil
		}
		if unlock != nil {
			return unlock, Token{}, nil
		}
		if !isWaiting {
			s.cfg.Logger.InfoContext(ctx, "login: waiting for another sign-in to the same session", "session", s.name(), "lock", key)
		}
		if sleep(ctx, signInPoll) != nil {
			return nil, Token{}, fmt.Errorf("another sign-in to the same session is not over yet (it holds %s.lock in the cache): finish or stop that one: %w", key, contextError(ctx))
		}
	}
}

// tryLockSignIn takes the lock of a sign-in if it is free: among the goroutines
// of this session, and among all that share the cache if that has locks.
func (s *Session) tryLockSignIn(ctx context.Context, key string) (unlock func()) {
	if !s.asking.CompareAndSwap(false, true) {
		return nil
	}
	release := func() { s.asking.Store(false) }
	locked, ok, err := s.cfg.Cache.TryLock(ctx, key)
	switch {
	case err != nil && ctx.Err() == nil: // a store without locks
		s.warn(ctx, "lock the sign-in", err)
		return release
	case !ok || err != nil:
		release()
		return nil
	case locked == nil: // a store with nothing to release
		return release
	}
	return func() { locked(); release() }
}

// now is the wall clock. The monotonic clock stands still while a laptop sleeps.
func now() time.Time { return time.Now().Round(0) }

// sleep waits, unless the context ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if pause.For(ctx, d) != nil {
		return contextError(ctx)
	}
	return nil
}
