package login

import "context"

// Use calls f with a valid token, for a request that takes one. Where f fails and isRefused says of its error that the token was
// refused before it expired (mostly status 401; nil: of no error), Use gets another token as [Session.Refresh] does, and calls f once more. One that
// is refused again makes a [*RequiredError] of f's. Use fails as [Session.Token] and Refresh do, or with f's error as it is.
func (s *Session) Use(ctx context.Context, f func(Token) error, isRefused func(error) bool) error {
	token, err := s.Token(ctx)
	if err != nil {
		return err
	}
	if err = f(token); err == nil || isRefused == nil || !isRefused(err) {
		return err
	}
	if token, err = s.Refresh(ctx, token.AccessToken); err != nil {
		return err
	}
	if err = f(token); err == nil || !isRefused(err) {
		return err
	}
	return &RequiredError{Session: s.name, Err: err}
}
