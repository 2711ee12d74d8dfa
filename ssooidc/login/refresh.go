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

// patience is how long a refresh is waited for by who has a valid token, or would get one from the cache. The refresh goes on
// all the same.
const (
	patience  = 5 * time.Second
	lookAgain = 100 * time.Millisecond // after that, whether the flight has found a valid token
)

var errNoResult = errors.New("login: the refresh ended without a result")

// acquire gets a valid token other than the refused one: from memory, or by a refresh, its own or another caller's.
func (s *Session) acquire(ctx context.Context, refused string) (Token, error) {
	if !s.isMade() {
		return Token{}, errNoSession
	}
	until := time.Now().Add(patience)
	for {
		if h := s.memory.Load(); h != nil && h.valid(refused) && (now().Before(h.due) || ctx.Err() != nil) {
			return h.Token, nil
		}
		if ctx.Err() != nil {
			return Token{}, s.gaveUp(ctx)
		}
		f, isMine := s.join(refused)
		if isMine {
			s.takeOff(ctx, f)
		} else if h := s.memory.Load(); h != nil && h.valid(refused) {
			return h.Token, nil
		}
		if landed, have := s.await(ctx, f, refused, time.Until(until)); !landed {
			if have.AccessToken == "" {
				return Token{}, s.gaveUp(ctx)
			}
			return have, nil
		}
		// A flight for another refused token, or one whose token has expired meanwhile, is only a reason to look again.
		if f.refused == refused && (f.err != nil || f.issued || f.token.valid(refused)) {
			return f.token, f.err
		}
	}
}

// await waits until a flight has landed. Where there is a valid token in memory, which the flight may put there, that is good
// enough after so long, or when ctx ends; without one, only the end of ctx ends the waiting.
func (s *Session) await(ctx context.Context, f *flight, refused string, patient time.Duration) (landed bool, have Token) {
	select {
	case <-f.done:
		return true, Token{}
	default:
	}
	timer := time.NewTimer(patient)
	defer timer.Stop()
	for {
		select {
		case <-f.done:
			return true, Token{}
		case <-timer.C:
			timer.Reset(lookAgain)
		case <-ctx.Done():
		}
		if h := s.memory.Load(); h != nil && h.valid(refused) {
			return false, h.Token
		}
		if ctx.Err() != nil {
			return false, Token{}
		}
	}
}

// Wait waits until no refresh is under way. A refresh goes on when its callers have left, because their contexts have ended or
// since a token that is still valid came first, but not when the process ends, and the service may have taken the old refresh
// token already. So a program that uses the session only for a moment, or that a signal ends, calls Wait before it exits, with
// a context of a few seconds, or the session may be lost. Mostly there is nothing to wait for. Its error is the context's.
func (s *Session) Wait(ctx context.Context) error {
	if !s.isMade() {
		return nil
	}
	s.mu.Lock()
	f := s.flight
	s.mu.Unlock()
	if f == nil {
		return nil
	}
	select {
	case <-f.done:
		return nil
	case <-ctx.Done():
		return s.gaveUp(ctx)
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

// takeOff begins a flight, detached from all callers. Only a look into the cache, which mostly settles it, is the caller's where
// there is no valid token yet to leave with: a goroutine for it would take as long as the look.
func (s *Session) takeOff(ctx context.Context, f *flight) {
	r := &renewal{s: s, era: f.era, refused: f.refused}
	begin := func(ctx context.Context) (settled bool) {
		f.token, f.err = r.begin(ctx)
		return f.token.AccessToken != "" || f.err != nil
	}
	h := s.memory.Load()
	hasToken := h != nil && h.valid(f.refused)
	handedOver := false
	defer func() {
		if !handedOver { // also if the store panics
			s.land(f)
		}
	}()
	if !hasToken && begin(ctx) {
		return
	}
	handedOver = true
	go func() {
		defer s.land(f)
		ctx := context.WithoutCancel(ctx)
		if hasToken && begin(ctx) {
			return
		}
		f.token, f.err = r.run(ctx)
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
