package login

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// Session is a person's session with an IAM Identity Center: signed in once, then kept fresh. Make one with [New]. It is
// safe for concurrent use, and prints and logs without its secrets.
type Session struct {
	cfg     Config                  // complete; never changed
	name    string                  // Config.Name, or the start URL
	clients func() (clients, error) // always the same

	tokenKey string

	memory atomic.Pointer[held] // the token that Token returns without a look at anything else; nil: none

	mu      sync.Mutex // guards what follows, and all writing to memory
	era     int        // counts sign-ins and sign-outs: what began before one must not overwrite what it left
	flight  *flight    // the refresh that is under way; nil: none
	unsaved *unsaved   // what could not be saved; nil: nothing

	fallback tokencache.Memory // its locks only

	warned     atomic.Pointer[string] // the cause of the cache's trouble that has been told; nil: none
	warnedLost atomic.Bool            // whether it has been told that a token is lost
}

// New makes a session. It sends and reads nothing: nobody needs to be signed in yet. Its error is a [*ConfigError].
func New(cfg Config) (*Session, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	name := cfg.Name
	if name == "" {
		name = cfg.StartURL
	}
	if cfg.Prompt == nil {
		cfg.Prompt = Terminal(os.Stdin, os.Stderr)
	}
	return &Session{
		cfg:      cfg,
		name:     name,
		clients:  sync.OnceValues(cfg.clients),
		tokenKey: tokencache.TokenKey(name),
	}, nil
}

// isMade reports whether New made the session.
func (s *Session) isMade() bool { return s != nil && s.cfg.Cache != nil }

var errNoSession = &ConfigError{Problem: "the session is nil or zero: make one with New"}

// Region is Config.Region.
func (s *Session) Region() string {
	if s == nil {
		return ""
	}
	return s.cfg.Region
}

// Format implements [fmt.Formatter]: every verb prints which session it is, and nothing secret.
func (s *Session) Format(f fmt.State, _ rune) {
	if s == nil {
		fmt.Fprint(f, "<nil>")
		return
	}
	fmt.Fprintf(f, "login.Session{Name:%q StartURL:%q Region:%q}", s.cfg.Name, s.cfg.StartURL, s.cfg.Region)
}

// LogValue implements [slog.LogValuer]: it is what Format prints.
func (s *Session) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(s)) }

// warn tells of trouble with the cache, once at a level that people see: a cache that fails once mostly goes on failing,
// and the session works without.
func (s *Session) warn(ctx context.Context, doing string, err error) {
	cause := cause(err)
	s.tell(ctx, s.warned.CompareAndSwap(nil, &cause), doing, err)
}

// warnLost is warn for a token that is lost when this process ends. Trouble of another cause, told before, does not say so.
func (s *Session) warnLost(ctx context.Context, err error) {
	cause := cause(err)
	first := s.warned.CompareAndSwap(nil, &cause)
	told := *s.warned.Load() == cause
	s.tell(ctx, first || !told && !s.warnedLost.Swap(true), "save the token, which is lost when this process ends", err)
}

func (s *Session) tell(ctx context.Context, isNew bool, doing string, err error) {
	level := slog.LevelDebug
	if isNew {
		level = slog.LevelWarn
	}
	s.cfg.Logger.Log(ctx, level, "login: the cache can't be used as it should be; going on without", "session", s.name, "doing", doing, "error", err)
}

// cause is what lies behind an error in the end, such as "permission denied".
func cause(err error) string {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err.Error()
}
