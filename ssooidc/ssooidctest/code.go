package ssooidctest

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"time"
)

// code is an authorization code (RFC 6749 section 4.1.2) with its PKCE
// challenge (RFC 7636).
type code struct {
	client      *client
	scopes      []string
	redirectURI string // as it was in the authorization request, with the port
	challenge   string
	expires     time.Time
}

// newCode issues the code that an authorization request asks for.
func (s *Service) newCode(a *authorization) string {
	text := randomText(64)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes[text] = &code{
		client:      a.client,
		scopes:      a.scopes,
		redirectURI: a.in.Get("redirect_uri"),
		challenge:   a.in.Get("code_challenge"),
		expires:     time.Now().Add(s.opts.CodeLifetime),
	}
	return text
}

// redeemCode exchanges an authorization code for a session. A code works once.
func (s *Service) redeemCode(c *call, clientID string) (*session, *exception) {
	if e := c.in.check("code", "redirectUri", "codeVerifier"); e != nil {
		return nil, e
	}
	text := c.in.text("code")
	issued := s.codes[text]
	switch {
	case issued == nil || issued.client.id != clientID:
		return nil, invalidGrant("Invalid authorization code provided")
	case !c.now.Before(issued.expires):
		return nil, invalidGrant("Authorization code has expired")
	case issued.redirectURI != c.in.text("redirectUri"):
		return nil, invalidGrant("The redirect URI is not that of the authorization request")
	case !verifies(c.in.text("codeVerifier"), issued.challenge):
		return nil, invalidGrant("The code verifier does not match the code challenge")
	}
	delete(s.codes, text)
	return s.newSession(issued.client, issued.scopes, c.now), nil
}

// verifies reports whether challenge is the S256 challenge of verifier (RFC
// 7636 section 4.6).
func verifies(verifier, challenge string) bool {
	sum := sha256.Sum256([]byte(verifier))
	want := base64.RawURLEncoding.EncodeToString(sum[:])
	return subtle.ConstantTimeCompare([]byte(want), []byte(challenge)) == 1
}

// isChallenge reports whether text can be an S256 challenge: 32 bytes in
// base64url without padding.
func isChallenge(text string) bool {
	sum, err := base64.RawURLEncoding.DecodeString(text)
	return err == nil && len(sum) == sha256.Size && len(text) == 43
}
