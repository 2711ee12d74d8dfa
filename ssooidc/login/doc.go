// Package login signs a person in to AWS IAM Identity Center, and keeps the session fresh.
//
// It reads no ~/.aws/config, and makes no AWS credentials: the packages profile and rolecreds do.
//
//	session, err := login.New(login.Config{StartURL: "https://d-1234567890.awsapps.com/start", Region: "us-east-1"})
//	...
//	token, err := session.Token(ctx)
//	var required *login.RequiredError
//	if errors.As(err, &required) {
//		token, err = session.Login(ctx) // asks a person
//	}
//
// [Session.Login] asks a person, in a browser or by device code. [Session.Token] never does: it returns the token from
// memory, from the cache that the AWS CLI and AWS's SDKs share, or refreshed. All goroutines and processes that use a
// session share one sign-in and one refresh: there is a lock for each.
//
// # What the person sees
//
// With [FlowAuto] the browser opens and comes back by itself; where no browser can be opened, as over SSH, the person opens an
// address on any device and confirms a code. Either way [Terminal] shows on standard error what to do. A program with a screen
// of its own sets Config.Prompt to a [PromptFunc], which is given all that a person must know in a [Challenge].
//
// # A token each time
//
// Ask the session for a token each time that you need one: one that is valid in memory costs next to nothing. Tokens live
// for an hour or so, and are refreshed in good time for as long as the session lasts, often days. Where a service refuses a
// token early, with status 401 say, [Session.Refresh] gets another one; [Session.Use] does both. [Session.Logout] ends the
// session, here and for every other tool.
//
// A refresh goes on when its callers have left, so that what the service has issued is not lost. Only the end of the process ends
// it: a program that runs for a moment, or that a signal ends, calls [Session.Wait] before it exits.
//
// # What is kept, and where
//
// The token, its refresh token and the client registration are kept in ~/.aws/sso/cache, as the AWS CLI keeps them: a sign-in
// here serves the CLI, and one there serves here, where the sso-session's name, or else the start URL, is the same. Config.Cache
// is for another place, such as a keyring, or for none: new(tokencache.Memory).
//
// # Errors
//
// Errors say what happened and what to do, and are fit for a person to read. To act on them, errors.Is finds [ErrDenied],
// [ErrExpired] and the context's errors, and errors.As a [*RequiredError], a [*ConfigError], a [*LockError], an
// [*AuthorizationError] and the exceptions of the package ssooidc. None of them and no log line holds a secret.
//
// # Tests
//
// The package ssooidctest is the service in memory, with a person who approves or denies when told to: the examples here sign in
// to it. Config.Client takes a mock instead, of four methods.
package login
