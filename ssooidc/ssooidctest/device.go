package ssooidctest

import (
	"crypto/rand"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"
)

// device is a device code, its user code and their state (RFC 8628).
type device struct {
	number         int // in the order of issue
	code, userCode string
	client         *client
	issued         time.Time
	expires        time.Time

	decision decision
	redeemed bool

	lastPoll time.Time     // zero before the first
	interval time.Duration // grows with each slow_down
}

type decision int

const (
	undecided decision = iota
	approved
	denied
)

func (s *Service) startDeviceAuthorization(c *call) (answer, *exception) {
	if e := c.in.check("clientId", "clientSecret", "startUrl"); e != nil {
		return nil, e
	}
	reg, e := s.authenticate(c)
	if e != nil {
		return nil, e
	}
	if !reg.may(grantDeviceCode) {
		return nil, refuse("UnauthorizedClientException", "The client is not registered for the device code grant")
	}
	if !s.isStartURL(c.in.text("startUrl"), c.base) {
		return nil, invalidRequest("Invalid start URL provided")
	}

	d := &device{
		number:   s.started,
		code:     randomText(64),
		userCode: s.newUserCode(),
		client:   reg,
		issued:   c.now,
		expires:  c.now.Add(s.opts.DeviceCodeLifetime),
		interval: s.opts.Interval,
	}
	s.started++
	s.devices[d.code] = d
	s.userCodes[d.userCode] = d
	page := c.base + "/device"
	return answer{
		"deviceCode":              d.code,
		"userCode":                d.userCode,
		"verificationUri":         page,
		"verificationUriComplete": page + "?user_code=" + url.QueryEscape(d.userCode),
		"expiresIn":               int64(s.opts.DeviceCodeLifetime / time.Second),
		"interval":                int64(s.opts.Interval / time.Second),
	}, nil
}

// earlyPoll is how much too early a poll may come, because timers and networks
// are not exact.
const earlyPoll = 50 * time.Millisecond

// slowDown is what a slow_down adds to the interval (RFC 8628 section 3.5).
const slowDown = 5 * time.Second

// redeemDevice exchanges a device code for a session.
func (s *Service) redeemDevice(c *call, reg *client) (*session, *exception) {
	if e := c.in.check("deviceCode"); e != nil {
		return nil, e
	}
	d := s.devices[c.in.text("deviceCode")]
	switch {
	case d == nil || d.client != reg || d.redeemed:
		return nil, invalidGrant("Invalid device code provided")
	case !c.now.Before(d.expires):
		return nil, refuse("ExpiredTokenException", "Device code has expired")
	}
	switch s.decisionOn(d, c.now) {
	case approved:
		d.redeemed = true
		return s.newSession(reg, reg.scopes, c.now), nil
	case denied:
		return nil, refuse("AccessDeniedException", "The person denied the request")
	}
	tooFast := !d.lastPoll.IsZero() && c.now.Sub(d.lastPoll) < d.interval-earlyPoll
	d.lastPoll = c.now
	if tooFast {
		d.interval += slowDown
		return nil, refuse("SlowDownException", "Polled before the interval was over")
	}
	return nil, refuse("AuthorizationPendingException", "The person has not answered yet")
}

// decisionOn returns what the person has decided by now. If nobody has,
// Options.Consent decides.
func (s *Service) decisionOn(d *device, now time.Time) decision {
	if d.decision == undecided && now.Sub(d.issued) >= s.opts.ConsentDelay {
		switch s.opts.Consent {
		case ConsentApprove:
			return approved
		case ConsentDeny:
			return denied
		}
	}
	return d.decision
}

// Approve lets the person allow the sign-in with a user code. Case, spaces and
// dashes of the code make no difference. Approve returns an error if the
// service has not issued the code, or if the code has expired or been answered
// already.
func (s *Service) Approve(userCode string) error { return s.decide(userCode, approved) }

// Deny lets the person refuse the sign-in with a user code. It returns an error
// if [Service.Approve] would.
func (s *Service) Deny(userCode string) error { return s.decide(userCode, denied) }

func (s *Service) decide(userCode string, to decision) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, err := s.waiting(userCode)
	if err != nil {
		return err
	}
	d.decision = to
	return nil
}

var (
	errNoUserCode      = errors.New("ssooidctest: the service has issued no such user code")
	errUserCodeExpired = errors.New("ssooidctest: the user code has expired")
	errUserCodeUsed    = errors.New("ssooidctest: the user code has been answered already")
)

// waiting returns the device code that waits for the person to answer. s.mu is
// held.
func (s *Service) waiting(userCode string) (*device, error) {
	now := time.Now()
	d := s.userCodes[normalUserCode(userCode)]
	switch {
	case d == nil:
		return nil, errNoUserCode
	case d.redeemed || s.decisionOn(d, now) != undecided:
		return nil, errUserCodeUsed
	case !now.Before(d.expires):
		return nil, errUserCodeExpired
	}
	return d, nil
}

// UserCodes returns the user codes that wait for a person to answer, the oldest
// first.
func (s *Service) UserCodes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ds []*device
	for code, d := range s.userCodes {
		if _, err := s.waiting(code); err == nil {
			ds = append(ds, d)
		}
	}
	slices.SortFunc(ds, func(a, b *device) int { return a.number - b.number })
	codes := make([]string, len(ds))
	for i, d := range ds {
		codes[i] = d.userCode
	}
	return codes
}

// userCodeLetters are easy to tell apart and spell no words (RFC 8628 section
// 6.1).
const userCodeLetters = "BCDFGHJKLMNPQRSTVWXZ"

func (s *Service) newUserCode() string {
	for {
		letters := make([]byte, 8)
		rand.Read(letters)
		for i, b := range letters {
			letters[i] = userCodeLetters[int(b)%len(userCodeLetters)]
		}
		code := string(letters[:4]) + "-" + string(letters[4:])
		if s.userCodes[code] == nil {
			return code
		}
	}
}

// normalUserCode turns what a person typed into the form of newUserCode.
func normalUserCode(typed string) string {
	letters := strings.Map(func(c rune) rune {
		if c == '-' || c == ' ' {
			return -1
		}
		return c
	}, strings.ToUpper(typed))
	if len(letters) != 8 {
		return ""
	}
	return letters[:4] + "-" + letters[4:]
}
