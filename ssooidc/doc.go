// Package ssooidc calls the OIDC service of AWS IAM Identity Center (once AWS SSO): the four operations
// that register a client, start a sign-in, and exchange a code or a refresh token for an access token.
//
// It does not sign a person in: it asks nobody, waits for nobody, opens no browser and keeps nothing. To
// sign in and stay signed in, use the package login, which does it on top of this one. To get AWS
// credentials at the end, use rolecreds; to take the settings from a profile in ~/.aws/config, use profile.
//
// # Calling the service
//
// A [Client] is made once and used by everybody; its methods are the operations, each with a request and
// a response that mirror the service's schemas:
//
//	client, err := ssooidc.New(ssooidc.Options{Region: "us-east-1"})
//	...
//	registration, err := client.RegisterClient(ctx, &ssooidc.RegisterClientRequest{
//		ClientName: "my-cli",
//		ClientType: ssooidc.ClientTypePublic,
//		Scopes:     []string{ssooidc.ScopeAccountAccess},
//	})
//
// No AWS credentials are needed, since the three public operations are not signed. [NewFromConfig] takes
// endpoint, proxy and retries from the AWS SDK's loaded configuration.
//
// # Errors
//
// What the service refuses arrives as one of its exceptions. errors.As finds each by its type, and what
// all of them share as a [*ServiceError]:
//
//	var pending *ssooidc.AuthorizationPendingException
//	var service *ssooidc.ServiceError
//	switch {
//	case errors.As(err, &pending):
//		// ask again after the interval
//	case errors.As(err, &service):
//		log.Print(service.Code, service.RequestID)
//	}
//
// An answer that is not the service's, such as a proxy's page, is a [*ResponseError]; a service that could
// not be reached, a [*TransportError]; a request that lacks something, a [*ValidationError], before anything
// is sent. errors.Is finds context.Canceled and context.DeadlineExceeded once the context has ended.
//
// # Signing someone in
//
// The device code flow (RFC 8628) is three operations and a loop, which the example of
// [Client.StartDeviceAuthorization] shows; the authorization code flow with PKCE (RFC 7636) is
// [Client.AuthorizeURL], a listener on loopback, and one CreateToken.
//
// # Secrets
//
// The types that hold secrets print and log them as [redacted], and no error has one in its text. Some things
// a type can't prevent: fmt prints a value in clear that sits in an unexported field of another type, or with a
// verb that go vet reports, such as %p; and so does slog's JSON handler for one inside another struct, map or
// slice, as it leaves those to encoding/json. There, name the fields that you want to see.
//
// # Tests
//
// Take an [API] instead of a [*Client], and a test can bring a mock, as examples/mocking does. To test against a
// whole service, with people who approve or deny, use ssooidctest.
package ssooidc
