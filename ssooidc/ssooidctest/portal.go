package ssooidctest

import (
	"net/http"
	"net/url"
	"slices"
	"time"
)

// The portal hands out what an access token opens: accounts, roles and their
// credentials.

// bearerHeader is where the portal looks for the access token.
const bearerHeader = "X-Amz-Sso_bearer_token"

// roleLifetime is how long a role's credentials last: the live service's
// default.
const roleLifetime = time.Hour

// portalCall is one request of a portal operation.
type portalCall struct {
	now     time.Time
	session *session
	query   url.Values
}

// portalOperation serves an operation of the portal. f is called with a valid
// token, and s.mu held.
func portalOperation(f func(*Service, *portalCall) (answer, *exception)) func(*Service, http.ResponseWriter, *http.Request, *operation, []byte) {
	return func(s *Service, w http.ResponseWriter, r *http.Request, op *operation, _ []byte) {
		c := &portalCall{now: time.Now(), query: r.URL.Query()}
		s.mu.Lock()
		var a answer
		e := s.admit(c, r.Header.Get(bearerHeader))
		if e == nil {
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

// admit finds the session of a call. It refuses the call if there are too many,
// or if the access token opens nothing. s.mu is held.
func (s *Service) admit(c *portalCall, accessToken string) *exception {
	if !s.portalLimit.allow(c.now) {
		return refuse("TooManyRequestsException", portalExceptions["TooManyRequestsException"].text)
	}
	t := s.accessTokens[accessToken]
	if t == nil || !t.valid(c.now) {
		return unauthorized()
	}
	c.session = t.session
	return nil
}

// The scopes that let a session see accounts and roles. The second is an older
// name, which some tools still register.
const (
	accountScope    = "sso:account:access"
	oldAccountScope = "sso-portal:*"
)

// accountOperation serves an operation that needs one of the two scopes. A
// session without any scope, as legacy profiles have it, needs none.
func accountOperation(f func(*Service, *portalCall) (answer, *exception)) func(*Service, http.ResponseWriter, *http.Request, *operation, []byte) {
	return portalOperation(func(s *Service, c *portalCall) (answer, *exception) {
		opens := func(scope string) bool { return scope == accountScope || scope == oldAccountScope }
		if len(c.session.scopes) > 0 && !slices.ContainsFunc(c.session.scopes, opens) {
			return nil, unauthorized()
		}
		return f(s, c)
	})
}

func unauthorized() *exception {
	return refuse("UnauthorizedException", "Session token not found or invalid")
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

func (s *Service) listAccounts(c *portalCall) (answer, *exception) {
	var list []any
	for _, a := range s.accounts() {
		list = append(list, map[string]any{"accountId": a.ID, "accountName": a.Name, "emailAddress": a.Email})
	}
	return c.page("accountList", "accounts", list)
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
	return c.page("roleList", "roles of "+account, list)
}

// logout ends the session: none of its tokens works any more.
func (s *Service) logout(c *portalCall) (answer, *exception) {
	c.session.revoked = true
	return nil, nil
}
