package ssooidctest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// What ends a session, and what then becomes of it.
func TestSessionEnds(t *testing.T) {
	t.Parallel()
	const unauthorized, invalid = "UnauthorizedException", "InvalidGrantException"
	for name, tt := range map[string]struct {
		end                           func(u user, s *ssooidctest.Service, token reply)
		accounts, logout, refresh, ex string
		others                        string // another session's accounts
	}{
		"not":           {func(user, *ssooidctest.Service, reply) {}, "", "", "", "", ""},
		"administrator": {func(_ user, s *ssooidctest.Service, _ reply) { s.EndSessions() }, unauthorized, unauthorized, invalid, invalid, unauthorized},
		"logout": {func(u user, _ *ssooidctest.Service, token reply) {
			u.portal("POST", "/logout", token.text("accessToken")).is("")
		}, unauthorized, unauthorized, invalid, invalid, ""},
		"the access token expires": {func(user, *ssooidctest.Service, reply) { time.Sleep(time.Hour) },
			unauthorized, unauthorized, "", invalid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ssooidctest.New(ssooidctest.Options{})
				u := inProcess(t, s)
				client := u.register(object{"scopes": accountAccess})
				token, other := u.signIn(s, client), u.signIn(s, u.register(nil)) // the other has no refresh token
				waiting := u.start(client)
				tt.end(u, s, token)

				u.get("/assignment/accounts", token.text("accessToken")).is(tt.accounts)
				u.get("/federation/credentials?account_id=111122223333&role_name=A", token.text("accessToken")).is(tt.accounts)
				u.postSigned(signing{}, object{"clientId": application, "grantType": grantExchange,
					"subjectToken": token.text("accessToken"), "subjectTokenType": "urn:ietf:params:oauth:token-type:access_token"}).is(tt.ex)
				u.refresh(client, token.text("refreshToken")).is(tt.refresh)
				u.portal("POST", "/logout", token.text("accessToken")).is(tt.logout)
				u.get("/assignment/accounts", other.text("accessToken")).is(tt.others)

				if name != "the access token expires" { // and with it the code
					if err := s.Approve(waiting.text("userCode")); err != nil {
						t.Error(err)
					}
					u.get("/assignment/accounts", u.poll(client, waiting).ok().text("accessToken")).is("")
				}
				u.get("/assignment/accounts", u.signIn(s, client).text("accessToken")).is("")
			})
		})
	}
}
