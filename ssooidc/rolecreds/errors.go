package rolecreds

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/sso/types"

	"github.com/ssooidc/ssooidc-go/internal/secret"
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
	return fmt.Sprintf("rolecreds: no credentials of role %s in account %s: %s",
		secret.Printable(e.Role.Name, 100), secret.Printable(e.Role.AccountID, 100), e.text)
}

// Unwrap is Err.
func (e *Error) Unwrap() error { return e.Err }

// fail is an error whose text does not repeat the token, even where the portal has.
func (p *Provider) fail(err error, token string) error {
	e := &Error{Role: p.role, StatusCode: statusOf(err), Err: err, text: secret.Printable(secret.Remove(err.Error(), []string{token}), 1000)}
	switch {
	case e.StatusCode == http.StatusForbidden || e.StatusCode == http.StatusNotFound || errors.As(err, new(*types.ResourceNotFoundException)):
		e.text += ": check the account and the role, or ask an administrator to assign the role to you"
	case e.StatusCode == http.StatusTooManyRequests || errors.As(err, new(*types.TooManyRequestsException)):
		e.text += ": there are too many requests, try again in a moment"
	}
	return e
}
