package login

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/loopback"
	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

const (
	browserLife = 10 * time.Minute // how long a person has

	// wallCheck is how often a wait looks at the wall clock: a timer stands still while a laptop sleeps.
	wallCheck = 10 * time.Second
)

// fallBackError says why a person can't sign in by browser here, though by device code.
type fallBackError struct {
	why       string // for the challenge
	canBrowse bool   // whether a browser could be opened all the same
	err       error
}

func (e *fallBackError) Error() string {
	return e.why + ": " + e.err.Error() + "; change that, or sign in by device code instead"
}

func (e *fallBackError) Unwrap() error { return e.err }

// signInByBrowser signs a person in with a browser on this machine, by the steps of the AWS CLI: listen, register, open,
// exchange. Where it can't, its error is a *fallBackError.
func (s *signing) signInByBrowser(ctx context.Context, why string, canBrowse bool) (Token, error) {
	clients, err := s.connected()
	if err != nil {
		return Token{}, err
	}
	r, err := s.listen()
	if err != nil {
		return Token{}, err
	}
	defer func() { r.Close() }()
	request := &ssooidc.RegisterClientRequest{
		ClientName:   s.cfg.ClientName,
		ClientType:   ssooidc.ClientTypePublic,
		GrantTypes:   []string{ssooidc.GrantTypeAuthorizationCode, ssooidc.GrantTypeRefreshToken},
		RedirectURIs: []string{"http://127.0.0.1" + loopback.Path}, // without the port: any will do (RFC 8252 section 7.3)
		IssuerURL:    s.cfg.StartURL,
		Scopes:       s.scopes(),
	}
	used := false
	token, err := s.asClient(ctx, clients.main, request, func(reg tokencache.Registration) (Token, error) {
		if used { // as another client, and so with a state of its own
			r.Close()
			next, err := s.listen()
			if err != nil {
				return Token{}, err
			}
			r = next
		}
		used = true
		return s.browserFlow(ctx, clients.main, reg, r, why, canBrowse)
	})
	if seen := r.Unverified(); err != nil && seen != nil {
		err = &unverifiedError{err, seen}
	}
	return token, err
}

// unverifiedError is the error of a sign-in during which a browser has come back with an error that may be another's.
type unverifiedError struct{ err, seen error }

func (e *unverifiedError) Error() string {
	return fmt.Sprintf("%v (the browser reported, though not surely of this sign-in, that %v)", e.err, e.seen)
}

func (e *unverifiedError) Unwrap() error { return e.err }

// redirect is what a sign-in waits for.
type redirect struct {
	*loopback.Listener
	state string
}

func (s *Session) listen() (*redirect, error) {
	state := loopback.NewState()
	l, err := loopback.Listen(loopback.Options{State: state, Port: s.cfg.RedirectPort, Logger: s.cfg.Logger})
	if err != nil {
		why := "no port could be opened"
		if s.cfg.RedirectPort != 0 {
			why = fmt.Sprintf("port %d could not be opened", s.cfg.RedirectPort)
		}
		return nil, &fallBackError{why: why, canBrowse: true, err: err}
	}
	return &redirect{l, state}, nil
}

// browserFlow is RFC 6749 section 4.1 with PKCE: send the person to the service, wait for the code, exchange it.
func (s *signing) browserFlow(ctx context.Context, client API, reg tokencache.Registration, r *redirect, why string, canBrowse bool) (Token, error) {
	verifier := loopback.NewVerifier()
	address, err := client.AuthorizeURL(&ssooidc.AuthorizeURLRequest{
		ClientID:      reg.ClientID,
		RedirectURI:   r.RedirectURI(),
		State:         r.state,
		CodeChallenge: loopback.CodeChallenge(verifier),
		Scopes:        s.scopes(),
	})
	switch {
	case err != nil:
		return Token{}, err
	case address == "":
		return Token{}, emptyAnswer("AuthorizeURL")
	}
	challenge := Challenge{
		Flow:      FlowBrowser,
		Why:       s.why(why),
		URL:       address,
		ExpiresAt: now().Add(browserLife),
		Submit:    r.Submit,
	}
	return s.prompt(ctx, challenge, func(ctx context.Context) (tokencache.Token, error) {
		code, err := s.awaitCode(ctx, r, challenge, canBrowse)
		if err != nil {
			return tokencache.Token{}, err
		}
		token, err := s.exchange(ctx, client, reg, &ssooidc.CreateTokenRequest{
			GrantType:    ssooidc.GrantTypeAuthorizationCode,
			Code:         code,
			RedirectURI:  r.RedirectURI(),
			CodeVerifier: verifier,
		})
		return token, withSentinel(err)
	})
}

// awaitCode opens the browser and waits for it to come back. With FlowAuto, a browser that can't be opened ends the wait.
func (s *Session) awaitCode(ctx context.Context, r *redirect, c Challenge, canBrowse bool) (string, error) {
	waitCtx, giveUp := context.WithCancelCause(ctx)
	defer giveUp(nil)
	if canBrowse {
		s.browse(ctx, c.URL, func(err error) {
			if s.cfg.Flow == FlowAuto {
				giveUp(&fallBackError{why: "the browser could not be opened", err: err})
			}
		})
	}
	code, err := awaitRedirect(waitCtx, r, c.ExpiresAt)
	var refusal *loopback.ErrorResponse
	var fallBack *fallBackError
	switch {
	case errors.As(err, &refusal):
		return "", &AuthorizationError{Code: refusal.Code, Description: refusal.Description}
	case err != nil && errors.As(context.Cause(waitCtx), &fallBack):
		return "", fallBack
	}
	return code, err
}

// awaitRedirect waits for a code until the deadline, by the wall clock.
func awaitRedirect(ctx context.Context, r interface {
	Wait(context.Context) (string, error)
}, deadline time.Time) (string, error) {
	for {
		left := deadline.Sub(now())
		if left <= 0 {
			return "", ErrExpired
		}
		waitCtx, cancel := context.WithTimeout(ctx, min(left, wallCheck))
		code, err := r.Wait(waitCtx)
		ended := waitCtx.Err() != nil
		cancel()
		switch {
		case err == nil || !ended || errors.As(err, new(*loopback.ErrorResponse)):
			return code, err
		case ctx.Err() != nil:
			return "", contextError(ctx)
		}
	}
}
