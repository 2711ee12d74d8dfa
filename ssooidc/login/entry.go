package login

import (
	"bytes"
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

	unread  bool     // it could not be read: nothing of this is known
	unsaved *unsaved // where the token is from; nil: from the cache
}

// mayBeSaved reports whether the entry's token should be in the cache, and is not.
func (e entry) mayBeSaved() bool { return e.unsaved != nil && !e.unsaved.blind && !e.unsaved.waits }

type entryKind int

const (
	entryNone    entryKind = iota // there is none: nobody has signed in, or someone has signed out
	entryTorn                     // no token at all: another tool is writing it, or was stopped while it did
	entryForeign                  // of another start URL or region
	entryOurs
)

// unsaved is a token that the cache would not take. It counts as the cache's as long as the cache holds what it held then,
// or, if it could not be read then either, what it holds when it first can.
type unsaved struct {
	token    tokencache.Token
	replaces []byte
	blind    bool // what it replaces is not known yet
	waits    bool // what it would replace is torn, and may be another tool's sign-in: it is not saved over that
}

// load reads the session's entry. Its error is of a cache that can't be read.
func (s *Session) load(ctx context.Context) (entry, error) {
	e, err := s.loadSaved(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch u := s.unsaved; {
	case u == nil:
	case err == nil && u.blind:
		u.replaces, u.blind = e.data, false
		fallthrough
	case err != nil || bytes.Equal(e.data, u.replaces) && (e.data == nil) == (u.replaces == nil):
		return entry{kind: entryOurs, data: u.replaces, token: u.token, unread: u.blind, unsaved: u}, nil
	default:
		s.unsaved = nil // another has saved or deleted it since
	}
	return e, err
}

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

// trySave writes a token into the cache.
func (s *Session) trySave(ctx context.Context, token tokencache.Token) error {
	data, err := json.Marshal(token)
	if err == nil {
		err = s.cfg.Cache.Save(ctx, s.tokenKey, data)
	}
	if err == nil {
		s.keepUnsaved(nil)
	}
	return err
}

// lost keeps a token in this session that the cache would not take in place of what is there. It is saved later, if that may
// be, by whoever needs a token then.
func (s *Session) lost(ctx context.Context, why error, token tokencache.Token, over entry) {
	s.warnLost(ctx, why)
	waits := over.kind == entryTorn || over.unsaved != nil && over.unsaved.waits
	s.keepUnsaved(&unsaved{token: token, replaces: over.data, blind: over.unread, waits: waits})
}

// soonIfUnsaved is a token that is looked at again before long where the cache has not taken it.
func (s *Session) soonIfUnsaved(h *held) *held {
	s.mu.Lock()
	defer s.mu.Unlock()
	if later := now().Add(retryLater); s.unsaved != nil && later.Before(h.due) {
		return holdUntil(later, h.Token)
	}
	return h
}

func (s *Session) keepUnsaved(u *unsaved) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsaved = u
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
