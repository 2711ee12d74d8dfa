package ssooidc_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// A sign-in by device code, as a program would write it that can't use the package login.
func ExampleClient_StartDeviceAuthorization() {
	// In place of the real service, whose client is New(Options{Region: ...}).
	service := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove, ConsentDelay: time.Second})
	client, err := ssooidc.New(ssooidc.Options{Region: "us-east-1", HTTPClient: service.HTTPClient()})
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	registration, err := client.RegisterClient(ctx, &ssooidc.RegisterClientRequest{
		ClientName: "example",
		ClientType: ssooidc.ClientTypePublic,
		Scopes:     []string{ssooidc.ScopeAccountAccess},
	})
	if err != nil {
		log.Fatal(err)
	}
	device, err := client.StartDeviceAuthorization(ctx, &ssooidc.StartDeviceAuthorizationRequest{
		ClientID:     registration.ClientID,
		ClientSecret: registration.ClientSecret,
		StartURL:     service.StartURL(),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("Open", device.VerificationURI != "", "and confirm a code of", len(device.UserCode), "characters")

	interval := device.PollInterval()
	for {
		time.Sleep(interval)
		token, err := client.CreateToken(ctx, &ssooidc.CreateTokenRequest{
			ClientID:     registration.ClientID,
			ClientSecret: registration.ClientSecret,
			GrantType:    ssooidc.GrantTypeDeviceCode,
			DeviceCode:   device.DeviceCode,
		})
		switch {
		case err == nil:
			fmt.Println("Signed in for", token.Lifetime())
			return
		case errors.As(err, new(*ssooidc.AuthorizationPendingException)):
		case errors.As(err, new(*ssooidc.SlowDownException)):
			interval += 5 * time.Second
		default:
			log.Fatal(err)
		}
	}
	// Output:
	// Open true and confirm a code of 9 characters
	// Signed in for 1h0m0s
}

// An exception is found by its type, what all have in common as a ServiceError.
func ExampleServiceError() {
	service := ssooidctest.New(ssooidctest.Options{})
	service.FailNext("RegisterClient", "InvalidScopeException", 1)
	client, err := ssooidc.New(ssooidc.Options{Region: "us-east-1", HTTPClient: service.HTTPClient()})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.RegisterClient(context.Background(), &ssooidc.RegisterClientRequest{
		ClientName: "example",
		ClientType: ssooidc.ClientTypePublic,
	})
	var scope *ssooidc.InvalidScopeException
	var any *ssooidc.ServiceError
	fmt.Println(errors.As(err, &scope), errors.As(err, &any), any.Operation, any.Code, any.OAuthError, any.StatusCode)
	// Output: true true RegisterClient InvalidScopeException invalid_scope 400
}

// What a request lacks is said at once, all of it.
func ExampleValidationError() {
	client, err := ssooidc.New(ssooidc.Options{Region: "us-east-1"})
	if err != nil {
		log.Fatal(err)
	}
	_, err = client.CreateToken(context.Background(), &ssooidc.CreateTokenRequest{ClientID: "client"})
	fmt.Println(err)
	// Output: ssooidc: CreateToken: the request lacks ClientSecret, GrantType
}

// Secrets don't reach a log by accident.
func ExampleCreateTokenResponse() {
	token := ssooidc.CreateTokenResponse{AccessToken: "aoaAAAAA", TokenType: "Bearer", ExpiresIn: 3600}
	fmt.Printf("%v\n%+v\n%#v\n", token, token, token)
	// Output:
	// {AccessToken:[redacted] TokenType:Bearer ExpiresIn:3600 RefreshToken: IDToken:}
	// {AccessToken:[redacted] TokenType:Bearer ExpiresIn:3600 RefreshToken: IDToken:}
	// ssooidc.CreateTokenResponse{AccessToken:"[redacted]", TokenType:"Bearer", ExpiresIn:3600, RefreshToken:"", IDToken:""}
}

// The address that a browser sign-in opens; a listener on the redirect address gets the code.
func ExampleClient_AuthorizeURL() {
	client, err := ssooidc.New(ssooidc.Options{Region: "eu-west-1"})
	if err != nil {
		log.Fatal(err)
	}
	address, err := client.AuthorizeURL(&ssooidc.AuthorizeURLRequest{
		ClientID:      "client",
		RedirectURI:   "http://127.0.0.1:43210/oauth/callback",
		State:         "state",
		CodeChallenge: "challenge",
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(address)
	// Output: https://oidc.eu-west-1.amazonaws.com/authorize?response_type=code&client_id=client&redirect_uri=http%3A%2F%2F127.0.0.1%3A43210%2Foauth%2Fcallback&state=state&code_challenge_method=S256&code_challenge=challenge
}
