// Package login signs a person in to AWS IAM Identity Center, and keeps the session fresh.
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
package login
