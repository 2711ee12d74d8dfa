package login

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// flight is a refresh that is under way, which all callers share.
type flight struct {
	refused string
	era     int
	done    chan struct{} // closed when the rest is there
	token   Token
	issued  bool // by the service to this flight, which makes it good for those who wait even if it has no lifetime
	err     error
}

// patience is how long a refresh is waited for by who has a valid token. It goes on all the same.
const patience = 5 * time.Second

var errNoResult = errors.New("login: the refresh ended without a result")

// acquire gets a valid token other than the refused one: from memory, or by a refresh, its own or another caller's.
func (s *Session) acquire(ctx context.Context, refused string) (Token, error) {
	for {
		var have Token // still valid: returned whatever happens
		if h := s.memory.Load(); h != nil && h.valid(refused) {
			have = h.Token
			if now().Before(h.due) || ctx.Err() != nil {
				return have, nil
			}
		}
		if ctx.Err() != nil {
			return Token{}, s.gaveUp(ctx)
		}
		f, isMine := s.join(refused)
		switch {
		case isMine:
			s.takeOff(ctx, f)
		case have.valid(refused):
			return have, nil
		}
		waitCtx, cancel := ctx, context.CancelFunc(func() {})
		if have.valid(refused) { // which is good enough if the service is slow
			waitCtx, cancel = context.WithTimeout(ctx, patience)
		}
		select {
		case <-f.done:
			cancel()
		case <-waitCtx.Done():
			cancel()
			if have.valid(refused) {
				return have, nil
			}
			return Token{}, s.gaveUp(ctx)
		}
		// A flight for another refused token, or one whose token has expired meanwhile, is only a reason to look again.
		if f.refused == refused && (f.err != nil || f.issued || f.token.valid(refused)) {
			return f.token, f.err
		}
	}
}

func (s *Session) gaveUp(ctx context.Context) error {
	return fmt.Errorf("login: no longer waiting for the token of %s: %w", secret.Printable(s.name, 200), contextError(ctx))
}

// join returns the flight that is under way, or a new one, which is then the caller's to begin.
func (s *Session) join(refused string) (f *flight, isMine bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight == nil {
		s.flight = &flight{refused: refused, era: s.era, done: make(chan struct{}), err: errNoResult}
		isMine = true
	}
	return s.flight, isMine
}

// takeOff begins a flight. A look into the cache, which mostly settles it, is the caller's; what may take longer is detached
// from all callers.
func (s *Session) takeOff(ctx context.Context, f *flight) {
	r := &renewal{s: s, era: f.era, refused: f.refused}
	handedOver := false
	defer func() {
		if !handedOver { // also if the store panics
			s.land(f)
		}
	}()
	token, err := r.begin(ctx)
	if token.AccessToken != "" || err != nil && ctx.Err() == nil {
		f.token, f.err = token, err
		return
	}
	handedOver = true
	go func() {
		defer s.land(f)
		f.token, f.err = r.run(context.WithoutCancel(ctx))
		f.issued = r.issued
	}()
}

// land ends a flight.
func (s *Session) land(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.flight == f { // no sign-in or sign-out has come in between
		s.flight = nil
	}
	close(f.done)
}
