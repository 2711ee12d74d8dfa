package ssooidctest

import (
	"errors"
	"time"
)

// session is a sign-in. All its tokens share it.
type session struct {
	clientID    string
	scopes      []string
	refreshable bool
	ends        time.Time // no refresh after it
	revoked     bool
}

// newSession begins a session of a registered client. A client without scopes,
// as legacy profiles have it, can't refresh.
func (s *Service) newSession(reg *client, scopes []string, now time.Time) *session {
	return &session{
		clientID:    reg.id,
		scopes:      scopes,
		refreshable: len(scopes) > 0 && reg.may(grantRefreshToken),
		ends:        now.Add(s.opts.SessionLifetime),
	}
}

// token is an access token or a refresh token.
type token struct {
	session *session
	expires time.Time
}

func (t *token) valid(now time.Time) bool {
	return !t.session.revoked && now.Before(t.expires)
}

var (
	errUnknown    = errors.New("ssooidctest: the service has issued no such thing, or it is used up")
	errRevokeCode = errors.New("ssooidctest: a code can't be revoked: let it expire with Expire, or deny it with Deny")
)

// Expire makes something that the service has issued expire now: a registration
// (by its client ID), a user or device code, an authorization code, an access
// token or a refresh token. It returns an error if the service knows no such
// thing.
func (s *Service) Expire(issued string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if d := s.userCodes[normalUserCode(issued)]; d != nil {
		d.expires = now
		return nil
	}
	if d := s.devices[issued]; d != nil {
		d.expires = now
		return nil
	}
	if c := s.clients[issued]; c != nil {
		c.expires = now
		return nil
	}
	if c := s.codes[issued]; c != nil {
		c.expires = now
		return nil
	}
	for _, tokens := range []map[string]*token{s.accessTokens, s.refreshTokens} {
		if t := tokens[issued]; t != nil {
			t.expires = now
			return nil
		}
	}
	return errUnknown
}

// Revoke takes back something that the service has issued. For an access or
// refresh token it ends the session, as a person or an administrator can: all
// tokens of the session are refused from now on. A registration, by its client
// ID, is forgotten.
//
// Revoke returns an error if the service knows no such thing. It also does for
// a code, which nobody can take back: use [Service.Expire] or [Service.Deny].
func (s *Service) Revoke(issued string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.clients[issued] != nil {
		delete(s.clients, issued)
		return nil
	}
	for _, tokens := range []map[string]*token{s.accessTokens, s.refreshTokens} {
		if t := tokens[issued]; t != nil {
			t.session.revoked = true
			return nil
		}
	}
	if s.userCodes[normalUserCode(issued)] != nil || s.devices[issued] != nil || s.codes[issued] != nil {
		return errRevokeCode
	}
	return errUnknown
}

// EndSessions ends every session, as an administrator can. Refresh tokens then
// get an InvalidGrantException. The portal answers access tokens with an
// UnauthorizedException, for Logout too. Registrations and sign-ins under way
// go on, and a person can sign in again. [Service.Revoke] ends one session.
func (s *Service) EndSessions() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, tokens := range []map[string]*token{s.accessTokens, s.refreshTokens} {
		for _, t := range tokens {
			t.session.revoked = true
		}
	}
}
