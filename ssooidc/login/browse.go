package login

import (
	"context"

	"github.com/ssooidc/ssooidc-go/internal/browser"
	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// canBrowse reports whether a browser can be opened, or why not. A program that brings its own way of opening one knows best.
func (s *Session) canBrowse() (ok bool, why string) {
	if s.cfg.Browse != nil {
		return true, ""
	}
	return browser.Available()
}

// browse opens an address without waiting for it, and calls failed if it can't be opened while the sign-in is on.
func (s *Session) browse(ctx context.Context, address string, failed func(error)) {
	open := s.cfg.Browse
	if open == nil {
		open = browser.Open
	}
	go func() {
		err := errGone // unless it returns
		defer func() {
			if err == nil || ctx.Err() != nil {
				return
			}
			// The address holds the state or the user code, and such errors like to repeat it.
			s.cfg.Logger.WarnContext(ctx, "login: the browser could not be opened", "session", s.name(),
				"error", secret.Remove(err.Error(), []string{address}))
			failed(err)
		}()
		if refusal := browser.Check(address); refusal != nil {
			err = refusal
			return
		}
		err = open(ctx, address)
	}()
}
