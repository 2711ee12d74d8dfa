package login

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/aws/smithy-go/auth/bearer"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// Token is an access token. It prints and logs without its secret, but encoding/json writes it in clear.
type Token struct {
	AccessToken string    `secret:"true"`
	ExpiresAt   time.Time // UTC, by the wall clock: it has no monotonic part
	Refreshable bool      // whether the session goes on after ExpiresAt without asking a person
}

// Format implements [fmt.Formatter]: every verb prints the access token as [redacted].
func (t Token) Format(f fmt.State, verb rune) { secret.Format(f, verb, t) }

// LogValue implements [slog.LogValuer]: the access token is logged as [redacted].
func (t Token) LogValue() slog.Value { return secret.LogValue(t) }

// valid reports whether the token has not expired and is not the one that was refused.
func (t Token) valid(refused string) bool {
	return t.AccessToken != "" && t.AccessToken != refused && now().Before(t.ExpiresAt)
}

// held is the token in memory.
type held struct {
	Token
	due       time.Time // when to look for another; at ExpiresAt at the latest
	dueSecond int64     // the second of it, since 1970: seconds are compared quickest
}

func holdUntil(due time.Time, t Token) *held { return &held{t, due, due.Unix()} }

// Token returns a valid access token, and never asks a person. It is the one in memory, the one in the cache, or a new one:
// an expired token is refreshed, and one that expires within Config.RefreshWindow too, unless another process is at it
// already. Concurrent callers share one refresh, which goes on when they leave.
//
// A token that is still valid is returned whatever happens, after five seconds at most, or as soon as a cache that takes longer to
// read has shown it. Otherwise Token fails with a [*RequiredError] when a person must sign in, a [*LockError] when another process
// held the token's lock for 30 seconds, the context's error, or why the service could not be asked: then try again later.
//
// With a valid token in memory it looks at nothing else, not even at the context, and allocates nothing.
func (s *Session) Token(ctx context.Context) (Token, error) {
	if s != nil {
		if h := s.memory.Load(); h != nil && time.Now().Unix() < h.dueSecond {
			return h.Token, nil
		}
	}
	return s.acquire(ctx, "")
}

// Refresh returns an access token other than the refused one: for a token that was refused before it expired, say with
// status 401. It never asks a person. Where another goroutine or process has got a new token already, it is that one.
// Errors are those of [Session.Token]; a valid token is returned whatever happens, but never the refused one. With
// refused "", it is Token.
func (s *Session) Refresh(ctx context.Context, refused string) (Token, error) {
	return s.acquire(ctx, refused)
}

// RetrieveBearerToken is Token for the AWS SDK: it makes a session a [bearer.TokenProvider].
func (s *Session) RetrieveBearerToken(ctx context.Context) (bearer.Token, error) {
	t, err := s.Token(ctx)
	if err != nil {
		return bearer.Token{}, err
	}
	return bearer.Token{Value: t.AccessToken, CanExpire: true, Expires: t.ExpiresAt}, nil
}

var _ bearer.TokenProvider = (*Session)(nil)

// newHeld says when a token is due. One that was just issued is not before half its life is over, or a short-lived one
// would be refreshed at each call.
func (s *Session) newHeld(t Token, justIssued bool) *held {
	if !t.Refreshable {
		return holdUntil(t.ExpiresAt, t)
	}
	due := t.ExpiresAt.Add(-max(s.cfg.RefreshWindow, 0))
	if left := t.ExpiresAt.Sub(now()); justIssued && left/2 < s.cfg.RefreshWindow {
		due = t.ExpiresAt.Add(-left / 2)
	}
	return holdUntil(due, t)
}

// hold puts a token in memory, unless someone has signed in or out since era.
func (s *Session) hold(era int, h *held) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.era == era {
		s.memory.Store(h)
	}
}

// newEra begins with a sign-in or, where h is nil, a sign-out: what is under way from before it must not overwrite it. u is what the
// cache did not take of it.
func (s *Session) newEra(h *held, u *unsaved) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.era++
	s.unsaved = u
	s.flight = nil // who comes from now on must not get what is refreshed of the session before
	s.memory.Store(h)
}
