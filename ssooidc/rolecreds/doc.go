// Package rolecreds turns a session into the AWS credentials of a role, for the AWS SDK.
//
//	role := rolecreds.Role{AccountID: "111122223333", Name: "ReadOnlyAccess"}
//	cfg := aws.Config{
//		Region:      "eu-west-1",
//		Credentials: aws.NewCredentialsCache(rolecreds.New(session, role)),
//	}
//
// Always wrap a [Provider] in [aws.NewCredentialsCache], as here: by itself it asks the portal at each call. The example goes
// all the way from the name of a profile.
//
// It never asks a person. When one has to sign in again, the clients made of cfg fail with a [*login.RequiredError], which
// errors.As finds: call [login.Session.Login], and try again.
//
// # Services that take the token itself
//
// Some of AWS's services take the session's access token, without a role. The session is the provider that the AWS SDK asks for it:
//
//	cfg.BearerAuthTokenProvider = session
//
// # Clients that take an OAuth token source
//
// For golang.org/x/oauth2, and the many clients that take one of its token sources, a session becomes one in a few lines. It keeps
// its token itself, so that oauth2.ReuseTokenSource is not needed:
//
//	// tokenSource makes a session an oauth2.TokenSource, whose interface knows no context: ctx is for all its tokens.
//	type tokenSource struct {
//		ctx     context.Context
//		session *login.Session
//	}
//
//	func (s tokenSource) Token() (*oauth2.Token, error) {
//		t, err := s.session.Token(s.ctx)
//		return &oauth2.Token{AccessToken: t.AccessToken, TokenType: "Bearer", Expiry: t.ExpiresAt}, err
//	}
package rolecreds
