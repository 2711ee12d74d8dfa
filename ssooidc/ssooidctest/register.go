package ssooidctest

import (
	"crypto/subtle"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The grants that a client can register for.
const (
	grantDeviceCode        = "urn:ietf:params:oauth:grant-type:device_code" // RFC 8628 section 3.4
	grantAuthorizationCode = "authorization_code"                           // RFC 6749 section 4.1
	grantRefreshToken      = "refresh_token"                                // RFC 6749 section 6
)

// client is a registration (RFC 7591).
type client struct {
	id, secret, name string
	scopes           []string
	grants           []string
	redirectURIs     []string
	expires          time.Time
}

func isGrant(s string) bool {
	return s == grantDeviceCode || s == grantAuthorizationCode || s == grantRefreshToken
}

func (c *client) may(grant string) bool { return slices.Contains(c.grants, grant) }

func (s *Service) registerClient(c *call) (answer, *exception) {
	reg := &client{
		name:         c.in.text("clientName"),
		scopes:       c.in.list("scopes"),
		grants:       c.in.list("grantTypes"),
		redirectURIs: c.in.list("redirectUris"),
	}
	clientType, issuer := c.in.text("clientType"), c.in.text("issuerUrl")
	c.in.text("entitledApplicationArn")
	if e := c.in.check("clientName", "clientType"); e != nil {
		return nil, e
	}
	if clientType != "public" {
		return nil, refuse("InvalidClientMetadataException", "Invalid client type provided: only public is supported")
	}
	if len(reg.grants) == 0 {
		reg.grants = []string{grantDeviceCode, grantRefreshToken}
	}
	if e := checkGrants(reg); e != nil {
		return nil, e
	}
	for _, scope := range reg.scopes {
		if !s.isScope(scope) {
			return nil, refuse("InvalidScopeException", "Invalid scope provided")
		}
	}
	if issuer != "" && !s.isStartURL(issuer, c.base) {
		return nil, invalidRequest("Invalid issuer URL provided")
	}

	issued := c.now.Truncate(time.Second) // the client is told whole seconds
	reg.id = randomText(22)
	reg.secret = randomText(1200)
	reg.expires = issued.Add(s.opts.RegistrationLifetime)
	s.clients[reg.id] = reg
	return answer{
		"clientId":              reg.id,
		"clientSecret":          reg.secret,
		"clientIdIssuedAt":      issued.Unix(),
		"clientSecretExpiresAt": reg.expires.Unix(),
		"authorizationEndpoint": nil,
		"tokenEndpoint":         nil,
	}, nil
}

// checkGrants accepts the grants of one flow, with the redirect URIs that it
// needs.
func checkGrants(reg *client) *exception {
	for _, grant := range reg.grants {
		if !isGrant(grant) {
			return refuse("UnsupportedGrantTypeException", "Unsupported grant type provided")
		}
	}
	if reg.may(grantDeviceCode) && reg.may(grantAuthorizationCode) {
		return refuse("InvalidScopeException", "Invalid scope provided") // what the live service says of it
	}
	if reg.may(grantAuthorizationCode) && len(reg.redirectURIs) == 0 {
		return refuse("InvalidRedirectUriException", "A redirect URI is required for the authorization code grant")
	}
	for _, uri := range reg.redirectURIs {
		if _, ok := parseRedirect(uri); !ok {
			return refuse("InvalidRedirectUriException", "Invalid redirect URI provided: it must be http://127.0.0.1 with a path")
		}
	}
	return nil
}

// parseRedirect parses a redirect URI: 127.0.0.1 on any port (RFC 8252 section
// 7.3), with a path. The service accepts no other name of the loopback, not
// even [::1].
func parseRedirect(text string) (*url.URL, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" || u.User != nil || u.Path == "" {
		return nil, false
	}
	if port, ok := strings.CutPrefix(u.Host, "127.0.0.1:"); ok {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return nil, false
		}
	} else if u.Host != "127.0.0.1" {
		return nil, false
	}
	return u, u.RawQuery == "" && !u.ForceQuery && !strings.Contains(text, "#")
}

// knownScopes are those that AWS documents. One that ends in ":" is a prefix.
var knownScopes = []string{
	accountScope, oldAccountScope, "openid", "aws", "sts:identity_context",
	"codewhisperer:", "emr:", "glue:", "lakeformation:", "qapps:", "qbusiness:", "quicksight:", "redshift:",
	"s3:", "sagemaker:", "transform:", "verified_access:",
}

func (s *Service) isScope(scope string) bool {
	if slices.Contains(s.opts.Scopes, scope) {
		return true
	}
	return slices.ContainsFunc(knownScopes, func(known string) bool {
		return scope == known && !strings.HasSuffix(known, ":") ||
			strings.HasSuffix(known, ":") && len(scope) > len(known) && strings.HasPrefix(scope, known) && isScopeToken(scope)
	})
}

// isScopeToken reports whether s can be sent as a scope (RFC 6749 section 3.3).
func isScopeToken(s string) bool {
	for _, c := range []byte(s) {
		if c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return s != ""
}

// authenticate returns the client that a request names, if its secret is right.
func (s *Service) authenticate(c *call) (*client, *exception) {
	reg := s.clients[c.in.text("clientId")]
	switch {
	case reg == nil:
		return nil, invalidClient("Invalid client provided")
	case subtle.ConstantTimeCompare([]byte(reg.secret), []byte(c.in.text("clientSecret"))) == 0:
		return nil, invalidClient("Invalid client secret provided")
	case !c.now.Before(reg.expires):
		return nil, invalidClient("Client registration has expired")
	}
	return reg, nil
}
