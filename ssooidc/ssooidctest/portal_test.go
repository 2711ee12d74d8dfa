package ssooidctest_test

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// signedIn is a user of the portal with an access token.
func signedIn(t *testing.T, opts ssooidctest.Options) (user, string) {
	s := ssooidctest.New(opts)
	u := user{t, s.HTTPClient(), portalURL}
	return u, u.signIn(s, u.register(object{"scopes": accountAccess})).text("accessToken")
}

func TestGetRoleCredentials(t *testing.T) {
	t.Parallel()
	declared := ssooidctest.Options{Accounts: []ssooidctest.Account{{ID: "000000000001", Roles: []string{"Admin"}}}}
	none := ssooidctest.Options{Accounts: []ssooidctest.Account{}}
	for _, tt := range []struct {
		name    string
		opts    ssooidctest.Options
		query   string
		want    string
		status  int
		badCode bool // use a token that was never issued
	}{
		{"declared", declared, "account_id=000000000001&role_name=Admin", "", 200, false},
		{"another role", declared, "account_id=000000000001&role_name=Reader", "ForbiddenException", 403, false},
		{"another account", declared, "account_id=000000000002&role_name=Admin", "ResourceNotFoundException", 404, false},
		{"no account", declared, "role_name=Admin", "InvalidRequestException", 400, false},
		{"no role", declared, "account_id=000000000001", "InvalidRequestException", 400, false},
		{"a short account", declared, "account_id=1&role_name=Admin", "InvalidRequestException", 400, false},
		{"no token", declared, "account_id=000000000001&role_name=Admin", "UnauthorizedException", 401, true},
		{"undeclared", ssooidctest.Options{}, "account_id=123456789012&role_name=Any", "", 200, false},
		{"declared to be none", none, "account_id=123456789012&role_name=Any", "ResourceNotFoundException", 404, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u, token := signedIn(t, tt.opts)
				if tt.badCode {
					token = "x"
				}
				r := u.get("/federation/credentials?"+tt.query, token)
				r.is(tt.want)
				if r.status != tt.status {
					t.Errorf("status %d, want %d", r.status, tt.status)
				}
				if tt.want != "" {
					if r.body["__type"] != "com.amazonaws.switchboard.portal#"+tt.want || r.text("message") == "" {
						t.Errorf("body %v", r.body)
					}
					return
				}
				c := r.body["roleCredentials"].(object)
				if c["expiration"] != float64(time.Now().Add(time.Hour).UnixMilli()) {
					t.Errorf("expiration %v", c["expiration"])
				}
				for _, name := range []string{"accessKeyId", "secretAccessKey", "sessionToken"} {
					if c[name] == "" || c[name] == nil {
						t.Errorf("no %s in %v", name, c)
					}
				}
			})
		})
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	var opts ssooidctest.Options
	var wantAccounts, wantRoles []any
	for i := range 25 {
		a := ssooidctest.Account{ID: fmt.Sprintf("%012d", i), Name: fmt.Sprint("account ", i), Email: fmt.Sprintf("%d@example.com", i)}
		wantAccounts = append(wantAccounts, object{"accountId": a.ID, "accountName": a.Name, "emailAddress": a.Email})
		opts.Accounts = append(opts.Accounts, a)
		opts.Accounts[0].Roles = append(opts.Accounts[0].Roles, fmt.Sprint("role", i))
		wantRoles = append(wantRoles, object{"accountId": "000000000000", "roleName": fmt.Sprint("role", i)})
	}
	u, token := signedIn(t, opts)
	for _, tt := range []struct {
		path, query, member string
		pages               int
		want                []any
	}{
		{"/assignment/accounts", "", "accountList", 2, wantAccounts},
		{"/assignment/accounts", "max_result=10", "accountList", 3, wantAccounts},
		{"/assignment/accounts", "max_result=25", "accountList", 1, wantAccounts},
		{"/assignment/roles", "account_id=000000000000&max_result=7", "roleList", 4, wantRoles},
		{"/assignment/roles", "account_id=000000000001", "roleList", 1, []any{}},
	} {
		t.Run(tt.path+"?"+tt.query, func(t *testing.T) {
			got, pages, next := []any{}, 0, ""
			for {
				r := u.get(tt.path+"?"+tt.query+"&next_token="+url.QueryEscape(next), token).ok()
				got = append(got, r.body[tt.member].([]any)...)
				pages++
				if r.body["nextToken"] == nil {
					break
				}
				next = r.text("nextToken")
			}
			if d := cmp.Diff(tt.want, got); d != "" || pages != tt.pages {
				t.Errorf("%d pages, want %d\n%s", pages, tt.pages, d)
			}
		})
	}
	for _, bad := range []string{"accounts?max_result=0", "accounts?max_result=101", "accounts?max_result=x", "accounts?next_token=x",
		"accounts?next_token=25", "accounts?next_token=-1", "roles"} {
		u.get("/assignment/"+bad, token).is("InvalidRequestException")
	}
	u.get("/assignment/roles?account_id=999999999999", token).is("ResourceNotFoundException")
}

// A token of a page works for its own list only, and must be escaped.
func TestPageTokens(t *testing.T) {
	t.Parallel()
	accounts := make([]ssooidctest.Account, 3)
	for i := range accounts {
		accounts[i] = ssooidctest.Account{ID: fmt.Sprintf("%012d", i), Roles: []string{"A", "B", "C"}}
	}
	u, token := signedIn(t, ssooidctest.Options{Accounts: accounts})
	const (
		list  = "/assignment/accounts?max_result=1"
		roles = "/assignment/roles?max_result=1&account_id=00000000000"
	)
	of := func(path string) string { return u.get(path, token).ok().text("nextToken") }
	ofAccounts, ofRoles := of(list), of(roles+"0")
	beyond, err := base64.StdEncoding.DecodeString(ofAccounts)
	if err != nil {
		t.Fatal(err)
	}
	beyond[len(beyond)-1] = '3' // there are items 0 to 2
	for _, tt := range []struct{ path, token, want string }{
		{list, ofAccounts, ""},
		{list, of(list + "&next_token=" + url.QueryEscape(ofAccounts)), ""},
		{roles + "0", ofRoles, ""},
		{roles + "1", ofRoles, "InvalidRequestException"},
		{roles + "0", ofAccounts, "InvalidRequestException"},
		{list, ofRoles, "InvalidRequestException"},
		{list, ofAccounts[1:], "InvalidRequestException"},
		{list, "1", "InvalidRequestException"},
		{list, base64.StdEncoding.EncodeToString(beyond), "InvalidRequestException"},
	} {
		u.get(tt.path+"&next_token="+url.QueryEscape(tt.token), token).is(tt.want)
	}
	u.get(list+"&next_token="+ofAccounts, token).is("InvalidRequestException")
}

// What a token's scopes don't name, it does not open. Signing out needs none.
func TestPortalScopes(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	application := u.postSigned(signing{}, object{"clientId": application, "grantType": grantJWT, "assertion": jwt(`{}`)}).ok()
	for name, tt := range map[string]struct {
		token reply
		want  string
	}{
		"accounts":       {u.signIn(s, u.register(object{"scopes": accountAccess})), ""},
		"an older name":  {u.signIn(s, u.register(object{"scopes": []string{"sso-portal:*"}})), ""},
		"and others":     {u.signIn(s, u.register(object{"scopes": []string{"openid", "sso:account:access"}})), ""},
		"none, a legacy": {u.signIn(s, u.register(nil)), ""},
		"only others":    {u.signIn(s, u.register(object{"scopes": []string{"codewhisperer:completions"}})), "UnauthorizedException"},
		"an application": {application, "UnauthorizedException"},
	} {
		t.Run(name, func(t *testing.T) {
			token := tt.token.text("accessToken")
			for _, path := range []string{
				"/federation/credentials?account_id=111122223333&role_name=Admin",
				"/assignment/accounts", "/assignment/roles?account_id=111122223333",
			} {
				u.get(path, token).is(tt.want)
			}
			u.portal("POST", "/logout", token).is("")
		})
	}
}

func TestLogout(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	u := inProcess(t, s)
	client := u.register(object{"scopes": accountAccess})
	first := u.signIn(s, client)
	second := u.refresh(client, first.text("refreshToken")).ok()
	other := u.signIn(s, client)

	if r := u.portal("POST", "/logout", second.text("accessToken")).ok(); r.body != nil {
		t.Errorf("logging out answered %v", r.body)
	}
	for _, r := range []reply{first, second} { // a session is signed out with all its tokens
		u.get("/assignment/accounts", r.text("accessToken")).is("UnauthorizedException")
	}
	u.refresh(client, second.text("refreshToken")).is("InvalidGrantException")
	u.portal("POST", "/logout", second.text("accessToken")).is("UnauthorizedException")
	u.get("/assignment/accounts", other.text("accessToken")).is("")
}
