package ssooidc

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// The kinds of token that GrantTypeTokenExchange takes and gives (RFC 8693 section 3).
const (
	TokenTypeAccessToken  = "urn:ietf:params:oauth:token-type:access_token"
	TokenTypeRefreshToken = "urn:ietf:params:oauth:token-type:refresh_token"
)

// CreateTokenWithIAMRequest is the input of [Client.CreateTokenWithIAM]. It prints and logs without its
// secrets.
type CreateTokenWithIAMRequest struct {
	ClientID           string   `json:"clientId,omitempty"`                   // required: the ARN of the application
	GrantType          string   `json:"grantType,omitempty"`                  // required: one of the GrantType constants, but not the device code's
	Code               string   `json:"code,omitempty" secret:"true"`         // for GrantTypeAuthorizationCode
	RefreshToken       string   `json:"refreshToken,omitempty" secret:"true"` // for GrantTypeRefreshToken
	Assertion          string   `json:"assertion,omitempty" secret:"true"`    // for GrantTypeJWTBearer: RFC 7523 section 2.1
	Scope              []string `json:"scope,omitempty"`                      // none: those that the application is granted
	RedirectURI        string   `json:"redirectUri,omitempty"`                // for GrantTypeAuthorizationCode
	SubjectToken       string   `json:"subjectToken,omitempty" secret:"true"` // for GrantTypeTokenExchange
	SubjectTokenType   string   `json:"subjectTokenType,omitempty"`           // for GrantTypeTokenExchange: TokenTypeAccessToken
	RequestedTokenType string   `json:"requestedTokenType,omitempty"`         // for GrantTypeTokenExchange: one of the TokenType constants
	CodeVerifier       string   `json:"codeVerifier,omitempty" secret:"true"` // for GrantTypeAuthorizationCode: RFC 7636 section 4.5
}

// Format implements [fmt.Formatter]: every verb prints the secrets as [redacted].
func (in CreateTokenWithIAMRequest) Format(f fmt.State, verb rune) { secret.Format(f, verb, in) }

// LogValue implements [slog.LogValuer]: the secrets are logged as [redacted].
func (in CreateTokenWithIAMRequest) LogValue() slog.Value { return secret.LogValue(in) }

func (in *CreateTokenWithIAMRequest) secrets() []string {
	return []string{in.Code, in.RefreshToken, in.Assertion, in.SubjectToken, in.CodeVerifier}
}

func (in *CreateTokenWithIAMRequest) missing() []string {
	if in == nil {
		in = new(CreateTokenWithIAMRequest)
	}
	return missing("ClientID", in.ClientID, "GrantType", in.GrantType)
}

func (in *CreateTokenWithIAMRequest) grant() string { return in.GrantType }

// CreateTokenWithIAMResponse is the output of [Client.CreateTokenWithIAM]. It prints and logs without its
// tokens.
type CreateTokenWithIAMResponse struct {
	AccessToken          string               `json:"accessToken,omitempty" secret:"true"`
	TokenType            string               `json:"tokenType,omitempty"` // "Bearer"
	ExpiresIn            int                  `json:"expiresIn,omitempty"` // seconds; see Lifetime
	RefreshToken         string               `json:"refreshToken,omitempty" secret:"true"`
	IDToken              string               `json:"idToken,omitempty" secret:"true"`
	IssuedTokenType      string               `json:"issuedTokenType,omitempty"` // one of the TokenType constants
	Scope                []string             `json:"scope,omitempty"`           // the scopes that were granted
	AWSAdditionalDetails AWSAdditionalDetails `json:"awsAdditionalDetails,omitzero"`
}

// AWSAdditionalDetails is what the service says about the person behind a token. It prints and logs
// without its secret.
type AWSAdditionalDetails struct {
	IdentityContext string `json:"identityContext,omitempty" secret:"true"` // to be passed to STS AssumeRole
}

// Format implements [fmt.Formatter]: every verb prints the identity context as [redacted].
func (d AWSAdditionalDetails) Format(f fmt.State, verb rune) { secret.Format(f, verb, d) }

// LogValue implements [slog.LogValuer]: the identity context is logged as [redacted].
func (d AWSAdditionalDetails) LogValue() slog.Value { return secret.LogValue(d) }

// Lifetime is ExpiresIn as a duration: how long the access token is good for, from now. It is 0 where
// the service named none.
func (out CreateTokenWithIAMResponse) Lifetime() time.Duration { return lifetime(out.ExpiresIn) }

// Format implements [fmt.Formatter]: every verb prints the tokens as [redacted].
func (out CreateTokenWithIAMResponse) Format(f fmt.State, verb rune) { secret.Format(f, verb, out) }

// LogValue implements [slog.LogValuer]: the tokens are logged as [redacted].
func (out CreateTokenWithIAMResponse) LogValue() slog.Value { return secret.LogValue(out) }

func (out *CreateTokenWithIAMResponse) complete() bool { return out.AccessToken != "" }

var createTokenWithIAM = operation{
	name:        "CreateTokenWithIAM",
	path:        "/token",
	query:       "aws_iam=t",
	signingName: signingNameIAM,
	alwaysSign:  true,
	exceptions:  tokenExceptions,
}

// CreateTokenWithIAM exchanges a code, a token or an assertion for an access token, for an application
// that AWS credentials stand for instead of a client secret. It is signed: [Options] must name
// Credentials and Region, else it fails with an [*OptionsError] before any network.
//
// It fails with a [*ValidationError], [*ServiceError] (all that CreateToken has, and
// [*InvalidRequestRegionException], which names the region and endpoint to use instead),
// [*ResponseError], [*TransportError] when the service could not be reached, [*OptionsError] when the credentials could not be
// had, or the context's error.
func (c *Client) CreateTokenWithIAM(ctx context.Context, in *CreateTokenWithIAMRequest) (*CreateTokenWithIAMResponse, error) {
	out := new(CreateTokenWithIAMResponse)
	if err := c.call(ctx, &createTokenWithIAM, in, out); err != nil {
		return nil, err
	}
	return out, nil
}
