package tokencache

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// Registration is what the AWS CLI keeps of a client that it registered. It marshals to the CLI's JSON, in clear; printed
// or logged it shows no secret. Missing, null and empty fields are as for [Token].
type Registration struct {
	ClientID     string
	ClientSecret string                     `secret:"true"`
	ExpiresAt    time.Time                  // written in whole seconds, UTC
	Scopes       []string                   // as registered; nil where the file has none
	GrantTypes   []string                   // nil for the device-code flow of older tools
	Extra        map[string]json.RawMessage `secret:"true"` // fields of other tools, kept as they are
}

// fields lists what the AWS CLI writes, in its order.
func (r *Registration) fields() []field {
	return []field{
		{name: "clientId", value: &r.ClientID, always: true},
		{name: "clientSecret", value: &r.ClientSecret, always: true},
		{name: "expiresAt", value: &r.ExpiresAt, always: true},
		{name: "scopes", value: &r.Scopes},
		{name: "grantTypes", value: &r.GrantTypes},
	}
}

// MarshalJSON writes the AWS CLI's fields in its order, then Extra's by name. A field in Extra that has a place of its own
// is left out.
func (r Registration) MarshalJSON() ([]byte, error) { return marshalFields(r.fields(), r.Extra) }

// UnmarshalJSON reads what the AWS CLI, the SDKs and similar tools write. Errors are as for [Token.UnmarshalJSON].
func (r *Registration) UnmarshalJSON(data []byte) error {
	var read Registration
	extra, err := unmarshalFields(data, read.fields())
	if err != nil {
		return err
	}
	read.Extra = extra
	*r = read
	return nil
}

// Format prints the registration without its secrets, whatever the verb.
func (r Registration) Format(f fmt.State, verb rune) { secret.Format(f, verb, r) }

// LogValue is the registration without its secrets.
func (r Registration) LogValue() slog.Value { return secret.LogValue(r) }
