package login

import (
	"context"
	"fmt"
	"net/http"

	"github.com/ssooidc/ssooidc-go/internal/portal"
	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// Logout signs out: first here, by deleting the session from memory and from the cache, then at the portal, which ends the
// session on the server for every tool that uses it. An error of the portal does not undo the first. Where nobody is
// signed in, Logout does nothing. A refresh that is under way is waited for, for seven seconds at most, and does not bring the
// session back.
//
// It fails with the cache's error, the portal's, both, or, where it has done nothing, the context's.
func (s *Session) Logout(ctx context.Context) error {
	if !s.isMade() {
		return errNoSession
	}
	if ctx.Err() != nil {
		return fmt.Errorf("login: sign-out of %s: %w", secret.Printable(s.name, 200), contextError(ctx))
	}
	token, unread, err := s.forget(ctx)
	if err != nil {
		err = fmt.Errorf("the session is still in the cache (delete it there, or sign out again): %w", err)
	}
	if token != "" || unread != nil {
		portalErr := unread
		if token != "" {
			portalErr = s.endAtPortal(ctx, token)
		}
		if portalErr != nil {
			portalErr = fmt.Errorf("the session may live on at the portal (sign out there in the browser, at %s): %w",
				secret.Printable(s.cfg.StartURL, 200), portalErr)
			if err == nil {
				err = portalErr
			} else {
				err = fmt.Errorf("%w, and %w", err, portalErr) // on one line
			}
		}
	}
	if err != nil {
		return fmt.Errorf("login: sign-out of %s: %w", secret.Printable(s.name, 200), err)
	}
	return nil
}

// forget deletes the session here, and returns its access token, "" if there is none, or unread where nobody can know.
func (s *Session) forget(ctx context.Context) (token string, unread, err error) {
	callersCtx := ctx
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	if e, err := s.load(ctx); err == nil && e.kind == entryNone && s.memory.Load() == nil {
		return "", nil, nil
	}
	unlock, locked := s.lockUpTo(callersCtx, shortLockWait) // or a refresh that is about to save would bring the session back
	defer func() { unlock() }()
	if h := s.memory.Load(); h != nil {
		token = h.AccessToken
	}
	e, loadErr := s.load(ctx)
	switch {
	case loadErr == nil && e.token.AccessToken != "":
		token = e.token.AccessToken
	case loadErr != nil && token == "":
		unread = fmt.Errorf("its token could not be read: %w", loadErr)
	}
	if e.kind != entryForeign { // which is not this session's
		err = s.cfg.Cache.Delete(ctx, s.tokenKey)
		if !locked && err == nil {
			unlock, _ = s.lockUpTo(ctx, savingTime)
			err = s.cfg.Cache.Delete(ctx, s.tokenKey)
		}
	}
	s.newEra(nil, nil)
	return token, unread, err
}

func (s *Session) endAtPortal(ctx context.Context, token string) error {
	address, client, err := s.portal()
	if err != nil {
		return err
	}
	if ours, ok := client.(*http.Client); ok && !s.bringsClient() {
		defer ours.CloseIdleConnections()
	}
	return portal.Logout(ctx, client, address, token)
}
