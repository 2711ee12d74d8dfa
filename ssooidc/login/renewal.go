package login

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

const (
	refreshTimeout = 30 * time.Second // for a refresh that has the lock, from the look into the cache to the service's answer

	// When the service refuses a refresh token, another process may just have used it up, and be about to save what it got.
	rereads     = 40
	rereadDelay = 50 * time.Millisecond

	// retryLater is when a token that is still valid is due again after a refresh that failed for a passing reason.
	retryLater = 10 * time.Second

	// busyLater is the same where another process is refreshing it.
	busyLater = time.Second
)

// resaves are the waits before each further try to save what the service has issued: a disk may be full for a moment only, and
// without the save the session is lost to every other process.
var resaves = [...]time.Duration{100 * time.Millisecond, time.Second}

// renewal is one run of a refresh. It starts from the cache, since another process or tool may have been there first.
type renewal struct {
	s       *Session
	era     int
	refused string

	known  string // the access token that was known when this began; another one in the cache is news
	have   Token  // the last one seen: while it is valid, returned whatever happens
	issued bool   // whether the token came from the service just now

	onlySave bool // whether the token is good yet, and only the cache has not taken it so far
}

// begin looks into the cache. Without a token and without an error, run is next, also where ctx has ended meanwhile.
func (r *renewal) begin(callersCtx context.Context) (Token, error) {
	ctx, cancel := context.WithTimeout(callersCtx, storeTimeout)
	defer cancel()
	r.known = r.refused
	if h := r.s.memory.Load(); h != nil {
		r.have = h.Token
		r.known = cmp.Or(r.known, h.AccessToken)
	}
	e, token, err := r.look(ctx)
	switch {
	case err != nil && callersCtx.Err() != nil:
		return Token{}, nil
	case err != nil && ctx.Err() != nil:
		return r.settle(ctx, r.failed(errHungCache))
	case token.AccessToken == "" && err == nil:
		r.known = e.token.AccessToken
	}
	return token, err
}

// run refreshes the token in the cache, if no one else does.
func (r *renewal) run(ctx context.Context) (Token, error) {
	unlock, token, err := r.lock(ctx)
	if unlock == nil {
		return token, err
	}
	defer unlock()
	refreshCtx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	e, token, err := r.look(refreshCtx) // another may have refreshed it before the lock was ours
	switch {
	case token.AccessToken != "":
		return token, nil
	case refreshCtx.Err() != nil:
		return r.settle(ctx, r.failed(errHungCache))
	case err != nil:
		return Token{}, err
	case r.onlySave:
		if err := r.s.write(refreshCtx, e.token); err != nil {
			r.s.warnLost(ctx, err)
		} else {
			r.s.setUnsaved(r.era, nil)
		}
		r.s.hold(r.era, r.s.soonIfUnsaved(r.s.newHeld(r.have, true)))
		return r.have, nil
	}
	return r.refresh(refreshCtx, e)
}

// look reads the cache. It returns a token where the cache has one that will do, an error where there is nothing to refresh,
// and otherwise neither: then the entry is to be refreshed, or only to be saved again.
func (r *renewal) look(ctx context.Context) (entry, Token, error) {
	e, err := r.s.load(ctx)
	switch {
	case err != nil && ctx.Err() != nil:
		return e, Token{}, err
	case err != nil:
		t, err := r.settle(ctx, &RequiredError{Session: r.s.name, Err: &unreadableError{err}})
		return e, t, err
	}
	r.onlySave = false
	if t := r.s.public(e.token); t.valid(r.refused) {
		isNews := r.known != "" && t.AccessToken != r.known
		h := r.s.soonIfUnsaved(r.s.newHeld(t, isNews))
		isFresh := now().Before(h.due)
		if isFresh && !e.mayBeSaved() {
			r.s.hold(r.era, h)
			return e, t, nil
		}
		r.have, r.onlySave = t, isFresh
		r.s.hold(r.era, holdUntil(now(), t)) // for who can't wait for a new one
	}
	if why := r.s.unrefreshable(e); why != nil && !r.onlySave {
		t, err := r.settle(ctx, r.required(why))
		return e, t, err
	}
	return e, Token{}, nil
}

// lock takes the token's lock. Where the matter was settled without it, unlock is nil.
func (r *renewal) lock(ctx context.Context) (unlock func(), t Token, err error) {
	waitCtx, cancel := context.WithTimeout(ctx, tokenLockWait)
	defer cancel()
	isFirst := true
	unlock, lockErr := r.s.lock(waitCtx, r.s.tokenKey, func() bool {
		if !isFirst { // which comes just after begin's look
			_, t, err = r.look(waitCtx)
		}
		isFirst = false
		if t.AccessToken == "" && r.have.valid(r.refused) {
			t, err = r.have, nil // whoever holds the lock is refreshing it
			if later := now().Add(busyLater); later.Before(t.ExpiresAt) {
				r.s.hold(r.era, holdUntil(later, t))
			}
		}
		return t.AccessToken != "" || err != nil && waitCtx.Err() == nil
	})
	switch {
	case unlock != nil:
		return unlock, Token{}, nil
	case lockErr != nil: // the time is up
		lookCtx, cancel := context.WithTimeout(ctx, storeTimeout)
		defer cancel()
		_, t, err = r.look(lookCtx)
		if t.AccessToken == "" && (err == nil || lookCtx.Err() != nil) {
			t, err = r.settle(ctx, &LockError{Session: r.s.name, Lock: r.s.tokenKey, Waited: tokenLockWait})
		}
	}
	return nil, t, err
}

// refresh exchanges the entry's refresh token.
func (r *renewal) refresh(ctx context.Context, e entry) (Token, error) {
	issued, err := r.exchange(ctx, e)
	switch {
	case err == nil:
		return r.save(ctx, issued, e)
	case needsPerson(err):
		return r.refreshRefused(ctx, e, err)
	}
	return r.settle(ctx, r.failed(err))
}

func (r *renewal) exchange(ctx context.Context, e entry) (tokencache.Token, error) {
	clients, err := r.s.clients()
	if err != nil {
		return tokencache.Token{}, err
	}
	reg := tokencache.Registration{
		ClientID:     e.token.ClientID,
		ClientSecret: e.token.ClientSecret,
		ExpiresAt:    e.token.RegistrationExpiresAt,
	}
	return r.s.exchange(ctx, clients.main, reg, &ssooidc.CreateTokenRequest{
		GrantType:    ssooidc.GrantTypeRefreshToken,
		RefreshToken: e.token.RefreshToken,
	})
}

// refreshRefused goes on when the service has refused an entry's refresh token for good: where another process or tool
// comes up with a valid token, or another refresh token, nothing is lost.
func (r *renewal) refreshRefused(ctx context.Context, e entry, refusal error) (Token, error) {
	if errors.As(refusal, new(*ssooidc.InvalidClientException)) {
		r.s.forgetRegistration(ctx, e.token.ClientID)
	}
	if r.have.valid(r.refused) {
		return r.settle(ctx, r.required(refusal))
	}
	tried := e.token.RefreshToken
	for i := range rereads + 1 {
		if i > 0 && sleep(ctx, rereadDelay) != nil {
			break
		}
		latest, err := r.s.load(ctx)
		if err == nil && latest.kind == entryNone {
			break // someone has signed out
		}
		if t := r.s.public(latest.token); t.valid(r.refused) {
			r.s.hold(r.era, r.s.newHeld(t, true))
			return t, nil
		}
		if tried == e.token.RefreshToken && latest.token.RefreshToken != tried && r.s.unrefreshable(latest) == nil {
			tried = latest.token.RefreshToken
			issued, err := r.exchange(ctx, latest)
			switch {
			case err == nil:
				return r.save(ctx, issued, latest)
			case !needsPerson(err):
				return r.settle(ctx, r.failed(err))
			case errors.As(err, new(*ssooidc.InvalidClientException)):
				r.s.forgetRegistration(ctx, latest.token.ClientID)
			}
			refusal = err
		}
	}
	return r.settle(ctx, r.required(refusal))
}

// save keeps what was issued for the entry e, unless someone has signed in or out meanwhile: that stays as it is.
func (r *renewal) save(ctx context.Context, issued tokencache.Token, e entry) (Token, error) {
	ctx = context.WithoutCancel(ctx)
	token := r.s.public(issued)
	r.issued = token.AccessToken != r.refused
	loadCtx, cancelLoad := context.WithTimeout(ctx, storeTimeout)
	defer cancelLoad()
	latest, err := r.s.load(loadCtx)
	if err != nil {
		latest = e
		latest.unread = true
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout) // a load that hung leaves the save its time
	defer cancel()
	latest = r.saveOver(ctx, issued, e, latest)
	switch {
	case latest.kind == entryNone:
		// Signed out. Who has waited for the token gets it, and nobody later.
		r.s.hold(r.era, nil)
		return token, nil
	case latest.kind == entryForeign, latest.kind == entryOurs && !sameToken(latest.token, e.token):
		if theirs := r.s.public(latest.token); theirs.valid(r.refused) {
			token = theirs
		}
	}
	r.s.hold(r.era, r.s.soonIfUnsaved(r.s.newHeld(token, true)))
	if token.AccessToken == r.refused {
		return Token{}, r.failed(errors.New("the service has issued the one again that was refused: sign in again"))
	}
	return token, nil
}

// saveOver saves what was issued for the entry e where the cache still has that, as latest says, and looks once more before
// it tries again: the AWS CLI's sign-out deletes a save's temporary file together with the entry. Where nobody can say what is
// there, it looks again too, and in the end takes it that nothing has changed. It returns what was there at the last look.
func (r *renewal) saveOver(ctx context.Context, issued tokencache.Token, e, latest entry) entry {
	for try := 0; ; try++ {
		isLast := try == len(resaves)
		token, err := renewed(latest.token, issued), error(nil) // the same token still, but another tool may have added fields
		switch {
		case latest.kind == entryTorn, latest.unsaved != nil && latest.unsaved.waits: // by another tool, which may be writing a sign-in
			r.lost(ctx, errTorn, renewed(e.token, issued), e, latest)
			return latest
		case latest.kind != entryOurs || !sameToken(latest.token, e.token):
			return latest
		case !latest.unread || isLast:
			if err = r.s.write(ctx, token); err == nil {
				r.s.setUnsaved(r.era, nil)
				return latest
			}
		}
		if isLast || sleep(ctx, resaves[try]) != nil {
			r.lost(ctx, cmp.Or(err, errHungCache), token, e, latest)
			return latest
		}
		again, loadErr := r.s.load(ctx)
		switch {
		case loadErr == nil && again.kind == entryOurs && sameToken(again.token, token) && err != nil:
			r.s.warn(ctx, "save the token", err) // which is there all the same
			r.s.setUnsaved(r.era, nil)
			return latest
		case loadErr == nil:
			latest = again
		default:
			latest.unread = true
		}
	}
}

// lost keeps what was issued for the entry e in this session.
func (r *renewal) lost(ctx context.Context, why error, token tokencache.Token, e, latest entry) {
	r.s.warnLost(ctx, why)
	u := &unsaved{token: token, from: e.token, replaces: latest.data, waits: errors.Is(why, errTorn)}
	if e.unsaved != nil { // and so not what is in the cache
		u.from = e.unsaved.from
	}
	r.s.setUnsaved(r.era, u)
}

// renewed is the old entry with what was issued for it.
func renewed(old, issued tokencache.Token) tokencache.Token {
	issued.StartURL = cmp.Or(old.StartURL, issued.StartURL)
	issued.Extra = old.Extra
	return issued
}

// settle ends without a new token. One that is still valid is returned all the same, and err then only delays the next
// refresh: until the token has expired where a person must sign in.
func (r *renewal) settle(ctx context.Context, err error) (Token, error) {
	if !r.have.valid(r.refused) {
		return Token{}, err
	}
	due := r.have.ExpiresAt
	passes := !errors.As(err, new(*RequiredError)) || errors.As(err, new(*unreadableError))
	if later := now().Add(retryLater); later.Before(due) && passes {
		due = later
	}
	r.s.cfg.Logger.WarnContext(ctx, "login: the token is still valid, but could not be refreshed", "session", r.s.name, "error", err)
	r.s.hold(r.era, holdUntil(due, r.have))
	return r.have, nil
}

// errHungCache is not the context's error, which a caller would take for its own.
var errHungCache = errors.New("the cache did not answer in time: look at where it is, then try again")

// unreadableError is why a cache could not be read: that may pass, but nobody knows whether someone is signed in.
type unreadableError struct{ err error }

func (e *unreadableError) Error() string { return "the cache could not be read: " + e.err.Error() }
func (e *unreadableError) Unwrap() error { return e.err }

// required is the error where a person must sign in.
func (r *renewal) required(why error) error { return &RequiredError{Session: r.s.name, Err: why} }

// failed is the error where trying again later may help.
func (r *renewal) failed(err error) error {
	if errors.As(err, new(*ConfigError)) {
		return err
	}
	return fmt.Errorf("login: the token of %s could not be refreshed: %w", secret.Printable(r.s.name, 200), err)
}

// needsPerson reports whether the service has refused a refresh for good.
func needsPerson(err error) bool {
	return errors.As(err, new(*ssooidc.InvalidGrantException)) ||
		errors.As(err, new(*ssooidc.InvalidClientException)) ||
		errors.As(err, new(*ssooidc.UnauthorizedClientException)) ||
		errors.As(err, new(*ssooidc.ExpiredTokenException)) ||
		errors.As(err, new(*ssooidc.AccessDeniedException)) ||
		errors.As(err, new(*ssooidc.InvalidScopeException))
}
