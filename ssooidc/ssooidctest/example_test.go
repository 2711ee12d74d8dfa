package ssooidctest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// A program under test would use its own client; these examples send what it sends. send is one request,
// and the answer or the exception's name.
func send(c *http.Client, address string, in map[string]any) (out map[string]any, exception string) {
	body, err := json.Marshal(in)
	if err != nil {
		panic(err)
	}
	resp, err := c.Post(address, "application/json", bytes.NewReader(body))
	if err != nil {
		return nil, "no answer"
	}
	defer resp.Body.Close()
	if json.NewDecoder(resp.Body).Decode(&out) != nil {
		return nil, fmt.Sprintf("status %d, not JSON", resp.StatusCode)
	}
	exception, _, _ = strings.Cut(resp.Header.Get("X-Amzn-ErrorType"), ":")
	return out, exception
}

const endpoint = "https://oidc.us-east-1.amazonaws.com"

// begin registers a client and asks for a device code. The result is the request that polls with it.
func begin(c *http.Client, s *ssooidctest.Service) (poll map[string]any, userCode string) {
	reg, _ := send(c, endpoint+"/client/register", map[string]any{
		"clientName": "example", "clientType": "public", "scopes": []string{"sso:account:access"},
	})
	started, _ := send(c, endpoint+"/device_authorization", map[string]any{
		"clientId": reg["clientId"], "clientSecret": reg["clientSecret"], "startUrl": s.StartURL(),
	})
	return map[string]any{
		"clientId": reg["clientId"], "clientSecret": reg["clientSecret"],
		"grantType":  "urn:ietf:params:oauth:grant-type:device_code",
		"deviceCode": started["deviceCode"],
	}, started["userCode"].(string)
}

// again is the request that refreshes what poll brought.
func again(poll, token map[string]any) map[string]any {
	return map[string]any{
		"clientId": poll["clientId"], "clientSecret": poll["clientSecret"],
		"grantType": "refresh_token", "refreshToken": token["refreshToken"],
	}
}

// A sign-in in process. The same works inside a testing/synctest bubble, where no time is lost waiting.
func Example() {
	s := ssooidctest.New(ssooidctest.Options{})
	c := s.HTTPClient() // give this one to the program under test

	poll, userCode := begin(c, s)
	_, exception := send(c, endpoint+"/token", poll)
	fmt.Println("before:", exception)

	if err := s.Approve(userCode); err != nil {
		fmt.Println(err)
	}
	token, _ := send(c, endpoint+"/token", poll)
	fmt.Println("after:", token["tokenType"], "for", token["expiresIn"], "seconds")
	// Output:
	// before: AuthorizationPendingException
	// after: Bearer for 3600 seconds
}

// A server, for clients that can't be given an http.Client: point their endpoint at URL.
func ExampleNewServer() {
	srv := ssooidctest.NewServer(ssooidctest.Options{})
	defer srv.Close()

	out, _ := send(http.DefaultClient, srv.URL+"/client/register", map[string]any{"clientName": "example", "clientType": "public"})
	fmt.Println(out["clientId"] != nil, len(srv.Requests()))
	// Output: true 1
}

// The service answers for the person: here, at once; with Options.ConsentDelay, after a while.
func ExampleConsent() {
	for _, consent := range []ssooidctest.Consent{ssooidctest.ConsentApprove, ssooidctest.ConsentDeny} {
		s := ssooidctest.New(ssooidctest.Options{Consent: consent})
		c := s.HTTPClient()
		poll, _ := begin(c, s)
		_, exception := send(c, endpoint+"/token", poll)
		fmt.Printf("%v: %q\n", consent, exception)
	}
	// Output:
	// ConsentApprove: ""
	// ConsentDeny: "AccessDeniedException"
}

// A person who takes a while, here in the browser. A poll with a device code finds it pending until then.
func ExampleConsent_delay() {
	const delay = 20 * time.Millisecond
	s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove, ConsentDelay: delay})
	address := authorizeURL(s.HTTPClient(), "http://127.0.0.1:8400/oauth/callback")
	began := time.Now()
	_, err := s.Redirect(address)
	fmt.Println(time.Since(began) >= delay, err)
	// Output: true <nil>
}

// Errors as the OpenAPI description has them: by status.
func ExampleErrorStyle() {
	s := ssooidctest.New(ssooidctest.Options{Errors: ssooidctest.ErrorsOpenAPI})
	resp, err := s.HTTPClient().Post(endpoint+"/token", "application/json", strings.NewReader("{}"))
	if err != nil {
		fmt.Println(err)
		return
	}
	resp.Body.Close()
	fmt.Println(resp.StatusCode, resp.Header.Get("X-Amzn-ErrorType") == "")
	// Output: 480 true
}

// What a client sees that uses a refresh token twice.
func ExampleRotation() {
	for _, rotation := range []ssooidctest.Rotation{ssooidctest.RotationStrict, ssooidctest.RotationLenient, ssooidctest.RotationNone} {
		s := ssooidctest.New(ssooidctest.Options{Rotation: rotation, Consent: ssooidctest.ConsentApprove})
		c := s.HTTPClient()
		poll, _ := begin(c, s)
		token, _ := send(c, endpoint+"/token", poll)
		for range 2 {
			refreshed, exception := send(c, endpoint+"/token", again(poll, token))
			fmt.Printf("%v: %q, a new one: %v\n", rotation, exception, refreshed["refreshToken"] != nil)
		}
	}
	// Output:
	// RotationStrict: "", a new one: true
	// RotationStrict: "InvalidGrantException", a new one: false
	// RotationLenient: "", a new one: true
	// RotationLenient: "", a new one: true
	// RotationNone: "", a new one: false
	// RotationNone: "", a new one: false
}

// An identity center in another region than the one that CreateTokenWithIAM was called in: the client is told
// where to go.
func ExampleOptions_region() {
	s := ssooidctest.New(ssooidctest.Options{Region: "eu-west-1"})
	client, err := ssooidc.New(ssooidc.Options{
		Region:     "us-east-1",
		HTTPClient: s.HTTPClient(),
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"}, nil
		}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.CreateTokenWithIAM(context.Background(), &ssooidc.CreateTokenWithIAMRequest{
		ClientID:  "arn:aws:sso::111122223333:application/ssoins-1/apl-1",
		GrantType: ssooidc.GrantTypeJWTBearer,
		Assertion: "e30.e30.x",
	})
	if e := new(ssooidc.InvalidRequestRegionException); errors.As(err, &e) {
		fmt.Println(e.Region, e.Endpoint)
	}
	// Output: eu-west-1 https://oidc.eu-west-1.amazonaws.com
}

func ExampleService_Approve() {
	s := ssooidctest.New(ssooidctest.Options{})
	c := s.HTTPClient()
	poll, userCode := begin(c, s)
	fmt.Println(s.Approve(strings.ToLower(userCode))) // as people type
	_, exception := send(c, endpoint+"/token", poll)
	fmt.Printf("%q\n", exception)
	fmt.Println(s.Approve(userCode))
	// Output:
	// <nil>
	// ""
	// ssooidctest: the user code has been answered already
}

func ExampleService_Deny() {
	s := ssooidctest.New(ssooidctest.Options{})
	c := s.HTTPClient()
	poll, userCode := begin(c, s)
	fmt.Println(s.Deny(userCode))
	_, exception := send(c, endpoint+"/token", poll)
	fmt.Println(exception)
	// Output:
	// <nil>
	// AccessDeniedException
}

// The codes that wait, where a test does not see the prompt.
func ExampleService_UserCodes() {
	s := ssooidctest.New(ssooidctest.Options{})
	poll, _ := begin(s.HTTPClient(), s)
	for _, userCode := range s.UserCodes() {
		fmt.Println(s.Approve(userCode))
	}
	_, exception := send(s.HTTPClient(), endpoint+"/token", poll)
	fmt.Printf("%q %d\n", exception, len(s.UserCodes()))
	// Output:
	// <nil>
	// "" 0
}

// A device code that runs out before the person answers. Registrations and tokens expire the same way.
func ExampleService_Expire() {
	s := ssooidctest.New(ssooidctest.Options{})
	c := s.HTTPClient()
	poll, userCode := begin(c, s)
	fmt.Println(s.Expire(userCode))
	_, exception := send(c, endpoint+"/token", poll)
	fmt.Println(exception)
	// Output:
	// <nil>
	// ExpiredTokenException
}

// What arrived: counted, or looked into.
func ExampleService_Requests() {
	s := ssooidctest.New(ssooidctest.Options{})
	c := s.HTTPClient()
	poll, _ := begin(c, s)
	send(c, endpoint+"/token", poll)
	for _, r := range s.Requests() {
		fmt.Println(r.Method, r.Host, r.Path, r.Operation, r.Header.Get("Content-Type"))
	}
	// Output:
	// POST oidc.us-east-1.amazonaws.com /client/register RegisterClient application/json
	// POST oidc.us-east-1.amazonaws.com /device_authorization StartDeviceAuthorization application/json
	// POST oidc.us-east-1.amazonaws.com /token CreateToken application/json
}
