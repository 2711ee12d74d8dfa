package ssooidctest_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

func TestPortalRate(t *testing.T) {
	t.Parallel()
	const credentials = "/federation/credentials?account_id=111122223333&role_name=ReadOnlyAccess"
	for name, tt := range map[string]struct {
		rate   int
		waits  []time.Duration // before each batch of requests
		passed []int           // of 50 requests in each batch
	}{
		"none":              {0, []time.Duration{0}, []int{50}},
		"the live one":      {20, []time.Duration{0, 0, time.Second}, []int{20, 0, 20}},
		"a little later":    {20, []time.Duration{0, 49 * time.Millisecond, time.Millisecond, 100 * time.Millisecond}, []int{20, 0, 1, 2}},
		"it saves a second": {20, []time.Duration{0, time.Minute}, []int{20, 20}},
		"slow":              {1, []time.Duration{0, 999 * time.Millisecond, time.Millisecond}, []int{1, 0, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u, token := signedIn(t, ssooidctest.Options{PortalRate: tt.rate})
				for i, wait := range tt.waits {
					time.Sleep(wait)
					passed := 0
					for n := range 50 {
						path := credentials
						if n%2 == 1 {
							path = "/assignment/accounts"
						}
						r := u.get(path, token)
						if r.status == http.StatusOK {
							passed++
							continue
						}
						r.is("TooManyRequestsException")
						if r.status != http.StatusTooManyRequests {
							t.Errorf("status %d", r.status)
						}
					}
					if passed != tt.passed[i] {
						t.Errorf("batch %d: %d requests passed, want %d", i, passed, tt.passed[i])
					}
				}
			})
		})
	}
}

// The limit is the portal's, for every caller and operation. The sign-in
// service has none, and scripted answers don't count.
func TestPortalRateCounts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{PortalRate: 1})
		u := inProcess(t, s)
		client := u.register(object{"scopes": accountAccess})
		token := u.signIn(s, client).text("accessToken")
		s.FailNext("ListAccounts", "ForbiddenException", 1)
		u.get("/assignment/accounts", token).is("ForbiddenException")
		u.get("/assignment/accounts", "unknown").is("UnauthorizedException")
		u.portal("POST", "/logout", token).is("TooManyRequestsException")
		u.signIn(s, client)
		time.Sleep(time.Second)
		u.portal("POST", "/logout", token).is("")
	})
}
