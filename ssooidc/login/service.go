package login

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/endpoint"
	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login/internal/keeper"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// service is a session as its keeper sees it.
type service Session

// Matches reports whether a token belongs to the session's configuration.
func (s *service) Matches(t tokencache.Token) bool { return t.Matches(s.cfg.StartURL, s.cfg.Region) }

// Endpoint is the sign-in service's.
func (s *service) Endpoint() string {
	url, _ := s.cfg.endpoint(endpoint.OIDC, s.cfg.Endpoint) // New has checked it
	return url
}

// Refresh exchanges a refresh token (RFC 6749 section 6).
func (s *service) Refresh(ctx context.Context, t tokencache.Token) (tokencache.Token, error) {
	clients, err := (*Session)(s).connected()
	if err != nil {
		return tokencache.Token{}, err
	}
	reg := tokencache.Registration{ClientID: t.ClientID, ClientSecret: t.ClientSecret, ExpiresAt: t.RegistrationExpiresAt}
	issued, err := (*Session)(s).exchange(ctx, clients.main, reg, &ssooidc.CreateTokenRequest{
		GrantType: ssooidc.GrantTypeRefreshToken, RefreshToken: t.RefreshToken,
	})
	if errors.As(err, new(*ssooidc.InvalidClientException)) {
		(*Session)(s).forgetRegistration(ctx, t.ClientID)
	}
	issued.StartURL = cmp.Or(t.StartURL, issued.StartURL)
	return issued, err
}

// IsFinal reports whether the service will refuse a refresh each time.
func (s *service) IsFinal(err error) bool {
	return errors.As(err, new(*ssooidc.InvalidGrantException)) ||
		errors.As(err, new(*ssooidc.InvalidClientException)) ||
		errors.As(err, new(*ssooidc.UnauthorizedClientException)) ||
		errors.As(err, new(*ssooidc.ExpiredTokenException)) ||
		errors.As(err, new(*ssooidc.AccessDeniedException)) ||
		errors.As(err, new(*ssooidc.InvalidScopeException))
}

// End ends a session that was refreshed while someone signed out.
func (s *service) End(ctx context.Context, t tokencache.Token) {
	if err := (*Session)(s).end(ctx, t); err != nil {
		s.cfg.Logger.WarnContext(ctx, "login: someone has signed out, but the session may live on", "session", (*Session)(s).name(), "error", err)
	}
}

// Warn tells of trouble that the keeper works around.
func (s *service) Warn(ctx context.Context, doing string, err error) {
	var store *keeper.StoreError
	if errors.As(err, &store) {
		(*Session)(s).warn(ctx, doing, store.Err)
		return
	}
	s.cfg.Logger.WarnContext(ctx, "login: could not "+doing, "session", (*Session)(s).name(), "error", err)
}

// exchange asks the service for a token, as the client reg, and makes a cache
// entry of the answer. It fills in the client's fields of the request.
func (s *Session) exchange(ctx context.Context, client API, reg tokencache.Registration, in *ssooidc.CreateTokenRequest) (tokencache.Token, error) {
	in.ClientID, in.ClientSecret = reg.ClientID, reg.ClientSecret
	asked := now() // the lifetime counts from the answer, but on the service's side: rather too early than too late
	out, err := client.CreateToken(ctx, in)
	switch {
	case err != nil:
		return tokencache.Token{}, err
	case out == nil || out.AccessToken == "":
		return tokencache.Token{}, emptyAnswer("CreateToken")
	}
	return tokencache.Token{
		StartURL:              s.cfg.StartURL,
		Region:                s.cfg.Region,
		AccessToken:           out.AccessToken,
		ExpiresAt:             asked.Add(out.Lifetime()).UTC().Truncate(time.Second), // as in the file
		RefreshToken:          cmp.Or(out.RefreshToken, in.RefreshToken),             // RFC 6749 section 6
		ClientID:              reg.ClientID,
		ClientSecret:          reg.ClientSecret,
		RegistrationExpiresAt: reg.ExpiresAt,
	}, nil
}
