package login

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// storeTimeout bounds the save of a token that the service has issued already, which no caller's context may stop.
const storeTimeout = 30 * time.Second

// entry is what the cache held for this session at some moment.
type entry struct {
	kind  entryKind
	data  []byte           // nil: there is none
	token tokencache.Token // of an entryOurs

	unread  bool     // what is there now could not be read
	unsaved *unsaved // where the token is from; nil: from the cache
}

type entryKind int

const (
	entryNone    entryKind = iota // there is none: nobody has signed in, or someone has signed out
	entryTorn                     // no token at all: another tool is writing it, or was stopped while it did
	entryForeign                  // of another start URL or region
	entryOurs
)

// loadSaved reads what really is in the cache.
func (s *Session) loadSaved(ctx context.Context) (entry, error) {
	data, err := s.cfg.Cache.Load(ctx, s.tokenKey)
	if errors.Is(err, fs.ErrNotExist) {
		return entry{}, nil
	}
	if err != nil {
		if ctx.Err() == nil {
			s.warn(ctx, "load the token", err)
		}
		return entry{unread: true}, err
	}
	e := entry{kind: entryTorn, data: data}
	if data == nil {
		e.data = []byte{} // there is one, though an empty one
	}
	if e.token.UnmarshalJSON(data) == nil {
		e.kind = entryOurs
		if !e.token.Matches(s.cfg.StartURL, s.cfg.Region) {
			e.kind, e.token = entryForeign, tokencache.Token{}
		}
	}
	return e, nil
}

// write saves a token.
func (s *Session) write(ctx context.Context, token tokencache.Token) error {
	data, err := json.Marshal(token)
	if err != nil {
		return err
	}
	return s.cfg.Cache.Save(ctx, s.tokenKey, data)
}

// Why a session can't go on without a person.
var (
	errNotSignedIn         = errors.New("nobody is signed in")
	errTorn                = errors.New("the entry in the cache is no token, or half of one")
	errForeign             = errors.New("the token in the cache is of another start URL or region, and will be replaced")
	errLegacy              = errors.New("the token is no longer good, and that of a legacy profile can't be refreshed")
	errNoRefreshToken      = errors.New("the token is no longer good, and the cache has nothing to refresh it with")
	errRegistrationExpired = errors.New("the token is no longer good, and the client registration that could refresh it has expired")
)

// unrefreshable is why an entry can't be refreshed now, nil if it can.
func (s *Session) unrefreshable(e entry) error { return s.unrefreshableAt(e, now()) }

func (s *Session) unrefreshableAt(e entry, at time.Time) error {
	t := e.token
	switch {
	case e.kind == entryNone:
		return errNotSignedIn
	case e.kind == entryTorn:
		return errTorn
	case e.kind == entryForeign:
		return errForeign
	case s.cfg.Legacy:
		return errLegacy
	case t.RefreshToken == "" || t.ClientID == "" || t.ClientSecret == "":
		return errNoRefreshToken
	case !t.RegistrationExpiresAt.IsZero() && !at.Before(t.RegistrationExpiresAt):
		return errRegistrationExpired
	}
	return nil
}

// public is what callers get of a cache entry's token.
func (s *Session) public(t tokencache.Token) Token {
	return Token{
		AccessToken: t.AccessToken,
		ExpiresAt:   t.ExpiresAt,
		Refreshable: s.unrefreshableAt(entry{kind: entryOurs, token: t}, t.ExpiresAt) == nil,
	}
}
