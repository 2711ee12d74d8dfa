package ssooidc

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// ClientTypePublic is the one client type that the service registers (RFC 6749 section 2.1).
const ClientTypePublic = "public"

// ScopeAccountAccess is the scope with which a token opens AWS accounts: what the AWS CLI asks for
// where nothing else is configured, and what makes the service issue a refresh token.
const ScopeAccountAccess = "sso:account:access"

// RegisterClientRequest is the input of [Client.RegisterClient].
type RegisterClientRequest struct {
	ClientName             string   `json:"clientName,omitempty"`             // required: shown to the person on the consent page
	ClientType             string   `json:"clientType,omitempty"`             // required: [ClientTypePublic]
	Scopes                 []string `json:"scopes,omitempty"`                 // such as [ScopeAccountAccess]; with none, no refresh token is issued
	RedirectURIs           []string `json:"redirectUris,omitempty"`           // where the browser may return to, for [GrantTypeAuthorizationCode]
	GrantTypes             []string `json:"grantTypes,omitempty"`             // the flow the client will use; none: the device code's
	IssuerURL              string   `json:"issuerUrl,omitempty"`              // the start URL, for [GrantTypeAuthorizationCode]
	EntitledApplicationARN string   `json:"entitledApplicationArn,omitempty"` // the Identity Center application that the client acts for
}

func (*RegisterClientRequest) secrets() []string { return nil }

func (in *RegisterClientRequest) missing() []string {
	if in == nil {
		in = new(RegisterClientRequest)
	}
	return missing("ClientName", in.ClientName, "ClientType", in.ClientType)
}

// RegisterClientResponse is the output of [Client.RegisterClient]. It prints and logs without its secret.
type RegisterClientResponse struct {
	ClientID              string `json:"clientId,omitempty"`
	ClientSecret          string `json:"clientSecret,omitempty" secret:"true"`
	ClientIDIssuedAt      int64  `json:"clientIdIssuedAt,omitempty"`      // seconds since 1970; see ClientIDIssued
	ClientSecretExpiresAt int64  `json:"clientSecretExpiresAt,omitempty"` // seconds since 1970; see ClientSecretExpiry
	AuthorizationEndpoint string `json:"authorizationEndpoint,omitempty"` // usually empty: use [Client.AuthorizeURL]
	TokenEndpoint         string `json:"tokenEndpoint,omitempty"`         // usually empty
}

// ClientIDIssued is ClientIDIssuedAt as a time: the zero time where the service named none, and never later than the
// year 9999.
func (out RegisterClientResponse) ClientIDIssued() time.Time { return epoch(out.ClientIDIssuedAt) }

// ClientSecretExpiry is ClientSecretExpiresAt as a time: when the registration must be made anew. It is
// the zero time where the service named none, and never later than the year 9999.
func (out RegisterClientResponse) ClientSecretExpiry() time.Time {
	return epoch(out.ClientSecretExpiresAt)
}

// Format implements [fmt.Formatter]: every verb prints the secret as [redacted].
func (out RegisterClientResponse) Format(f fmt.State, verb rune) { secret.Format(f, verb, out) }

// LogValue implements [slog.LogValuer]: the secret is logged as [redacted].
func (out RegisterClientResponse) LogValue() slog.Value { return secret.LogValue(out) }

func (out *RegisterClientResponse) complete() bool { return out.ClientID != "" }

var registerClient = operation{
	name:        "RegisterClient",
	path:        "/client/register",
	signingName: signingNameHMAC,
	exceptions: exceptionTable{
		480 - firstStatus: "InvalidRequestException",
		481 - firstStatus: "InvalidScopeException",
		482 - firstStatus: "InvalidClientMetadataException",
		483 - firstStatus: "InternalServerException",
	},
}

// RegisterClient registers a public client, which the other operations then act as (RFC 7591, dynamic
// client registration). The service keeps a registration for 90 days: remember it.
//
// A registration serves one flow. Asking for the device code's and the authorization code's grant
// together fails.
//
// It fails with a [*ValidationError], [*ServiceError] (among them [*InvalidRequestException],
// [*InvalidScopeException], [*InvalidClientMetadataException], [*InvalidRedirectURIException],
// [*UnsupportedGrantTypeException], [*SlowDownException] and [*InternalServerException]),
// [*ResponseError], [*TransportError] when the service could not be reached, or the context's error; with
// [Options].SignAll also with an [*OptionsError] when there is nothing to sign with.
func (c *Client) RegisterClient(ctx context.Context, in *RegisterClientRequest) (*RegisterClientResponse, error) {
	out := new(RegisterClientResponse)
	if err := c.call(ctx, &registerClient, in, out); err != nil {
		return nil, err
	}
	return out, nil
}

// lastSecond is the end of the year 9999, after which neither RFC 3339 nor the other tools' files can
// write a time.
const lastSecond = 253402300799

// epoch turns the service's seconds into a time; an absurd number must not overflow one.
func epoch(seconds int64) time.Time {
	if seconds <= 0 {
		return time.Time{}
	}
	return time.Unix(min(seconds, lastSecond), 0)
}

// lifetime turns the service's seconds into a duration; an absurd number must not overflow one.
func lifetime(seconds int) time.Duration {
	return time.Duration(min(max(int64(seconds), 0), int64(math.MaxInt64/time.Second))) * time.Second
}
