package ssooidctest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
)

// The grants that only CreateTokenWithIAM has.
const (
	grantJWTBearer     = "urn:ietf:params:oauth:grant-type:jwt-bearer"     // RFC 7523 section 2.1
	grantTokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange" // RFC 8693 section 2.1
)

// The token types of an exchange (RFC 8693 section 3).
const (
	typeAccessToken  = "urn:ietf:params:oauth:token-type:access_token"
	typeRefreshToken = "urn:ietf:params:oauth:token-type:refresh_token"
)

// applicationScopes are the scopes of an application's token, unless the
// request names fewer.
var applicationScopes = []string{"openid", "aws", "sts:identity_context"}

// serveCreateTokenWithIAM checks the signature and its region, then serves the
// operation.
func (s *Service) serveCreateTokenWithIAM(w http.ResponseWriter, r *http.Request, op *operation, body []byte) {
	region, e := verifySignature(r, body, s.opts.Credentials, time.Now())
	if e == nil && s.opts.Region != "" && region != s.opts.Region {
		e = refuse("InvalidRequestRegionException", "The identity center is in "+s.opts.Region)
	}
	if e != nil {
		s.writeException(w, op, e)
		return
	}
	jsonOperation((*Service).createTokenWithIAM)(s, w, r, op, body)
}

func (s *Service) createTokenWithIAM(c *call) (answer, *exception) {
	for _, name := range []string{"code", "refreshToken", "assertion", "redirectUri", "subjectToken", "subjectTokenType", "requestedTokenType", "codeVerifier"} {
		c.in.text(name)
	}
	scopes := c.in.list("scope")
	if e := c.in.check("clientId", "grantType"); e != nil {
		return nil, e
	}
	id := c.in.text("clientId")
	if reg := s.clients[id]; !isApplication(id) && (reg == nil || !c.now.Before(reg.expires)) {
		return nil, invalidClient("Invalid client provided")
	}
	if len(scopes) == 0 {
		scopes = applicationScopes
	}
	if !allOf(scopes, s.isScope) {
		return nil, refuse("InvalidScopeException", "Invalid scope provided")
	}

	var ses *session
	var e *exception
	issued := typeAccessToken
	switch c.in.text("grantType") {
	case grantAuthorizationCode:
		ses, e = s.redeemCode(c, id)
	case grantRefreshToken:
		ses, e = s.redeemRefreshToken(c, id)
	case grantJWTBearer:
		ses, e = s.redeemAssertion(c, id, scopes)
	case grantTokenExchange:
		ses, e = s.exchange(c, id, scopes)
		if c.in.text("requestedTokenType") == typeRefreshToken {
			issued = typeRefreshToken
		}
	default:
		e = refuse("UnsupportedGrantTypeException", "Unsupported grant type provided")
	}
	if e != nil {
		return nil, e
	}
	a := s.issue(c, ses)
	delete(a, "aws_sso_app_session_id")
	delete(a, "originSessionId")
	a["issuedTokenType"] = issued
	a["scope"] = nil
	if len(ses.scopes) > 0 {
		a["scope"] = ses.scopes
	}
	a["awsAdditionalDetails"] = map[string]any{"identityContext": randomText(400)}
	if slices.Contains(ses.scopes, "openid") {
		a["idToken"] = s.idToken(c, id)
	}
	return a, nil
}

// isApplication reports whether a client ID is the ARN of an application in an
// identity center.
func isApplication(id string) bool {
	parts := strings.SplitN(id, ":", 6) // arn:partition:sso:region:account:resource
	return len(parts) == 6 && parts[0] == "arn" && strings.HasPrefix(parts[1], "aws") && parts[2] == "sso" &&
		strings.HasPrefix(parts[5], "application/")
}

func allOf(list []string, ok func(string) bool) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !ok(s) })
}

// newApplicationSession begins a session with the scopes of the request.
func (s *Service) newApplicationSession(c *call, clientID string, scopes []string) *session {
	return &session{clientID: clientID, scopes: scopes, refreshable: true, ends: c.now.Add(s.opts.SessionLifetime)}
}

// redeemAssertion accepts a JWT of a trusted issuer. Every issuer is trusted
// here: the JWT must have the right form and not have expired.
func (s *Service) redeemAssertion(c *call, clientID string, scopes []string) (*session, *exception) {
	if e := c.in.check("assertion"); e != nil {
		return nil, e
	}
	parts := strings.Split(c.in.text("assertion"), ".")
	if len(parts) != 3 {
		return nil, invalidGrant("The assertion is not a JWT")
	}
	header, claims := parsePart(parts[0]), parsePart(parts[1])
	var expires *float64
	claims.decode("exp", &expires)
	switch {
	case header.broken != "" || claims.broken != "":
		return nil, invalidGrant("The assertion is not a JWT")
	case expires != nil && *expires <= float64(c.now.Unix()):
		return nil, invalidGrant("The assertion has expired")
	}
	return s.newApplicationSession(c, clientID, scopes), nil
}

// parsePart reads the header or the claims of a JWT.
func parsePart(text string) *input {
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		data = nil // which is no object either
	}
	return parseInput(data)
}

// exchange accepts an access token of this service for one of the application
// (RFC 8693).
func (s *Service) exchange(c *call, clientID string, scopes []string) (*session, *exception) {
	if e := c.in.check("subjectToken", "subjectTokenType"); e != nil {
		return nil, e
	}
	if c.in.text("subjectTokenType") != typeAccessToken {
		return nil, invalidRequest("Invalid subject token type provided")
	}
	switch c.in.text("requestedTokenType") {
	case "", typeAccessToken, typeRefreshToken:
	default:
		return nil, invalidRequest("Invalid requested token type provided")
	}
	if t := s.accessTokens[c.in.text("subjectToken")]; t == nil || !t.valid(c.now) {
		return nil, invalidGrant("Invalid subject token provided")
	}
	return s.newApplicationSession(c, clientID, scopes), nil
}

// idToken returns a JWT in the form of an ID token. Its signature is random, so
// nobody can verify it.
func (s *Service) idToken(c *call, audience string) string {
	part := func(v map[string]any) string {
		data, err := json.Marshal(v)
		if err != nil {
			panic(err) // strings and numbers: can't happen
		}
		return base64.RawURLEncoding.EncodeToString(data)
	}
	header := part(map[string]any{"alg": "ES384", "typ": "JWT", "kid": "ssooidctest"})
	claims := part(map[string]any{
		"iss": c.base, "aud": audience, "sub": "test-user", "iat": c.now.Unix(), "exp": c.now.Add(time.Hour).Unix(),
	})
	return header + "." + claims + "." + randomText(128)
}
