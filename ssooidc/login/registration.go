package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// minRegistrationLife is how long a remembered registration must be good for yet. The service keeps one for 90 days, and a
// session can be refreshed only as long as its registration lives.
const minRegistrationLife = 7 * 24 * time.Hour

// asClient runs a flow as a registered client, a remembered one if there is one. Where the service no longer knows that
// one, the flow is run once more as a new one.
func (s *Session) asClient(ctx context.Context, client API, request *ssooidc.RegisterClientRequest,
	flow func(tokencache.Registration) (Token, error)) (Token, error) {
	if reg, ok := s.rememberedRegistration(ctx, request); ok {
		token, err := flow(reg)
		unknown := errors.As(err, new(*ssooidc.InvalidClientException))
		if unknown || mayBeUnknown(err) {
			s.forgetRegistration(ctx, reg.ClientID)
		}
		if !unknown {
			return token, err
		}
	}
	reg, err := s.register(ctx, client, request)
	if err != nil {
		return Token{}, err
	}
	token, err := flow(reg)
	if errors.As(err, new(*ssooidc.InvalidClientException)) {
		err = fmt.Errorf("%w; the client was registered just now: try again in a moment, and if that does not help, check the start URL and the region", err)
	}
	return token, err
}

// mayBeUnknown reports whether a flow ended as it does when the service no longer knows a client, but has told only the
// person's browser: nobody came back in time, or the browser did with that.
func mayBeUnknown(err error) bool {
	var authorization *AuthorizationError
	return errors.Is(err, ErrExpired) || errors.Is(err, context.DeadlineExceeded) ||
		errors.As(err, &authorization) && (authorization.Code == "invalid_client" || authorization.Code == "unauthorized_client")
}

func (s *Session) registrationKey() string {
	return tokencache.RegistrationKey(s.cfg.StartURL, s.cfg.Region, s.cfg.Scopes, s.cfg.Name)
}

// scopes are those that are registered.
func (s *Session) scopes() []string {
	if s.cfg.Legacy || len(s.cfg.Scopes) > 0 {
		return s.cfg.Scopes
	}
	return []string{ssooidc.ScopeAccountAccess}
}

// register registers a new client and remembers it.
func (s *Session) register(ctx context.Context, client API, request *ssooidc.RegisterClientRequest) (tokencache.Registration, error) {
	out, err := client.RegisterClient(ctx, request)
	switch {
	case errors.As(err, new(*ssooidc.InvalidScopeException)):
		return tokencache.Registration{}, fmt.Errorf("%w; check the scopes (%s)", err, secret.Printable(strings.Join(request.Scopes, ", "), 200))
	case errors.As(err, new(*ssooidc.InvalidClientMetadataException)):
		return tokencache.Registration{}, fmt.Errorf("%w; check the client name (%s)", err, secret.Printable(request.ClientName, 200))
	case err != nil:
		return tokencache.Registration{}, s.misdirected(err)
	case out == nil || out.ClientID == "" || out.ClientSecret == "":
		return tokencache.Registration{}, emptyAnswer("RegisterClient")
	}
	reg := tokencache.Registration{
		ClientID:     out.ClientID,
		ClientSecret: out.ClientSecret,
		ExpiresAt:    out.ClientSecretExpiry().UTC(),
		Scopes:       request.Scopes,
		GrantTypes:   request.GrantTypes,
	}
	s.saveRegistration(ctx, reg)
	return reg, nil
}

// saveRegistration replaces the remembered registration. If another process
// replaces it at the same time, either will do.
func (s *Session) saveRegistration(ctx context.Context, reg tokencache.Registration) {
	data, err := json.Marshal(reg)
	if err == nil {
		var old []byte
		if old, err = s.cfg.Cache.Load(ctx, s.registrationKey()); err == nil {
			_, err = s.cfg.Cache.CompareAndSwap(ctx, s.registrationKey(), old, data)
		}
	}
	if err != nil && ctx.Err() == nil {
		s.warn(ctx, "save the client registration", err)
	}
}

// emptyAnswer is the error of a client that gave neither a result nor an error.
func emptyAnswer(operation string) error {
	return fmt.Errorf("%s: the client returned no error, but not what was asked for either: check Config.Client, and any endpoint or proxy that is configured", operation)
}

// rememberedRegistration is the one in the cache, if it is what would be registered now and lives long enough.
func (s *Session) rememberedRegistration(ctx context.Context, request *ssooidc.RegisterClientRequest) (tokencache.Registration, bool) {
	reg, _ := s.loadRegistration(ctx)
	ok := reg.ClientID != "" && reg.ClientSecret != "" &&
		sameFlow(reg.GrantTypes, request.GrantTypes) &&
		sameSet(reg.Scopes, request.Scopes) &&
		reg.ExpiresAt.Sub(now()) > minRegistrationLife
	return reg, ok
}

// loadRegistration returns the remembered registration, and its blob. It is zero
// if there is none, or another tool's torn one.
func (s *Session) loadRegistration(ctx context.Context) (reg tokencache.Registration, data []byte) {
	data, err := s.cfg.Cache.Load(ctx, s.registrationKey())
	if err != nil && ctx.Err() == nil {
		s.warn(ctx, "load the client registration", err)
	}
	if data != nil && json.Unmarshal(data, &reg) != nil {
		reg = tokencache.Registration{}
	}
	return reg, data
}

// storeTimeout ends a write that no caller's context ends.
const storeTimeout = 30 * time.Second

// forgetRegistration removes the remembered registration, unless that is another
// one by now. It does so even if the caller's time is over.
func (s *Session) forgetRegistration(ctx context.Context, clientID string) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeTimeout)
	defer cancel()
	reg, data := s.loadRegistration(ctx)
	if data == nil || reg.ClientID != clientID {
		return
	}
	if _, err := s.cfg.Cache.CompareAndSwap(ctx, s.registrationKey(), data, nil); err != nil && ctx.Err() == nil {
		s.warn(ctx, "forget the client registration", err)
	}
}

// sameFlow reports whether a registration with some grants serves the flow that would register others. The two kinds of
// registration share an entry; one for the device flow names its grants, or names none.
func sameFlow(has, wants []string) bool {
	if slices.Contains(wants, ssooidc.GrantTypeAuthorizationCode) {
		return sameSet(has, wants)
	}
	return !slices.Contains(has, ssooidc.GrantTypeAuthorizationCode)
}

func sameSet(a, b []string) bool {
	return slices.Equal(slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b)))
}
