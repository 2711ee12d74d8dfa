// Package login signs a person in to AWS IAM Identity Center, and keeps the
// session alive.
//
//	session, err := login.New(login.Config{StartURL: "https://d-1234567890.awsapps.com/start", Region: "us-east-1"})
//	...
//	defer session.Close()
//	token, err := session.TokenOrLogin(ctx)
//
// It reads no ~/.aws/config, and makes no AWS credentials: the packages profile
// and rolecreds do.
//
// [Session.Login] asks a person, in a browser or by device code. [Session.Token]
// never does: it returns the token from memory, from the cache that the AWS CLI
// and AWS's SDKs share, or refreshed. [Session.TokenOrLogin] asks if it must. All
// goroutines and processes that use a session share one sign-in and one refresh.
//
// # What the person sees
//
// With [FlowAuto] the browser opens and comes back by itself. If no browser can
// be opened, as over SSH, the person opens an address on any device and confirms
// a code. Either way [Terminal] shows on standard error what to do. A program
// with a screen of its own sets Config.Prompt to a [PromptFunc], which is given
// all that a person must know in a [Challenge].
//
// # A token each time
//
// Ask the session for a token each time that you need one: a valid token in
// memory costs next to nothing. Tokens live for an hour or so. They are refreshed
// in good time for as long as the session lasts, often days. If a service refuses
// a token early, with status 401 say, [Session.Refresh] gets another one;
// [Session.Use] does both. [Session.Status] tells what the cache says, and sends
// nothing. [Session.Logout] ends the session, here and for every other tool;
// [Session.Forget] only here.
//
// A refresh goes on when its callers have left, so that the token is not lost.
// Only the end of the process ends it. So a program calls [Session.Close] before
// it exits.
//
// # What is kept, and where
//
// The token, its refresh token and the client registration are kept in
// ~/.aws/sso/cache, as the AWS CLI keeps them. A sign-in here serves the CLI, and
// one there serves here, if the sso-session's name, or else the start URL, is the
// same. Config.Cache is for another place, such as a keyring, or for none:
// new(tokencache.Memory).
//
// # What holds, whatever happens
//
// Several processes may use one cache, beside tools that take no lock. Saves may
// be slow or fail, and processes may be killed. A simulation with random
// schedules shows that these rules hold:
//
//   - A live session is not lost. The newest refresh token that a living process
//     was given is in the cache, or gets there when the cache works again.
//   - After Logout has returned nil, no entry of that sign-in comes back, and this
//     process returns no token of it.
//   - After Login has returned, this process never returns a token of an earlier
//     sign-in, until someone signs out.
//   - Without faults there is one refresh per expiry, for all processes together.
//   - When faults end, every call returns within its bound. A session that has
//     ended costs one refused refresh in all.
//   - Login returns the token of a sign-in that ended after it was called, never a
//     refresh of an old one.
//
// Nobody can prevent three losses: the service's only answer is lost on the
// network, or goes to a process that is killed; another tool writes the entry in
// place while one of ours replaces it; and another tool drops what we note in the
// entry just while a sign-in can't be saved, so that nobody can tell which of two
// sign-ins is the later one.
//
// # Errors
//
// Errors say what happened and what to do, and are fit for a person to read. To
// act on them, errors.Is finds [ErrDenied], [ErrExpired] and the context's errors.
// errors.As finds a [*RequiredError], a [*CacheError], a [*ConfigError], a
// [*LockError], an [*AuthorizationError] and the exceptions of the package
// ssooidc. None of them and no log line holds a secret.
//
// # Tests
//
// The package ssooidctest is the service in memory, with a person who approves or
// denies when told to: the examples here sign in to it. Config.Client takes a
// mock instead, of four methods.
package login
