package rolecreds

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/sso/types"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/internal/wire"
)

// Error says why there are no credentials of a role, though somebody is signed in.
type Error struct {
	Role       Role
	StatusCode int    // of HTTP: 403 and 404 where the person does not have the role; 0 where there was no answer
	Err        error  `json:"-"` // mostly of AWS's client, such as a *types.ResourceNotFoundException; its own text may repeat the token
	text       string // what to say of it, without the token
	echoes     bool   // Err's text repeats the token
}

// Error names the role, and says what to do.
func (e *Error) Error() string {
	text := "rolecreds: no credentials"
	if name := secret.Printable(e.Role.Name, 100); name != "" {
		text += " of role " + name
	}
	if account := secret.Printable(e.Role.AccountID, 100); account != "" {
		text += " in account " + account
	}
	if e.text != "" {
		text += ": " + e.text
	}
	return text
}

// Unwrap is Err, or nil where Err's text repeats the token: then only errors.Is and errors.As find what it is.
func (e *Error) Unwrap() error {
	if e.echoes {
		return nil
	}
	return e.Err
}

// Is lets errors.Is find what Unwrap withholds.
func (e *Error) Is(target error) bool { return e.echoes && errors.Is(e.Err, target) }

// As lets errors.As find what Unwrap withholds.
func (e *Error) As(target any) bool { return e.echoes && errors.As(e.Err, target) }

// Format implements [fmt.Formatter]: every verb prints what Error says, and nothing of Err itself.
func (e Error) Format(f fmt.State, _ rune) { fmt.Fprint(f, e.Error()) }

// LogValue implements [slog.LogValuer]: it is what Error says.
func (e Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// fail is an error whose text does not repeat the token, even where the portal has.
func (p *Provider) fail(err error, token string) error {
	text, secrets := err.Error(), []string{token}
	e := &Error{
		Role: p.role, StatusCode: statusOf(err), Err: err,
		text: secret.Printable(secret.Remove(text, secrets), 1000), echoes: secret.Echoed(text, secrets) != nil,
	}
	var exception interface{ ErrorCode() string }
	var connection interface{ ConnectionError() bool }
	switch {
	case e.StatusCode >= 500:
		e.text += ": try again in a moment"
	case e.StatusCode != 0 && !errors.As(err, &exception):
		e.text += ": this is not the portal's answer, check any endpoint or proxy that is configured"
	case e.StatusCode == http.StatusForbidden || e.StatusCode == http.StatusNotFound || e.StatusCode == http.StatusBadRequest ||
		errors.As(err, new(*types.ResourceNotFoundException)):
		e.text += ": check the account and the role, or ask an administrator to assign the role to you"
	case e.StatusCode == http.StatusTooManyRequests || errors.As(err, new(*types.TooManyRequestsException)):
		e.text += ": there are too many requests, try again in a moment"
	case errors.As(err, &connection) && wire.Advice(err) != "":
		e.text += "; " + wire.Advice(err)
	}
	return e
}
