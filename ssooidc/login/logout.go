package login

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login/internal/keeper"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// Logout signs out. It removes the session from memory and from the cache, and
// then ends it at the portal, for every tool that uses it. If nobody is signed
// in, Logout does nothing. A refresh that is under way does not bring the
// session back.
//
// Logout returns nil only if the portal has shown that the session has ended.
// Otherwise its error says that the session may live on, until when, and how to
// end it. If the cache failed, the error is a [*CacheError]: the session may
// still be there.
func (s *Session) Logout(ctx context.Context) error {
	removed, err := s.signOut(ctx)
	var problem error
	for _, t := range removed.Tokens {
		if endErr := s.end(ctx, t); endErr != nil {
			problem = s.livesOn(t.ExpiresAt, endErr)
		}
	}
	if removed.IsTorn && removed.Tokens == nil {
		problem = s.livesOn(time.Time{}, errors.New("the cached entry was no token, so the portal could not be told"))
	}
	switch {
	case problem == nil:
		return err
	case err == nil:
		return fmt.Errorf("login: %w", problem)
	}
	return fmt.Errorf("%w; %w", err, problem) // on one line
}

// livesOn is the error of a sign-out that the portal has not confirmed.
func (s *Session) livesOn(until time.Time, err error) error {
	text := ""
	if now().Before(until) {
		text = " (its access token until " + until.UTC().Format("2006-01-02 15:04 MST") + ")"
	}
	return fmt.Errorf("the session %s may live on at the portal%s; to end it, sign out in the browser at %s: %w",
		secret.Printable(s.name(), 200), text, secret.Printable(s.cfg.StartURL, 200), err)
}

// Forget signs out here only: it removes the session from memory and from the
// cache. The session lives on for tools that have its tokens elsewhere. Its
// error is a [*CacheError], or the context's.
func (s *Session) Forget(ctx context.Context) error {
	_, err := s.signOut(ctx)
	return err
}

func (s *Session) signOut(ctx context.Context) (removed keeper.Removed, err error) {
	if !s.isMade() {
		return removed, errNoSession
	}
	if ctx.Err() == nil {
		removed, err = s.keeper.SignOut(ctx)
	}
	if ctx.Err() != nil && (err != nil || removed.Tokens == nil) {
		return removed, fmt.Errorf("login: sign-out of %s: %w", secret.Printable(s.name(), 200), contextError(ctx))
	}
	var store *keeper.StoreError
	if errors.As(err, &store) {
		err = &CacheError{Session: s.name(), Err: fmt.Errorf("the session may still be in it: %w", store.Err)}
	}
	return removed, err
}

// end ends the session of a token at the portal. A token that has expired is
// refreshed first. Only status 200 shows that the session has ended, or 401
// together with an invalid_grant of the service.
func (s *Session) end(ctx context.Context, t tokencache.Token) error {
	for isFirst := true; ; isFirst = false {
		if now().Before(t.ExpiresAt) || t.RefreshToken == "" || !isFirst {
			err := s.endAtPortal(ctx, t.AccessToken)
			if !isUnauthorized(err) || t.RefreshToken == "" || !isFirst {
				return err
			}
		}
		issued, err := (*service)(s).Refresh(ctx, t)
		if errors.As(err, new(*ssooidc.InvalidGrantException)) {
			if err = s.endAtPortal(ctx, t.AccessToken); isUnauthorized(err) {
				return nil
			}
			return err
		}
		if err != nil {
			return fmt.Errorf("its token could not be refreshed to end it: %w", err)
		}
		t = issued
	}
}
