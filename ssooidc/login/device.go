package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

const (
	defaultDeviceCodeLife = 600 * time.Second // the live service's
	slowDown              = 5 * time.Second   // what slow_down adds to the interval (RFC 8628 section 3.5)
	maxBackoff            = time.Minute
	pollTimeout           = 30 * time.Second // for one poll, whatever the HTTP client allows
)

// signInByDevice signs a person in with a device code.
func (s *signing) signInByDevice(ctx context.Context, why string, canBrowse bool) (Token, error) {
	clients, err := s.connected()
	if err != nil {
		return Token{}, err
	}
	// No grant types: then the service registers for the device code, and for refreshing.
	request := &ssooidc.RegisterClientRequest{
		ClientName: s.cfg.ClientName,
		ClientType: ssooidc.ClientTypePublic,
		Scopes:     s.scopes(),
	}
	return s.asClient(ctx, clients.device, request, func(reg tokencache.Registration) (Token, error) {
		return s.deviceFlow(ctx, clients.device, reg, why, canBrowse)
	})
}

// deviceFlow is RFC 8628: authorise, ask silently, since the client may be authorised already, then prompt and poll.
func (s *signing) deviceFlow(ctx context.Context, client API, reg tokencache.Registration, why string, canBrowse bool) (Token, error) {
	started, err := client.StartDeviceAuthorization(ctx, &ssooidc.StartDeviceAuthorizationRequest{
		ClientID:     reg.ClientID,
		ClientSecret: reg.ClientSecret,
		StartURL:     s.cfg.StartURL,
	})
	if err != nil {
		return Token{}, s.misdirected(err)
	}
	if started == nil || started.DeviceCode == "" || started.UserCode == "" ||
		started.VerificationURI == "" && started.VerificationURIComplete == "" {
		return Token{}, emptyAnswer("StartDeviceAuthorization")
	}
	p := &poller{
		interval: started.PollInterval(),
		deadline: now().Add(cmp.Or(started.Lifetime(), defaultDeviceCodeLife)),
		ask: func(ctx context.Context) (tokencache.Token, error) {
			return s.exchange(ctx, client, reg, &ssooidc.CreateTokenRequest{
				GrantType:  ssooidc.GrantTypeDeviceCode,
				DeviceCode: started.DeviceCode,
			})
		},
	}
	switch token, done, err := p.try(ctx); {
	case err != nil:
		return Token{}, err
	case done:
		return s.keep(ctx, token)
	}
	challenge := Challenge{
		Flow:      FlowDeviceCode,
		Why:       s.why(why),
		URL:       cmp.Or(started.VerificationURIComplete, started.VerificationURI),
		CodeURL:   cmp.Or(started.VerificationURI, started.VerificationURIComplete),
		UserCode:  started.UserCode,
		ExpiresAt: p.deadline,
	}
	return s.prompt(ctx, challenge, func(ctx context.Context) (tokencache.Token, error) {
		if canBrowse {
			s.browse(ctx, challenge.URL, func(error) {}) // the prompt shows the address all the same
		}
		return p.poll(ctx)
	})
}

// poller asks for the token of a device code until there is one.
type poller struct {
	ask      func(context.Context) (tokencache.Token, error)
	interval time.Duration // grows with each slow_down
	deadline time.Time
	failures int   // polls in a row that came to nothing
	failure  error // the last of them
}

// poll waits before each try, until the code's lifetime is over.
func (p *poller) poll(ctx context.Context) (tokencache.Token, error) {
	for {
		if err := sleep(ctx, min(p.wait(), p.deadline.Sub(now()))); err != nil {
			return tokencache.Token{}, err
		}
		if !now().Before(p.deadline) {
			return tokencache.Token{}, p.expired()
		}
		if token, done, err := p.try(ctx); done || err != nil {
			return token, err
		}
	}
}

// wait is how long to wait before the next try: the interval, doubled for each failure (RFC 8628 section 3.5), up to a
// minute.
func (p *poller) wait() time.Duration {
	wait := p.interval
	for range p.failures {
		if wait >= maxBackoff {
			return max(p.interval, maxBackoff)
		}
		wait *= 2
	}
	return max(p.interval, min(wait, maxBackoff))
}

// try asks once. Without a token and without an error, the flow goes on.
func (p *poller) try(ctx context.Context) (token tokencache.Token, done bool, err error) {
	tryCtx, cancel := context.WithTimeout(ctx, min(pollTimeout, p.deadline.Sub(now())))
	defer cancel()
	token, err = p.ask(tryCtx)
	switch {
	case err == nil:
		return token, true, nil
	case ctx.Err() != nil:
		return tokencache.Token{}, false, contextError(ctx)
	case errors.As(err, new(*ssooidc.AuthorizationPendingException)):
		p.failures = 0
	case errors.As(err, new(*ssooidc.SlowDownException)):
		p.failures = 0
		p.interval += slowDown
	case isTransient(err):
		p.failures++
		p.failure = err
	default:
		return tokencache.Token{}, false, withSentinel(err)
	}
	return tokencache.Token{}, false, nil
}

// expired does not wrap the last failure: a time-out of it would look like the caller's.
func (p *poller) expired() error {
	if p.failures == 0 {
		return ErrExpired
	}
	return fmt.Errorf("%w (the last attempts failed: %v)", ErrExpired, p.failure)
}

// isTransient reports whether a request came to nothing for a reason that may pass: no answer in time, none at all, or one
// that says so.
func isTransient(err error) bool {
	var timeout interface{ Timeout() bool }
	var status interface{ HTTPStatusCode() int }
	var exception *ssooidc.ServiceError
	switch {
	case errors.As(err, new(*ssooidc.TransportError)),
		errors.As(err, &exception) && isThrottling(exception.Code),
		errors.As(err, new(*ssooidc.InternalServerException)),
		errors.As(err, &timeout) && timeout.Timeout():
		return true
	case errors.As(err, &status):
		code := status.HTTPStatusCode()
		return code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout
	}
	return false
}

// isThrottling reports whether an exception of AWS's in general says that there are too many requests just now.
func isThrottling(code string) bool {
	return strings.Contains(code, "Throttl") || code == "TooManyRequestsException" || code == "RequestLimitExceeded"
}

// withSentinel adds ErrDenied or ErrExpired to the exception that says so, and what to do about a code that is not good.
func withSentinel(err error) error {
	switch {
	case errors.As(err, new(*ssooidc.AccessDeniedException)):
		return fmt.Errorf("%w (%w)", ErrDenied, err)
	case errors.As(err, new(*ssooidc.ExpiredTokenException)):
		return fmt.Errorf("%w (%w)", ErrExpired, err)
	case errors.As(err, new(*ssooidc.InvalidGrantException)):
		return fmt.Errorf("%w; sign in again, and if that does not help, check the start URL and the region", err)
	}
	return err
}
