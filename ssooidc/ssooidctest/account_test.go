package ssooidctest_test

import (
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// An account that fails refuses its roles, and the others work.
func TestAccountFails(t *testing.T) {
	t.Parallel()
	for exception, status := range map[string]int{
		"": 200, "ForbiddenException": 403, "InternalServerException": 500, "InvalidRequestException": 400,
		"ResourceNotFoundException": 404, "TooManyRequestsException": 429, "UnauthorizedException": 401,
	} {
		t.Run(exception, func(t *testing.T) {
			t.Parallel()
			u, token := signedIn(t, ssooidctest.Options{Accounts: []ssooidctest.Account{
				{ID: "000000000001", Roles: []string{"Admin"}, Fails: exception},
				{ID: "000000000002", Roles: []string{"Admin"}},
			}})
			for _, path := range []string{"/assignment/roles?", "/federation/credentials?role_name=Admin&"} {
				r := u.get(path+"account_id=000000000001", token)
				r.is(exception)
				if r.status != status || exception != "" && r.text("message") == "" {
					t.Errorf("%s: status %d, body %v; want %d", path, r.status, r.body, status)
				}
				u.get(path+"account_id=000000000002", token).is("")
			}
			if all := u.get("/assignment/accounts", token).ok().body["accountList"].([]any); len(all) != 2 {
				t.Errorf("%d accounts are listed, want 2", len(all))
			}
		})
	}
}
