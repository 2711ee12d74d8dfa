package ssooidc

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// The grants that CreateToken and CreateTokenWithIAM exchange for a token.
const (
	GrantTypeDeviceCode        = "urn:ietf:params:oauth:grant-type:device_code"    // RFC 8628 section 3.4
	GrantTypeAuthorizationCode = "authorization_code"                              // RFC 6749 section 4.1.3
	GrantTypeRefreshToken      = "refresh_token"                                   // RFC 6749 section 6
	GrantTypeJWTBearer         = "urn:ietf:params:oauth:grant-type:jwt-bearer"     // RFC 7523 section 2.1; CreateTokenWithIAM only
	GrantTypeTokenExchange     = "urn:ietf:params:oauth:grant-type:token-exchange" // RFC 8693 section 2.1; CreateTokenWithIAM only
)

// CreateTokenRequest is the input of [Client.CreateToken]. It prints and logs without its secrets.
type CreateTokenRequest struct {
	ClientID     string   `json:"clientId,omitempty"`                   // required: from RegisterClient
	ClientSecret string   `json:"clientSecret,omitempty" secret:"true"` // required: from RegisterClient
	GrantType    string   `json:"grantType,omitempty"`                  // required: GrantTypeDeviceCode, GrantTypeAuthorizationCode or GrantTypeRefreshToken
	DeviceCode   string   `json:"deviceCode,omitempty" secret:"true"`   // for GrantTypeDeviceCode
	Code         string   `json:"code,omitempty" secret:"true"`         // for GrantTypeAuthorizationCode
	RefreshToken string   `json:"refreshToken,omitempty" secret:"true"` // for GrantTypeRefreshToken
	Scope        []string `json:"scope,omitempty"`                      // fewer scopes than were registered; none: all of them
	RedirectURI  string   `json:"redirectUri,omitempty"`                // for GrantTypeAuthorizationCode: as it was sent to the authorize page, with its port
	CodeVerifier string   `json:"codeVerifier,omitempty" secret:"true"` // for GrantTypeAuthorizationCode: RFC 7636 section 4.5
}

// Format implements [fmt.Formatter]: every verb prints the secrets as [redacted].
func (in CreateTokenRequest) Format(f fmt.State, verb rune) { secret.Format(f, verb, in) }

// LogValue implements [slog.LogValuer]: the secrets are logged as [redacted].
func (in CreateTokenRequest) LogValue() slog.Value { return secret.LogValue(in) }

func (in *CreateTokenRequest) secrets() []string {
	return []string{in.ClientSecret, in.DeviceCode, in.Code, in.RefreshToken, in.CodeVerifier}
}

func (in *CreateTokenRequest) missing() []string {
	if in == nil {
		in = new(CreateTokenRequest)
	}
	return missing("ClientID", in.ClientID, "ClientSecret", in.ClientSecret, "GrantType", in.GrantType)
}

func (in *CreateTokenRequest) grant() string { return in.GrantType }

// CreateTokenResponse is the output of [Client.CreateToken]. It prints and logs without its tokens.
type CreateTokenResponse struct {
	AccessToken  string `json:"accessToken,omitempty" secret:"true"`
	TokenType    string `json:"tokenType,omitempty"`                  // "Bearer"
	ExpiresIn    int    `json:"expiresIn,omitempty"`                  // seconds; see Lifetime
	RefreshToken string `json:"refreshToken,omitempty" secret:"true"` // empty on a refresh: the old one stays (RFC 6749 section 6)
	IDToken      string `json:"idToken,omitempty" secret:"true"`      // the service does not issue any yet
}

// Lifetime is ExpiresIn as a duration: how long the access token is good for, from now. It is 0 where
// the service named none.
func (out CreateTokenResponse) Lifetime() time.Duration { return lifetime(out.ExpiresIn) }

// Format implements [fmt.Formatter]: every verb prints the tokens as [redacted].
func (out CreateTokenResponse) Format(f fmt.State, verb rune) { secret.Format(f, verb, out) }

// LogValue implements [slog.LogValuer]: the tokens are logged as [redacted].
func (out CreateTokenResponse) LogValue() slog.Value { return secret.LogValue(out) }

func (out *CreateTokenResponse) complete() bool { return out.AccessToken != "" }

// tokenExceptions is the description's table for /token, which CreateTokenWithIAM shares.
var tokenExceptions = exceptionTable{
	480 - firstStatus: "InvalidRequestException",
	481 - firstStatus: "InvalidClientException",
	482 - firstStatus: "InvalidGrantException",
	483 - firstStatus: "UnauthorizedClientException",
	484 - firstStatus: "UnsupportedGrantTypeException",
	485 - firstStatus: "InvalidScopeException",
	486 - firstStatus: "AuthorizationPendingException",
	487 - firstStatus: "SlowDownException",
	488 - firstStatus: "AccessDeniedException",
	489 - firstStatus: "ExpiredTokenException",
	490 - firstStatus: "InternalServerException",
}

var createToken = operation{
	name:        "CreateToken",
	path:        "/token",
	signingName: signingNameHMAC,
	exceptions:  tokenExceptions,
}

// CreateToken exchanges a device code, an authorization code or a refresh token for an access token.
//
// While the person has not yet approved a device code it fails with [*AuthorizationPendingException], or
// [*SlowDownException]: wait, and call it again. Neither, nor any exchange of a device code, is retried by
// the client: the loop that polls is the retry. An authorization code is good for one exchange, so one
// that may have reached the service is not sent again either.
//
// Otherwise it fails with a [*ValidationError], [*ServiceError] (among them [*AccessDeniedException] and
// [*ExpiredTokenException], which end a device code, [*InvalidGrantException], which ends a refresh token,
// and [*InvalidClientException], which ends a registration), [*ResponseError], [*TransportError] when the service could
// not be reached, or the context's error; with [Options].SignAll also with an [*OptionsError] when there is nothing to sign
// with.
func (c *Client) CreateToken(ctx context.Context, in *CreateTokenRequest) (*CreateTokenResponse, error) {
	out := new(CreateTokenResponse)
	if err := c.call(ctx, &createToken, in, out); err != nil {
		return nil, err
	}
	return out, nil
}
