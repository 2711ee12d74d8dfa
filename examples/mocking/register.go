// Package mocking shows how to test code that calls the service, without a network: the code takes an
// ssooidc.API, and its test brings a mock.
package mocking

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// ErrRefused is RegisterFor's error where the service wants no such client.
var ErrRefused = errors.New("the service refuses to register this client")

// RegisterFor registers a client under a name and returns its id, and how long the registration is good for, as
// seen from now. *ssooidc.Client is an API.
func RegisterFor(ctx context.Context, api ssooidc.API, name string, now time.Time) (id string, left time.Duration, err error) {
	out, err := api.RegisterClient(ctx, &ssooidc.RegisterClientRequest{
		ClientName: name,
		ClientType: ssooidc.ClientTypePublic,
		Scopes:     []string{ssooidc.ScopeAccountAccess},
	})
	if errors.As(err, new(*ssooidc.InvalidClientMetadataException)) {
		return "", 0, fmt.Errorf("%w: %w", ErrRefused, err)
	}
	if err != nil {
		return "", 0, err
	}
	return out.ClientID, out.ClientSecretExpiry().Sub(now), nil
}
