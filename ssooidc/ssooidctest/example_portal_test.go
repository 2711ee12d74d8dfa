package ssooidctest_test

import (
	"fmt"
	"net/http"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// signedInExample signs in and returns a client, the request that polled and
// the token that it brought.
func signedInExample(s *ssooidctest.Service) (c *http.Client, poll, token map[string]any) {
	c = s.HTTPClient()
	poll, userCode := begin(c, s)
	if err := s.Approve(userCode); err != nil {
		panic(err)
	}
	token, _ = send(c, endpoint+"/token", poll)
	return c, poll, token
}

// portalStatus sends a request to the portal and returns the status of the answer.
func portalStatus(c *http.Client, token map[string]any, path string) string {
	req, err := http.NewRequest("GET", "https://portal.sso.us-east-1.amazonaws.com"+path, nil)
	if err != nil {
		panic(err)
	}
	req.Header.Set("x-amz-sso_bearer_token", token["accessToken"].(string))
	resp, err := c.Do(req)
	if err != nil {
		return err.Error()
	}
	resp.Body.Close()
	return resp.Status
}

// The portal knows the accounts and roles that the test declares.
func ExampleAccount() {
	s := ssooidctest.New(ssooidctest.Options{Accounts: []ssooidctest.Account{
		{ID: "123456789012", Name: "Production", Roles: []string{"Reader"}},
		{ID: "210987654321", Name: "Closed", Fails: "ForbiddenException"},
	}})
	c, _, token := signedInExample(s)
	fmt.Println(portalStatus(c, token, "/federation/credentials?account_id=123456789012&role_name=Reader"))
	fmt.Println(portalStatus(c, token, "/federation/credentials?account_id=123456789012&role_name=Admin"))
	fmt.Println(portalStatus(c, token, "/assignment/roles?account_id=210987654321"))
	// Output:
	// 200 OK
	// 403 Forbidden
	// 403 Forbidden
}

// The portal lets one request a second through.
func ExampleOptions_portalRate() {
	s := ssooidctest.New(ssooidctest.Options{PortalRate: 1})
	c, _, token := signedInExample(s)
	for range 2 {
		fmt.Println(portalStatus(c, token, "/assignment/accounts"))
	}
	// Output:
	// 200 OK
	// 429 Too Many Requests
}

// An administrator ends all sessions.
func ExampleService_EndSessions() {
	s := ssooidctest.New(ssooidctest.Options{})
	c, poll, token := signedInExample(s)
	s.EndSessions()
	fmt.Println(portalStatus(c, token, "/assignment/accounts"))
	_, exception := send(c, endpoint+"/token", again(poll, token))
	fmt.Println(exception)
	// Output:
	// 401 Unauthorized
	// InvalidGrantException
}

// An administrator ends one session.
func ExampleService_Revoke() {
	s := ssooidctest.New(ssooidctest.Options{})
	c, poll, token := signedInExample(s)
	fmt.Println(s.Revoke(token["accessToken"].(string)))
	_, exception := send(c, endpoint+"/token", again(poll, token))
	fmt.Println(exception)
	// Output:
	// <nil>
	// InvalidGrantException
}
