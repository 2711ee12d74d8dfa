package storetest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

func lock(t *testing.T, s tokencache.Store) {
	for range 3 {
		unlock := needLock(t, s, key1)
		for range 20 { // for a while, since the call's context is over
			wantHeld(t, s, key1)
			<-time.After(time.Millisecond)
		}
		released := make(chan struct{})
		go func() { // not the goroutine that took it
			defer close(released)
			unlock()
		}()
		<-released
	}
}

// lockIsKept drops unlock, which may be all that keeps an open file from the garbage collector.
func lockIsKept(t *testing.T, s tokencache.Store) {
	if runtime.GOOS == "windows" {
		t.Skip("a file that stays open would keep the test's folder from being removed")
	}
	needLock(t, s, key1)
	for range 3 { // what is garbage now is cleaned up when what becomes garbage later has been
		collected := make(chan struct{})
		runtime.SetFinalizer(new([64]byte), func(*[64]byte) { close(collected) })
		runtime.GC()
		<-collected
	}
	wantHeld(t, s, key1)
}

func lockPerKey(t *testing.T, s tokencache.Store) {
	unlock1 := needLock(t, s, key1)
	unlock2 := needLock(t, s, key2)
	unlock1()
	wantHeld(t, s, key2)
	needLock(t, s, key1)()
	unlock2()
}

func useWhileLocked(t *testing.T, s tokencache.Store) {
	unlock := needLock(t, s, key1)
	mustSave(t, s, key1, "{}")
	wantBlob(t, s, key1, "{}")
	wantHeld(t, s, key1)
	swap(t, s, key1, []byte("{}"), nil, true)
	wantHeld(t, s, key1)
	unlock()
	needLock(t, s, key1)()
}

// lockExcludes counts without atomics: what the lock does not keep apart, the count and the race detector show.
func lockExcludes(t *testing.T, s tokencache.Store) {
	needLock(t, s, key1)()
	const goroutines, rounds = 8, 10
	var (
		all           sync.WaitGroup
		guard         sync.Mutex // only for inside, which tells without the race detector
		inside, count int
	)
	enter := func(n int) int {
		guard.Lock()
		defer guard.Unlock()
		inside += n
		return inside
	}
	for range goroutines {
		all.Go(func() {
			for done := 0; done < rounds; {
				unlock, ok, err := s.TryLock(t.Context(), key1)
				if err != nil {
					t.Errorf("TryLock: %v", err)
					return
				}
				if !ok {
					select {
					case <-time.After(time.Millisecond):
						continue
					case <-t.Context().Done():
						return
					}
				}
				if enter(1) != 1 {
					t.Error("two goroutines hold the lock")
				}
				<-time.After(100 * time.Microsecond) // for the others to try
				count++
				done++
				enter(-1)
				unlock()
			}
		})
	}
	if promptly(t, "taking turns", func() error { all.Wait(); return nil }); count != goroutines*rounds && !t.Failed() {
		t.Errorf("the lock was held %d times, want %d", count, goroutines*rounds)
	}
}

// mustLock takes a free lock; it returns nil if the store has no locks.
func mustLock(t *testing.T, s tokencache.Store, key string) (unlock func()) {
	t.Helper()
	unlock, ok, err := tryLock(t, s, key)
	if errors.Is(err, errors.ErrUnsupported) {
		return nil
	}
	if err != nil || !ok || unlock == nil {
		t.Fatalf("TryLock of a free lock: ok %t, error %v", ok, err)
	}
	return unlock
}

func needLock(t *testing.T, s tokencache.Store, key string) (unlock func()) {
	t.Helper()
	unlock = mustLock(t, s, key)
	if unlock == nil {
		t.Skip("the store has no locks")
	}
	return unlock
}

func wantHeld(t *testing.T, s tokencache.Store, key string) {
	t.Helper()
	const tries, atOnce = 3, time.Second // a busy machine may hold up one try, but not all
	for range tries {
		start := time.Now()
		if _, ok, err := tryLock(t, s, key); ok || err != nil {
			t.Fatalf("TryLock of a held lock: ok %t, error %v; want false and none", ok, err)
		}
		if time.Since(start) < atOnce {
			return
		}
	}
	t.Fatalf("TryLock of a held lock took more than %v, %d times: it must not wait", atOnce, tries)
}

func tryLock(t *testing.T, s tokencache.Store, key string) (unlock func(), ok bool, err error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel() // the lock outlives the call's context
	err = promptly(t, "TryLock", func() (err error) { unlock, ok, err = s.TryLock(ctx, key); return err })
	return unlock, ok, err
}
