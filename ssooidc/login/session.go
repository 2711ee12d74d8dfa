package login

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	"github.com/ssooidc/ssooidc-go/ssooidc/login/internal/keeper"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// Session is a person's session with an IAM Identity Center: signed in once,
// then kept alive. Make one with [New]. It is safe for concurrent use, and
// prints and logs without its secrets.
type Session struct {
	cfg    Config        // complete; never changed
	keeper keeper.Keeper // of the token's entry
	asking atomic.Bool   // whether a goroutine of this process is asking a person

	warned      atomic.Pointer[string] // the cause of the cache's trouble that has been told; nil: none
	warnedTwice atomic.Bool            // whether another cause has been told

	connect    sync.Once // guards what follows: see connected
	clients    clients
	connectErr error
}

// New makes a session. It sends and reads nothing: nobody needs to be signed in
// yet. Its error is a [*ConfigError].
func New(cfg Config) (*Session, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	cfg = cfg.withDefaults()
	s := &Session{cfg: cfg}
	s.keeper.Options = keeper.Options{
		Store:   cfg.Cache,
		Key:     tokencache.TokenKey(s.name()),
		Service: (*service)(s),
		Window:  cfg.RefreshWindow,
	}
	return s, nil
}

// standardPrompt is the default of Config.Prompt.
func standardPrompt(ctx context.Context, c Challenge) error {
	return Terminal(os.Stdin, os.Stderr)(ctx, c)
}

// silent is the default of Config.Logger.
var silent = slog.New(slog.DiscardHandler)

// isMade reports whether New made the session.
func (s *Session) isMade() bool { return s != nil && s.keeper.Store != nil }

var errNoSession = &ConfigError{Problem: "the session is nil or zero: make one with New"}

// name is what the session is called in texts, and what names its entry.
func (s *Session) name() string {
	if s.cfg.Name == "" {
		return s.cfg.StartURL
	}
	return s.cfg.Name
}

// Name is Config.Name.
func (s *Session) Name() string {
	if s == nil {
		return ""
	}
	return s.cfg.Name
}

// StartURL is Config.StartURL.
func (s *Session) StartURL() string {
	if s == nil {
		return ""
	}
	return s.cfg.StartURL
}

// Region is Config.Region.
func (s *Session) Region() string {
	if s == nil {
		return ""
	}
	return s.cfg.Region
}

// Format implements [fmt.Formatter]: every verb prints which session it is, and
// nothing secret.
func (s *Session) Format(f fmt.State, _ rune) {
	if s == nil {
		fmt.Fprint(f, "<nil>")
		return
	}
	fmt.Fprintf(f, "login.Session{Name:%q StartURL:%q Region:%q}", s.cfg.Name, s.cfg.StartURL, s.cfg.Region)
}

// LogValue implements [slog.LogValuer]. The group has name, start_url and
// region.
func (s *Session) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("name", s.Name()), slog.String("start_url", s.StartURL()), slog.String("region", s.Region()))
}

// warn tells of trouble with the cache. It warns of the first cause, and once
// more of another: a cache that fails mostly goes on failing, and the session
// works without.
func (s *Session) warn(ctx context.Context, doing string, err error) {
	cause := rootCause(err)
	isNew := s.warned.CompareAndSwap(nil, &cause)
	if *s.warned.Load() != cause {
		isNew = !s.warnedTwice.Swap(true)
	}
	level := slog.LevelDebug
	if isNew {
		level = slog.LevelWarn
	}
	s.cfg.Logger.Log(ctx, level, "login: the cache can't be used as it should be", "session", s.name(), "doing", doing, "error", err)
}

// rootCause is what lies behind an error in the end, such as "permission denied".
func rootCause(err error) string {
	for errors.Unwrap(err) != nil {
		err = errors.Unwrap(err)
	}
	return err.Error()
}
