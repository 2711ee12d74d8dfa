package ssooidctest

import "time"

// rateLimit lets a number of requests a second through, and as many at once
// after a quiet second. The zero value lets everything through.
type rateLimit struct {
	perSecond int
	spent     time.Time // when all that was let through will be paid for
}

// allow reports whether a request may pass, and counts it if so.
func (l *rateLimit) allow(now time.Time) bool {
	if l.perSecond == 0 {
		return true
	}
	if l.spent.Before(now) {
		l.spent = now
	}
	spent := l.spent.Add(time.Second / time.Duration(l.perSecond))
	if spent.Sub(now) > time.Second {
		return false
	}
	l.spent = spent
	return true
}
