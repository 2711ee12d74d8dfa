package login

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/aws/smithy-go/auth/bearer"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/ssooidc/login/internal/keeper"
)

// Token is an access token. It prints and logs without its secret, but
// encoding/json writes it in clear.
type Token struct {
	AccessToken string    `secret:"true"`
	ExpiresAt   time.Time // UTC, by the wall clock: it has no monotonic part
	Refreshable bool      // whether the session goes on after ExpiresAt without asking a person
}

// Format implements [fmt.Formatter]: every verb prints the access token as
// [redacted].
func (t Token) Format(f fmt.State, verb rune) { secret.Format(f, verb, t) }

// LogValue implements [slog.LogValuer]: the access token is logged as
// [redacted].
func (t Token) LogValue() slog.Value { return secret.LogValue(t) }

// Token returns a valid access token, and never asks a person. It is the one in
// memory, the one in the cache, or a new one. A token that expires within
// Config.RefreshWindow is refreshed, unless another process is refreshing it.
// Concurrent callers share one refresh, which goes on when they leave.
//
// A valid token is returned whatever happens, after five seconds at most.
// Otherwise Token fails with a [*RequiredError] if a person must sign in, a
// [*CacheError] if the cache can't be read, a [*LockError] if another process
// held the token's lock for 30 seconds, the context's error, or the reason why
// the service did not answer. After the last four, try again later.
//
// With a valid token in memory, Token looks at nothing else, not even at the
// context, and allocates nothing.
func (s *Session) Token(ctx context.Context) (Token, error) {
	if s.isMade() {
		if t := s.keeper.Hot(); t != nil {
			return Token(*t), nil
		}
	}
	return s.Refresh(ctx, "")
}

// Refresh returns an access token other than the refused one. It is for a token
// that was refused before it expired, with status 401 say. It never asks a
// person. If another goroutine or process has a new token already, it returns
// that one. Its errors are those of [Session.Token]. With refused "", it is
// Token.
func (s *Session) Refresh(ctx context.Context, refused string) (Token, error) {
	if !s.isMade() {
		return Token{}, errNoSession
	}
	t, err := s.keeper.Token(ctx, refused)
	return Token(t), s.public(ctx, err)
}

// TokenOrLogin is [Session.Token], and [Session.Login] if a person must sign in.
// Concurrent callers share one sign-in. It does not ask a person for other
// errors, such as a [*CacheError], which a sign-in does not mend. It does not
// ask if the cache is read-only either: other programs own that session.
func (s *Session) TokenOrLogin(ctx context.Context) (Token, error) {
	if !s.isMade() {
		return Token{}, errNoSession
	}
	before := s.keeper.Now()
	token, err := s.Token(ctx)
	var required *RequiredError
	if !errors.As(err, &required) || required.Reason == ReadOnly {
		return token, err
	}
	return s.loginSince(ctx, before)
}

// RetrieveBearerToken is Token for the AWS SDK: it makes a session a
// [bearer.TokenProvider].
func (s *Session) RetrieveBearerToken(ctx context.Context) (bearer.Token, error) {
	t, err := s.Token(ctx)
	if err != nil {
		return bearer.Token{}, err
	}
	return bearer.Token{Value: t.AccessToken, CanExpire: true, Expires: t.ExpiresAt}, nil
}

var _ bearer.TokenProvider = (*Session)(nil)

// Use calls f with a valid token. If f's error means that the token was refused,
// Use gets another one as [Session.Refresh] does, and calls f once more.
// isRefused tells such errors; nil is for errors with status 401, as the clients
// of this module and the AWS SDK return them.
//
// Use fails as Token and Refresh do, or with f's error as it is. If the second
// token is refused too, it fails with a [*RequiredError].
func (s *Session) Use(ctx context.Context, f func(Token) error, isRefused func(error) bool) error {
	if isRefused == nil {
		isRefused = isUnauthorized
	}
	token, err := s.Token(ctx)
	if err != nil {
		return err
	}
	if err = f(token); err == nil || !isRefused(err) {
		return err
	}
	if token, err = s.Refresh(ctx, token.AccessToken); err != nil {
		return err
	}
	if err = f(token); err == nil || !isRefused(err) {
		return err
	}
	return &RequiredError{Session: s.name(), Reason: SessionEnded, Err: err}
}

// isUnauthorized reports whether an error is an answer with status 401, or the
// exception by that name.
func isUnauthorized(err error) bool {
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) && answer.HTTPStatusCode() != 0 {
		return answer.HTTPStatusCode() == http.StatusUnauthorized
	}
	var exception interface{ ErrorCode() string }
	return errors.As(err, &exception) && exception.ErrorCode() == "UnauthorizedException"
}

// public makes one of our errors of a keeper's.
func (s *Session) public(ctx context.Context, err error) error {
	var required *keeper.RequiredError
	var store *keeper.StoreError
	var locked *keeper.LockedError
	name := s.name()
	switch {
	case err == nil:
		return nil
	case errors.As(err, &required):
		return &RequiredError{Session: name, Reason: Reason(required.Reason), Err: required.Err}
	case errors.As(err, &store):
		return &CacheError{Session: name, Err: store.Err}
	case errors.As(err, &locked):
		return &LockError{Session: name, Lock: s.keeper.Key, Waited: locked.Waited}
	case errors.As(err, new(*ConfigError)):
		return err
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return fmt.Errorf("login: no longer waiting for the token of %s: %w", secret.Printable(name, 200), err)
	}
	return fmt.Errorf("login: the token of %s could not be refreshed: %w", secret.Printable(name, 200), err)
}
