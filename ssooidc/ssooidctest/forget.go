package ssooidctest

import (
	"maps"
	"time"
)

// A service may run for months. It forgets what has expired, but only a day
// later: the answer for what has expired may differ from the one for what never
// was.
const (
	remembered  = 24 * time.Hour // after it expired
	forgetEvery = time.Hour
)

// forget removes what expired long ago. s.mu is held.
func (s *Service) forget(now time.Time) {
	if now.Before(s.forgetNext) {
		return
	}
	s.forgetNext = now.Add(forgetEvery)
	long := func(expires time.Time) bool { return now.Sub(expires) > remembered }
	maps.DeleteFunc(s.clients, func(_ string, c *client) bool { return long(c.expires) })
	maps.DeleteFunc(s.devices, func(_ string, d *device) bool { return long(d.expires) })
	maps.DeleteFunc(s.userCodes, func(_ string, d *device) bool { return long(d.expires) })
	maps.DeleteFunc(s.codes, func(_ string, c *code) bool { return long(c.expires) })
	for _, tokens := range []map[string]*token{s.accessTokens, s.refreshTokens} {
		maps.DeleteFunc(tokens, func(_ string, t *token) bool { return long(t.expires) })
	}
}
