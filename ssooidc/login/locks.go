package login

import (
	"context"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// A session has two locks, each under a key of the store. The token's own key is held while its entry is loaded, refreshed
// and saved, for as long as one request takes; signInKey while a person is asked, for as long as a person takes.
// Nobody who holds the first waits for the second.

const (
	lockPoll      = 10 * time.Millisecond // between two tries
	busyLockPoll  = 40 * time.Millisecond // the same at most, where many wait: see lock
	tokenLockWait = 30 * time.Second      // for an expired token: a refresh takes no longer

	// For what must not wait that long, since it loses next to nothing without the lock: who refreshes looks at the entry
	// once more before saving, and leaves it alone where someone has signed in or out.
	shortLockWait = 5 * time.Second

	// How long it may take from that look to the end of the save. A sign-out gives it that much more.
	savingTime = 2 * time.Second
)

// signInKey is the key of a session's second lock, made from that of its first. No blob is ever kept under it.
func (s *Session) signInKey() string { return tokencache.TokenKey("sign-in " + s.tokenKey) }

// lock waits for a lock, and calls settled after each try that failed: once that is true, the lock is no longer needed,
// and unlock is nil. Where there is no locking, it goes on without. Its error is the context's.
//
// Dozens of processes that wait can keep a machine so busy that whoever holds the lock hardly gets on. So each waits longer
// where a try takes long by the clock. BenchmarkProcessesExpired in internal/compare shows what it comes to.
func (s *Session) lock(ctx context.Context, key string, settled func() bool) (unlock func(), err error) {
	for pause := lockPoll; ; {
		began := time.Now()
		unlock, ok := s.tryLock(ctx, key)
		switch {
		case ok:
			return unlock, nil
		case ctx.Err() != nil:
			return nil, contextError(ctx)
		case settled():
			return nil, nil
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, err
		}
		took := time.Since(began) - pause // the try itself, and what the sleep was too long
		pause = min(max(lockPoll, 30*took), busyLockPoll)
	}
}

// tryLock takes a lock if it is free. Where there is no locking, it is one between this session's goroutines.
func (s *Session) tryLock(ctx context.Context, key string) (unlock func(), ok bool) {
	unlock, ok, err := s.cfg.Cache.TryLock(ctx, key)
	if err == nil {
		if unlock == nil { // a store with nothing to release
			unlock = func() {}
		}
		return unlock, ok
	}
	if ctx.Err() != nil {
		return nil, false
	}
	s.warn(ctx, "lock", err)
	unlock, ok, err = s.fallback.TryLock(ctx, key)
	return unlock, ok && err == nil
}

// lockUpTo takes the token's lock to sign in or out, and after a while goes on without.
func (s *Session) lockUpTo(ctx context.Context, wait time.Duration) (unlock func(), ok bool) {
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	unlock, err := s.lock(ctx, s.tokenKey, func() bool { return false })
	if err != nil {
		return func() {}, false
	}
	return unlock, true
}
