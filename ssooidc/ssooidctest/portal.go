package ssooidctest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// The portal hands out what an access token is good for: accounts, roles and their credentials.

// bearerHeader is where the portal looks for the access token.
const bearerHeader = "X-Amz-Sso_bearer_token"

// roleLifetime is how long a role's credentials last: the live service's default.
const roleLifetime = time.Hour

// portalOperation serves an operation of the portal. f is called with a valid token, and s.mu held.
func portalOperation(f func(*Service, *portalCall) (answer, *exception)) func(*Service, http.ResponseWriter, *http.Request, *operation, []byte) {
	return func(s *Service, w http.ResponseWriter, r *http.Request, op *operation, _ []byte) {
		c := &portalCall{now: time.Now(), query: r.URL.Query()}
		s.mu.Lock()
		t := s.accessTokens[r.Header.Get(bearerHeader)]
		a, e := answer(nil), unauthorized()
		if t != nil && t.valid(c.now) {
			c.session = t.session
			a, e = f(s, c)
		}
		s.mu.Unlock()
		switch {
		case e != nil:
			s.writeException(w, op, e)
		case a == nil: // Logout's
			w.Header().Set("X-Amzn-RequestId", requestID())
			w.WriteHeader(http.StatusOK)
		default:
			writeJSON(w, http.StatusOK, a)
		}
	}
}

// accountScope is what lets a session see accounts and roles.
const accountScope = "sso:account:access"

// accountOperation serves an operation that needs accountScope. A session without any scope, as legacy
// profiles have it, may see accounts too.
func accountOperation(f func(*Service, *portalCall) (answer, *exception)) func(*Service, http.ResponseWriter, *http.Request, *operation, []byte) {
	return portalOperation(func(s *Service, c *portalCall) (answer, *exception) {
		if len(c.session.scopes) > 0 && !slices.Contains(c.session.scopes, accountScope) {
			return nil, unauthorized()
		}
		return f(s, c)
	})
}

func unauthorized() *exception {
	return refuse("UnauthorizedException", "Session token not found or invalid")
}

// portalCall is one request of a portal operation.
type portalCall struct {
	now     time.Time
	session *session
	query   url.Values
}

func (s *Service) getRoleCredentials(c *portalCall) (answer, *exception) {
	account, role := c.query.Get("account_id"), c.query.Get("role_name")
	if role == "" {
		return nil, invalidRequest("Missing required parameter: role_name")
	}
	roles, e := s.rolesOf(account)
	if e != nil {
		return nil, e
	}
	if s.opts.Accounts != nil && !slices.Contains(roles, role) {
		return nil, refuse("ForbiddenException", "No access")
	}
	return answer{"roleCredentials": map[string]any{
		"accessKeyId":     "ASIA" + randomUpper(16),
		"secretAccessKey": randomText(40),
		"sessionToken":    randomText(400),
		"expiration":      c.now.Add(roleLifetime).Truncate(time.Second).UnixMilli(),
	}}, nil
}

// undeclared is what the portal lists where the test declares no accounts.
var undeclared = []Account{{
	ID:    "111122223333",
	Name:  "Test account",
	Email: "test-account@example.com",
	Roles: []string{"ReadOnlyAccess"},
}}

func (s *Service) accounts() []Account {
	if s.opts.Accounts == nil {
		return undeclared
	}
	return s.opts.Accounts
}

// rolesOf are the roles of an account.
func (s *Service) rolesOf(account string) ([]string, *exception) {
	if !isAccountID(account) {
		return nil, invalidRequest("account_id is missing, or not twelve digits")
	}
	for _, a := range s.accounts() {
		if a.ID == account {
			return a.Roles, nil
		}
	}
	if s.opts.Accounts == nil {
		return undeclared[0].Roles, nil
	}
	return nil, refuse("ResourceNotFoundException", "No such account")
}

func (s *Service) listAccounts(c *portalCall) (answer, *exception) {
	var list []any
	for _, a := range s.accounts() {
		list = append(list, map[string]any{"accountId": a.ID, "accountName": a.Name, "emailAddress": a.Email})
	}
	return c.page("accountList", list)
}

func (s *Service) listAccountRoles(c *portalCall) (answer, *exception) {
	account := c.query.Get("account_id")
	roles, e := s.rolesOf(account)
	if e != nil {
		return nil, e
	}
	var list []any
	for _, role := range roles {
		list = append(list, map[string]any{"accountId": account, "roleName": role})
	}
	return c.page("roleList", list)
}

// pageSize is how many items a list has where max_result does not say.
const pageSize = 20

// page is the part of a list that the request asks for.
func (c *portalCall) page(name string, list []any) (answer, *exception) {
	size, from := pageSize, 0
	if text := c.query.Get("max_result"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return nil, invalidRequest("max_result must be from 1 to 100")
		}
		size = n
	}
	if text := c.query.Get("next_token"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n >= len(list) {
			return nil, invalidRequest("Invalid next_token")
		}
		from = n
	}
	to := min(from+size, len(list))
	a := answer{name: append([]any{}, list[from:to]...), "nextToken": nil}
	if to < len(list) {
		a["nextToken"] = strconv.Itoa(to)
	}
	return a, nil
}

// logout ends the session: no token of it works any more.
func (s *Service) logout(c *portalCall) (answer, *exception) {
	c.session.revoked = true
	return nil, nil
}
