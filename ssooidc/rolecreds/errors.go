package rolecreds

import (
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/sso/types"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/internal/wire"
)

// Error says why there are no credentials of a role, though somebody is signed in.
type Error struct {
	Role       Role
	StatusCode int   // of HTTP: 403 and 404 where the person does not have the role; 0 where there was no answer
	Err        error // mostly of AWS's client, such as a *types.ResourceNotFoundException
	text       string
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

// Unwrap is Err.
func (e *Error) Unwrap() error { return e.Err }

// fail is an error whose text does not repeat the token, even where the portal has.
func (p *Provider) fail(err error, token string) error {
	e := &Error{Role: p.role, StatusCode: statusOf(err), Err: err, text: secret.Printable(secret.Remove(err.Error(), []string{token}), 1000)}
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
