package login_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// A program takes the token that is there, and asks a person only if it must. The examples sign in to a service in memory,
// where the person approves at once; a real program leaves out the fields that say so.
func Example() {
	service := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	ctx := context.Background()

	session, err := login.New(login.Config{
		StartURL:   "https://d-1234567890.awsapps.com/start",
		Region:     "us-east-1",
		Flow:       login.FlowDeviceCode,
		Cache:      new(tokencache.Memory),
		HTTPClient: service.HTTPClient(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := session.Token(ctx)
	if errors.As(err, new(*login.RequiredError)) {
		fmt.Println(err)
		token, err = session.Login(ctx)
	}
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("signed in for", time.Until(token.ExpiresAt).Round(time.Hour))
	fmt.Println("and it goes on:", token.Refreshable)
	fmt.Println("no secret is printed:", token.AccessToken != "" && fmt.Sprint(token) != token.AccessToken)
	// Output:
	// login: nobody is signed in to https://d-1234567890.awsapps.com/start; sign in
	// signed in for 1h0m0s
	// and it goes on: true
	// no secret is printed: true
}

// A prompt of a program's own: what a person must know is in the challenge.
func ExamplePromptFunc() {
	service := ssooidctest.New(ssooidctest.Options{})
	session, err := login.New(login.Config{
		StartURL:   "https://d-1234567890.awsapps.com/start",
		Region:     "us-east-1",
		Flow:       login.FlowDeviceCode,
		Browse:     func(context.Context, string) error { return nil },
		Cache:      new(tokencache.Memory),
		HTTPClient: service.HTTPClient(),
		Prompt: func(ctx context.Context, c login.Challenge) error {
			fmt.Println("open", c.CodeURL, "and type the code, of", len(c.UserCode), "characters")
			return service.Deny(c.UserCode) // the person
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = session.Login(context.Background())
	fmt.Println("denied:", errors.Is(err, login.ErrDenied))
	// Output:
	// open https://oidc.us-east-1.amazonaws.com/device and type the code, of 9 characters
	// denied: true
}

// A token that was refused before it expired, say with status 401, is given to Refresh.
func ExampleSession_Refresh() {
	service := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	ctx := context.Background()
	session, err := login.New(login.Config{
		StartURL:   "https://d-1234567890.awsapps.com/start",
		Region:     "us-east-1",
		Flow:       login.FlowDeviceCode,
		Cache:      new(tokencache.Memory),
		HTTPClient: service.HTTPClient(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	first, err := session.Login(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	second, err := session.Refresh(ctx, first.AccessToken)
	fmt.Println("another one:", err == nil && second.AccessToken != first.AccessToken)

	fmt.Println("signed out:", session.Logout(ctx) == nil)
	_, err = session.Token(ctx)
	fmt.Println(err)
	// Output:
	// another one: true
	// signed out: true
	// login: nobody is signed in to https://d-1234567890.awsapps.com/start; sign in
}

// A request that takes a token, made once more where the token is refused.
func ExampleSession_Use() {
	service := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	ctx := context.Background()
	session, err := login.New(login.Config{
		StartURL:   "https://d-1234567890.awsapps.com/start",
		Region:     "us-east-1",
		Flow:       login.FlowDeviceCode,
		Cache:      new(tokencache.Memory),
		HTTPClient: service.HTTPClient(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := session.Login(ctx); err != nil {
		fmt.Println(err)
		return
	}
	errRefused := errors.New("status 401")
	requests := 0
	request := func(token login.Token) error { // to a service that refuses the first token
		if requests++; requests == 1 {
			return errRefused
		}
		return nil
	}
	err = session.Use(ctx, request, func(err error) bool { return errors.Is(err, errRefused) })
	fmt.Println(requests, "requests, error", err)
	// Output: 2 requests, error <nil>
}

// A program that is interrupted in the middle of a refresh: what the service has issued by then is not lost.
func ExampleSession_Close() {
	service := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	session, err := login.New(login.Config{
		StartURL:   "https://d-1234567890.awsapps.com/start",
		Region:     "us-east-1",
		Flow:       login.FlowDeviceCode,
		Cache:      new(tokencache.Memory),
		HTTPClient: service.HTTPClient(),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	token, err := session.Login(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx, interrupt := context.WithCancel(context.Background()) // in a program, signal.NotifyContext
	left := make(chan struct{})
	service.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
		interrupt()
		<-left
		service.ServeHTTP(w, r)
	}, 1)
	_, err = session.Refresh(ctx, token.AccessToken)
	fmt.Println("interrupted:", errors.Is(err, context.Canceled))
	close(left)

	err = session.Close() // before the program exits
	fmt.Println("saved:", err == nil)
	// Output:
	// interrupted: true
	// saved: true
}

// Terminal is the default; to write elsewhere, give it another place. Without an input it reads nothing.
func ExampleTerminal() {
	prompt := login.Terminal(nil, os.Stdout)
	ctx, cancel := context.WithCancel(context.Background())
	cancel() // Login does so when the sign-in is over
	err := prompt(ctx, login.Challenge{
		Flow:      login.FlowDeviceCode,
		Why:       "SSH session",
		URL:       "https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH",
		CodeURL:   "https://device.sso.us-east-1.amazonaws.com/",
		UserCode:  "ABCD-EFGH",
		ExpiresAt: time.Now().Add(10 * time.Minute),
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output:
	// Sign in to AWS IAM Identity Center (by device code: SSH session)
	//
	// Open this address in a browser, on any device:
	//
	//   https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH
	//
	// Check that the page shows this code, or type it there:
	//
	//   ABCD-EFGH
	//
	// The short address, to type on another device: https://device.sso.us-east-1.amazonaws.com/
	//
	// Waiting for you to sign in: 10m0s left
}
