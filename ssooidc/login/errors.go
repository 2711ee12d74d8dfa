package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// How a sign-in that nobody finished came to its end, in both flows. Where the service said so, its exception is in the
// error too: errors.As finds *ssooidc.AccessDeniedException or *ssooidc.ExpiredTokenException. A sign-in that was
// cancelled has the context's error, and neither of these.
var (
	// ErrDenied says that the person refused the sign-in, or that a policy did.
	ErrDenied = errors.New("the sign-in was denied, by a person or by a policy: sign in again and approve it, or ask an administrator")

	// ErrExpired says that nobody finished the sign-in in time.
	ErrExpired = errors.New("the sign-in was not finished in time: sign in again")
)

// ConfigError says which field of [Config] can't be used. Nothing was sent or written.
type ConfigError struct {
	Field   string // of Config
	Value   string // as given; "" where it was empty, or might hold a password
	Problem string // reads on after the value, and ends with what to do
}

// Error names the field, its value and the problem.
func (e *ConfigError) Error() string {
	if e.Field == "" {
		return "login: " + cmp.Or(e.Problem, "the configuration can't be used")
	}
	text := "login: Config." + e.Field
	if e.Value != "" {
		text += " " + strconv.Quote(secret.Printable(e.Value, 100))
	}
	return text + " " + cmp.Or(e.Problem, "can't be used")
}

// RequiredError says that there is no valid token, and that a person must act:
// mostly by signing in with [Session.Login]. Err is what was seen, such as the
// service's *ssooidc.InvalidGrantException, or nil.
type RequiredError struct {
	Session string // the sso-session's name, or the start URL
	Reason  Reason
	Err     error
}

// Error says what has happened to the session and what to do, and then what Err
// was.
func (e *RequiredError) Error() string {
	r := reasons[0]
	if 0 <= e.Reason && int(e.Reason) < len(reasons) {
		r = reasons[e.Reason]
	}
	text := "login: " + fmt.Sprintf(r.happened, cmp.Or(secret.Printable(e.Session, 200), "this session")) + "; " + r.advice
	if e.Err != nil {
		text += " (" + details(e.Err) + ")"
	}
	return text
}

// Unwrap returns Err.
func (e *RequiredError) Unwrap() error { return e.Err }

// CacheError says that the session's cache could not be used: a keyring is
// locked, say, or a folder can't be read. Whether someone is signed in is
// unknown, and a sign-in does not mend it.
type CacheError struct {
	Session string // the sso-session's name, or the start URL
	Err     error
}

// Error says whose cache failed, and why.
func (e *CacheError) Error() string {
	text := "login: the cache of " + cmp.Or(secret.Printable(e.Session, 200), "this session") + " can't be used"
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

// Unwrap returns Err.
func (e *CacheError) Unwrap() error { return e.Err }

// details is an error for those who ask the service's people about it: of an
// exception the operation, name, status and request id.
func details(err error) string {
	var e *ssooidc.ServiceError
	if !errors.As(err, &e) {
		return err.Error()
	}
	text := cmp.Or(e.Operation, "the service") + ": " + cmp.Or(e.Code, "an error")
	if e.StatusCode != 0 {
		text += ", status " + strconv.Itoa(e.StatusCode)
	}
	if e.RequestID != "" {
		text += ", request id " + secret.Printable(e.RequestID, 100)
	}
	return text
}

// AuthorizationError is the error that the browser came back with instead of a code (RFC 6749 section 4.1.2.1). Both texts
// come from outside, bounded and printable.
type AuthorizationError struct {
	Code        string // such as "access_denied"
	Description string // may be empty
}

// Error names the code and the description, and says what to do.
func (e *AuthorizationError) Error() string {
	text := "the browser came back with an error"
	for _, more := range [...]string{secret.Printable(e.Code, 100), secret.Printable(e.Description, 500)} {
		if more != "" {
			text += ": " + more
		}
	}
	switch e.Code {
	case "access_denied":
		return text + "; sign in again and approve it, or ask an administrator"
	case "invalid_scope":
		return text + "; check the scopes"
	case "server_error", "temporarily_unavailable": // RFC 6749 section 4.1.2.1
		return text + "; try again in a moment"
	}
	return text + "; sign in again, and if that does not help, check the start URL and the region"
}

// Is makes access_denied an [ErrDenied].
func (e *AuthorizationError) Is(target error) bool {
	return target == ErrDenied && e.Code == "access_denied"
}

// LockError says that a token could not be refreshed, since another process has held the lock on the session's cache entry
// for too long. It may be stopped or hang: look for it, then try again.
type LockError struct {
	Session string        // the sso-session's name, or the start URL
	Lock    string        // the lock's key in the cache; for tokencache.Dir the lock is the file {Lock}.lock
	Waited  time.Duration // how long it was waited for
}

// Error names the lock.
func (e *LockError) Error() string {
	of, lock, waited := "", "", "too long"
	if e.Session != "" {
		of = " of " + secret.Printable(e.Session, 200)
	}
	if e.Lock != "" {
		lock = " (" + secret.Printable(e.Lock, 100) + ".lock in the cache)"
	}
	if e.Waited > 0 {
		waited = "for " + e.Waited.String()
	}
	return "login: the token" + of + " can't be refreshed: another process has held its lock" + lock + " " + waited +
		"; look for one that is stopped or hangs, then try again"
}

// contextError is why a context has ended, with its cause if that says more.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if cause == err {
		return err
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// misdirected adds what to check to an exception by which the service says that it does not know the start URL: mostly it is
// another region's. Where the start URL itself names another, Login says which.
func (s *Session) misdirected(err error) error {
	if s.cfg.regionHint() != "" || !errors.As(err, new(*ssooidc.InvalidRequestException)) && !errors.As(err, new(*ssooidc.UnauthorizedClientException)) {
		return err
	}
	return fmt.Errorf("%w; check that the start URL (%s) and the region (%s) are those of the same IAM Identity Center, as its console shows them",
		err, secret.Printable(s.cfg.StartURL, 200), s.cfg.Region)
}
