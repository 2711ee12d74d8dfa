package login

import (
	"bytes"
	"context"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// unsaved is a token that the cache would not take: this session goes on with it, and tries to save it again when the next token
// is asked for. It counts as the cache's as long as the cache holds what it is to replace. It is never changed, since others may
// be reading it.
type unsaved struct {
	token    tokencache.Token
	from     tokencache.Token // what it is to replace
	replaces []byte           // the same as it was last read
	blind    bool             // what it is to replace could not be read, and is what will be there when it can
	waits    bool             // what is there is torn, and may be another tool's sign-in: it is not saved over that
}

// after is what u is once e has been read from the cache, nil if another has signed in or out since.
func (u *unsaved) after(e entry) *unsaved {
	next := *u
	switch {
	case u.blind:
		next.from, next.blind = e.token, false
	case bytes.Equal(e.data, u.replaces) && (e.data == nil) == (u.replaces == nil):
		return u
	case e.kind == entryOurs && sameToken(e.token, u.from): // with fields that another tool has added, or whole again
		next.token.Extra, next.waits = e.token.Extra, false
	case e.kind == entryTorn:
		next.waits = true
	default:
		return nil
	}
	next.replaces = e.data
	return &next
}

func sameToken(a, b tokencache.Token) bool {
	return a.AccessToken == b.AccessToken && a.RefreshToken == b.RefreshToken
}

// load reads the session's entry, or what this session has in its place. Its error is of a cache that can't be read.
func (s *Session) load(ctx context.Context) (entry, error) {
	e, err := s.loadSaved(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.unsaved != nil && err == nil {
		s.unsaved = s.unsaved.after(e)
	}
	if u := s.unsaved; u != nil {
		return entry{kind: entryOurs, data: u.replaces, token: u.token, unread: err != nil, unsaved: u}, nil
	}
	return e, err
}

// mayBeSaved reports whether the entry's token should be in the cache, and is not.
func (e entry) mayBeSaved() bool { return e.unsaved != nil && !e.unread && !e.unsaved.waits }

// setUnsaved is for what began in an era. Who has signed in or out since has settled what is unsaved.
func (s *Session) setUnsaved(era int, u *unsaved) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.era == era {
		s.unsaved = u
	}
}

// soonIfUnsaved is a token that is looked at again before long where the cache has not taken it.
func (s *Session) soonIfUnsaved(h *held) *held {
	s.mu.Lock()
	defer s.mu.Unlock()
	return h.soon(s.unsaved)
}

// soon is h, due after a while at the latest where there is something unsaved.
func (h *held) soon(u *unsaved) *held {
	if later := now().Add(retryLater); u != nil && later.Before(h.due) {
		return holdUntil(later, h.Token)
	}
	return h
}
