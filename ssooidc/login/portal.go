package login

import (
	"context"
	"net/http"

	"github.com/ssooidc/ssooidc-go/internal/endpoint"
	"github.com/ssooidc/ssooidc-go/internal/portal"
	"github.com/ssooidc/ssooidc-go/internal/wire"
	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// Portal is where the portal of the session is, without a slash at the end, and what sends requests to it as Config says:
// for clients of the portal, which turns the session's token into accounts, roles and credentials. A *http.Client follows no
// redirect, since those requests carry the token in a header that would go along. Of an answer, at most 1 MiB is read.
//
// Without Config.HTTPClient, each call makes a client, with connections of its own. It fails where AWS_CA_BUNDLE can't be
// read.
func (s *Session) Portal() (url string, client ssooidc.HTTPClient, err error) {
	if !s.isMade() {
		return "", nil, errNoSession
	}
	url, client, err = s.portal()
	if err != nil {
		return "", nil, err
	}
	return url, portal.Bounded{Doer: client}, nil
}

// portal is Portal with the HTTP client as it is.
func (s *Session) portal() (url string, client ssooidc.HTTPClient, err error) {
	if url, err = s.cfg.endpoint(endpoint.Portal, s.cfg.PortalEndpoint); err != nil {
		return "", nil, err
	}
	if s.bringsClient() {
		return url, wire.Redirectless(s.cfg.HTTPClient), nil
	}
	ours, err := wire.NewHTTPClient()
	if err != nil {
		return "", nil, err
	}
	return url, ours, nil
}

// bringsClient reports whether Config.HTTPClient is one.
func (s *Session) bringsClient() bool {
	c, isStandard := s.cfg.HTTPClient.(*http.Client)
	return s.cfg.HTTPClient != nil && !(isStandard && c == nil)
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
