package login

import (
	"context"
	"errors"
	"fmt"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// Login signs a person in, by Config.Flow, and keeps the token in the cache. It always asks, also where a valid token is
// there; only if another goroutine or process is already asking for this session, Login waits for that, and takes the token
// that comes of it.
//
// It ends with ErrDenied or ErrExpired, the context's error, the prompt's, an [*AuthorizationError], or why the service
// refused or could not be reached; errors.Is and errors.As find them. A token that could not be saved is returned all the
// same, and told of in the log.
func (s *Session) Login(ctx context.Context) (Token, error) {
	if !s.isMade() {
		return Token{}, errNoSession
	}
	token, err := s.login(ctx)
	switch {
	case errors.As(err, new(*ConfigError)):
		return Token{}, err // which says all there is to say
	case err != nil:
		return Token{}, fmt.Errorf("login: the sign-in to %s failed: %w", secret.Printable(s.name, 200), err)
	}
	return token, nil
}

func (s *Session) login(ctx context.Context) (Token, error) {
	unlock, theirs, err := s.lockSignIn(ctx)
	if err != nil {
		return Token{}, err
	}
	if unlock == nil {
		return theirs, nil
	}
	defer unlock()
	token, err := s.signIn(ctx)
	if hint := s.cfg.regionHint(); err != nil && hint != "" && ctx.Err() == nil {
		err = fmt.Errorf("%w; %s: check which is right", err, hint)
	}
	return token, err
}

// signIn asks a person, by the flow that is configured or possible.
func (s *Session) signIn(ctx context.Context) (Token, error) {
	if hint := s.cfg.regionHint(); hint != "" {
		s.cfg.Logger.WarnContext(ctx, "login: "+hint+": check which is right", "session", s.name)
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

// lockSignIn waits until nobody else asks a person to sign in to this session. Where someone did, and the person has, it
// returns their token instead of unlock.
func (s *Session) lockSignIn(ctx context.Context) (unlock func(), theirs Token, err error) {
	before, beforeErr := s.load(ctx)
	mayBeRefreshed := s.unrefreshable(before) == nil
	waiting := false
	took := func() bool { return beforeErr == nil && s.takeSince(ctx, before, &theirs) }
	settled := func() bool {
		if !waiting {
			waiting = true
			s.cfg.Logger.InfoContext(ctx, "login: waiting for another sign-in to the same session", "session", s.name, "lock", s.signInKey())
		}
		return took()
	}
	unlock, err = s.lock(ctx, s.signInKey(), settled)
	switch {
	case err != nil && waiting:
		return nil, Token{}, fmt.Errorf("another sign-in to the same session is not over yet (it holds %s.lock in the cache): finish or stop that one: %w", s.signInKey(), err)
	case err != nil || unlock == nil:
		return nil, theirs, err
	case (waiting || !mayBeRefreshed) && took(): // saved just before the lock was free, and by a sign-in, as far as one can tell
		unlock()
		return nil, theirs, nil
	}
	return unlock, Token{}, nil
}

// takeSince takes a valid token that has come into the cache since before.
func (s *Session) takeSince(ctx context.Context, before entry, token *Token) bool {
	e, err := s.load(ctx)
	if err != nil || e.token.AccessToken == before.token.AccessToken {
		return false
	}
	*token = s.public(e.token)
	if !token.valid("") {
		return false
	}
	s.newEra(s.newHeld(*token, true), nil)
	return true
}

// keep saves the token of a sign-in, and makes it this session's. It is never lost, not even to a context that has ended, so
// it is called at once, before anything else is waited for.
func (s *Session) keep(ctx context.Context, t tokencache.Token) Token {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	unlock, locked := s.lockUpTo(ctx, shortLockWait)
	defer func() { unlock() }()
	over, _ := s.loadSaved(ctx)
	t.Extra = over.token.Extra // of other tools
	u := s.replace(ctx, t, over)
	if !locked {
		// Whoever has the lock may have looked into the cache before this, and saved what it had refreshed after it.
		unlock, _ = s.lockUpTo(ctx, savingTime)
		if latest, err := s.loadSaved(ctx); err == nil && latest.token.ClientID == over.token.ClientID && !sameToken(latest.token, t) &&
			latest.kind == entryOurs {
			u = s.replace(ctx, t, latest)
		}
	}
	token := s.public(t)
	s.newEra(s.newHeld(token, true).soon(u), u)
	return token
}

// replace saves the token of a sign-in, whatever is there, if need be again after each of some waits. What the cache does not take
// it returns.
func (s *Session) replace(ctx context.Context, t tokencache.Token, over entry) *unsaved {
	err := s.write(ctx, t)
	for _, wait := range resaves {
		if err == nil || sleep(ctx, wait) != nil {
			break
		}
		if latest, loadErr := s.loadSaved(ctx); loadErr == nil && sameToken(latest.token, t) {
			s.warn(ctx, "save the token", err) // which is there all the same
			return nil
		}
		err = s.write(ctx, t)
	}
	if err == nil {
		return nil
	}
	s.warnLost(ctx, err)
	return &unsaved{token: t, from: over.token, replaces: over.data, blind: over.unread}
}
