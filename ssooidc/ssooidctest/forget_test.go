package ssooidctest_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// A service that runs for months holds on to nothing that expired more than a day ago.
func TestForgets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const lifetime = 10 * time.Hour
		s := ssooidctest.New(ssooidctest.Options{
			DeviceCodeLifetime: lifetime, CodeLifetime: lifetime, TokenLifetime: lifetime, SessionLifetime: lifetime, RegistrationLifetime: lifetime,
		})
		u := inProcess(t, s)
		client, browser := u.register(object{"scopes": accountAccess}), u.registerBrowser()
		started, token := u.start(client), u.signIn(s, client)
		code := redirected(t, s, u.authorizeURL(browser, nil)).Get("code")
		time.Sleep(lifetime + 25*time.Hour)
		u.get("/assignment/accounts", "x").is("UnauthorizedException") // it cleans up when something arrives
		for name, issued := range map[string]string{
			"registration":       client["clientId"].(string),
			"device code":        started.text("deviceCode"),
			"user code":          started.text("userCode"),
			"authorization code": code,
			"access token":       token.text("accessToken"),
			"refresh token":      token.text("refreshToken"),
		} {
			if s.Expire(issued) == nil {
				t.Errorf("the service still knows the %s", name)
			}
		}
	})
}

// What expired a day ago is still known to have expired, and what has not expired stays.
func TestForgetsNothingSoon(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := inProcess(t, ssooidctest.New(ssooidctest.Options{}))
		client := u.register(nil)
		started := u.start(client)
		time.Sleep(10*time.Minute + 24*time.Hour)
		u.poll(client, started).is("ExpiredTokenException")
		time.Sleep(time.Hour)
		u.poll(client, started).is("InvalidGrantException")
	})
}
