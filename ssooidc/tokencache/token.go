package tokencache

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// Token is what the AWS CLI keeps of a session. It marshals to the CLI's JSON, in clear; printed or logged it shows no
// secret. Fields that are empty are left out of the JSON, but for the two that every reader needs, accessToken and
// expiresAt; a field that is missing, null or empty reads as empty.
type Token struct {
	StartURL              string                     // as configured
	Region                string                     // of the sign-in service
	AccessToken           string                     `secret:"true"`
	ExpiresAt             time.Time                  // of the access token; written in whole seconds, UTC
	RefreshToken          string                     `secret:"true"` // "" where the session can't be refreshed
	ClientID              string                     // the registration that the refresh token belongs to
	ClientSecret          string                     `secret:"true"`
	RegistrationExpiresAt time.Time                  // of that registration
	Extra                 map[string]json.RawMessage `secret:"true"` // fields of other tools, kept as they are
}

// Matches reports whether the token was issued for this start URL, a trailing / or # aside, and this region. What the
// token does not tell differs from nothing.
func (t Token) Matches(startURL, region string) bool {
	const tail = "/#"
	return (t.StartURL == "" || strings.TrimRight(t.StartURL, tail) == strings.TrimRight(startURL, tail)) &&
		(t.Region == "" || t.Region == region)
}

// fields lists what the AWS CLI writes, in its order.
func (t *Token) fields() []field {
	return []field{
		{name: "startUrl", value: &t.StartURL},
		{name: "region", value: &t.Region},
		{name: "accessToken", value: &t.AccessToken, always: true},
		{name: "expiresAt", value: &t.ExpiresAt, always: true},
		{name: "clientId", value: &t.ClientID, spare: true},
		{name: "clientSecret", value: &t.ClientSecret, spare: true},
		{name: "registrationExpiresAt", value: &t.RegistrationExpiresAt, spare: true},
		{name: "refreshToken", value: &t.RefreshToken, spare: true},
	}
}

// MarshalJSON writes the AWS CLI's fields in its order, then Extra's by name. A field in Extra that has a place of its own
// is left out, but for a value that UnmarshalJSON left there, as long as that place is empty.
func (t Token) MarshalJSON() ([]byte, error) { return marshalFields(t.fields(), t.Extra) }

// UnmarshalJSON reads what the AWS CLI, the SDKs and similar tools write. A field that only a refresh needs, with a value that
// does not fit, stays empty, and Extra has the value: the access token is good without. An error is a *ParseError, or
// encoding/json's for text that is no JSON; t is then unchanged.
func (t *Token) UnmarshalJSON(data []byte) error {
	var read Token
	extra, err := unmarshalFields(data, read.fields())
	if err != nil {
		return err
	}
	read.Extra = extra
	*t = read
	return nil
}

// Format prints the token without its secrets, whatever the verb.
func (t Token) Format(f fmt.State, verb rune) { secret.Format(f, verb, t) }

// LogValue is the token without its secrets.
func (t Token) LogValue() slog.Value { return secret.LogValue(t) }
