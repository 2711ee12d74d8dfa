package ssooidctest

import "time"

func (s *Service) createToken(c *call) (answer, *exception) {
	// Each grant needs only some of these, but a wrong type is refused for all.
	for _, name := range []string{"deviceCode", "code", "refreshToken", "redirectUri", "codeVerifier"} {
		c.in.text(name)
	}
	c.in.list("scope") // has no effect: a token has all scopes of the registration
	if e := c.in.check("clientId", "clientSecret", "grantType"); e != nil {
		return nil, e
	}
	reg, e := s.authenticate(c)
	if e != nil {
		return nil, e
	}
	grant := c.in.text("grantType")
	switch {
	case !isGrant(grant):
		return nil, refuse("UnsupportedGrantTypeException", "Unsupported grant type provided")
	case !reg.may(grant):
		return nil, refuse("UnauthorizedClientException", "The client is not registered for this grant")
	}
	var ses *session
	switch grant {
	case grantDeviceCode:
		ses, e = s.redeemDevice(c, reg)
	case grantAuthorizationCode:
		ses, e = s.redeemCode(c, reg.id)
	case grantRefreshToken:
		ses, e = s.redeemRefreshToken(c, reg.id)
	}
	if e != nil {
		return nil, e
	}
	return s.issue(c, ses), nil
}

// redeemRefreshToken returns the session that a refresh token continues.
func (s *Service) redeemRefreshToken(c *call, clientID string) (*session, *exception) {
	if e := c.in.check("refreshToken"); e != nil {
		return nil, e
	}
	t := s.refreshTokens[c.in.text("refreshToken")]
	if t == nil || t.session.clientID != clientID || !t.valid(c.now) {
		return nil, invalidGrant("Invalid refresh token provided")
	}
	return t.session, nil
}

// issue answers with new tokens of a session. After a refresh, Options.Rotation
// decides what happens to the refresh token that was used.
func (s *Service) issue(c *call, ses *session) answer {
	used := ""
	if c.in.text("grantType") == grantRefreshToken {
		used = c.in.text("refreshToken")
	}
	lifetime := s.tokenLifetime(ses)
	access := "aoa" + randomText(200)
	s.accessTokens[access] = &token{ses, c.now.Add(lifetime)}

	var refresh any
	if ses.refreshable && (used == "" || s.opts.Rotation != RotationNone) {
		text := "aor" + randomText(200)
		s.refreshTokens[text] = &token{ses, ses.ends}
		refresh = text
	}
	if s.opts.Rotation == RotationStrict {
		delete(s.refreshTokens, used)
	}
	return answer{
		"accessToken":            access,
		"tokenType":              "Bearer",
		"expiresIn":              int64(lifetime / time.Second),
		"refreshToken":           refresh,
		"idToken":                nil,
		"aws_sso_app_session_id": nil,
		"issuedTokenType":        nil,
		"originSessionId":        nil,
	}
}

func (s *Service) tokenLifetime(ses *session) time.Duration {
	switch {
	case s.opts.TokenLifetime != 0:
		return s.opts.TokenLifetime
	case len(ses.scopes) == 0:
		return defaultLegacyTokenLifetime
	}
	return defaultTokenLifetime
}
