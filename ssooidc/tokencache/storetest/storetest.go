// Package storetest checks that a store of tokens keeps the contract that a session relies on. It is that of
// [tokencache.Store].
//
//	func TestMyStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) tokencache.Store { return newMyStore(t) })
//	}
//
// What one process can't see, in a few seconds, is left to the store's own tests: that the lock excludes other processes and
// dies with its holder, that it does not end by itself after a while, as a lease does, and that a save cut short leaves the
// old blob.
//
// The checks wait in real time: testing/synctest does not know of the kernel's locks, nor of what else is behind a store.
package storetest

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// Run runs every check as a parallel subtest of t, each on an empty store of its own from newStore. A store whose TryLock
// returns errors.ErrUnsupported has no locks: the checks of the lock are then skipped. LockIsKept leaves its lock held for
// good, as a process may that ends with it.
func Run(t *testing.T, newStore func(t *testing.T) tokencache.Store) {
	for _, c := range []struct {
		name  string
		check func(t *testing.T, s tokencache.Store)
	}{
		{"Missing", missing},
		{"SwapAndRemove", swapAndRemove},
		{"WrongOld", wrongOld},
		{"NilAndEmpty", nilAndEmpty},
		{"TooLarge", tooLarge},
		{"Counter", counter},
		{"Blobs", blobs},
		{"Ownership", ownership},
		{"Keys", keys},
		{"ConcurrentSwaps", concurrentSwaps},
		{"Lock", lock},
		{"LockIsKept", lockIsKept},
		{"LockPerKey", lockPerKey},
		{"UseWhileLocked", useWhileLocked},
		{"LockExcludes", lockExcludes},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.check(t, newStore(t))
		})
	}
}

var (
	key1 = tokencache.TokenKey("one")
	key2 = tokencache.TokenKey("two")
)

func missing(t *testing.T, s tokencache.Store) {
	wantMissing(t, s, key1)
	if swapped, err := s.CompareAndSwap(t.Context(), key1, nil, nil); !swapped || err != nil {
		t.Errorf("CompareAndSwap of none by none: %t, %v; want true", swapped, err)
	}
	if unlock := mustLock(t, s, key1); unlock != nil {
		wantMissing(t, s, key1) // a lock is no blob
		unlock()
		wantMissing(t, s, key1)
	}
}

func swapAndRemove(t *testing.T, s tokencache.Store) {
	mustSave(t, s, key1, `{"n":"first, the longer one"}`)
	wantMissing(t, s, key2)
	mustSave(t, s, key2, `{"n":"other"}`)
	mustSave(t, s, key1, `{"n":"second"}`)
	wantBlob(t, s, key1, `{"n":"second"}`)
	wantBlob(t, s, key2, `{"n":"other"}`)
	swap(t, s, key1, []byte(`{"n":"second"}`), nil, true)
	wantMissing(t, s, key1)
	wantBlob(t, s, key2, `{"n":"other"}`)
	swap(t, s, key1, []byte(`{"n":"second"}`), nil, false)
	mustSave(t, s, key1, `{"n":"again"}`)
	wantBlob(t, s, key1, `{"n":"again"}`)
}

// wrongOld: a swap that fails leaves no trace.
func wrongOld(t *testing.T, s tokencache.Store) {
	swap(t, s, key1, []byte("something"), []byte("new"), false)
	wantMissing(t, s, key1)
	mustSave(t, s, key1, "held")
	for _, old := range []string{"hel", "held ", "HELD", "other"} {
		swap(t, s, key1, []byte(old), []byte("new"), false)
		swap(t, s, key1, []byte(old), nil, false)
		wantBlob(t, s, key1, "held")
	}
	swap(t, s, key1, nil, []byte("new"), false)
	swap(t, s, key1, nil, nil, false)
	wantBlob(t, s, key1, "held")
	wantMissing(t, s, key2)
}

// nilAndEmpty: no blob and an empty blob are different things.
func nilAndEmpty(t *testing.T, s tokencache.Store) {
	swap(t, s, key1, []byte{}, []byte("new"), false)
	wantMissing(t, s, key1)
	swap(t, s, key1, nil, []byte{}, true)
	wantBlob(t, s, key1, "")
	swap(t, s, key1, nil, []byte("new"), false)
	wantBlob(t, s, key1, "")
	swap(t, s, key1, []byte{}, []byte("new"), true)
	swap(t, s, key1, []byte("new"), []byte{}, true)
	wantBlob(t, s, key1, "")
	swap(t, s, key1, []byte{}, nil, true)
	wantMissing(t, s, key1)
}

// tooLarge: 1 MiB is the limit, and beyond it nothing is written.
func tooLarge(t *testing.T, s tokencache.Store) {
	const most = 1 << 20
	swap(t, s, key1, nil, bytes.Repeat([]byte("x"), most), true)
	wantBlob(t, s, key1, strings.Repeat("x", most))
	swapped, err := s.CompareAndSwap(t.Context(), key1, bytes.Repeat([]byte("x"), most), bytes.Repeat([]byte("y"), most+1))
	if swapped || err == nil {
		t.Errorf("CompareAndSwap took more than 1 MiB: %t, %v", swapped, err)
	}
	wantBlob(t, s, key1, strings.Repeat("x", most))
}

// counter: two hundred goroutines add one each, and lose no step.
func counter(t *testing.T, s tokencache.Store) {
	const goroutines = 200
	var all sync.WaitGroup
	for range goroutines {
		all.Go(func() {
			if err := Add(t.Context(), s, 1); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	wantBlob(t, s, counterKey, strconv.Itoa(goroutines))
}

var counterKey = tokencache.TokenKey("storetest counter")

// Add adds one to a counter in the store so many times, by swapping. It is for
// tests in which several processes do so at once: the counter must then be the
// sum, which [Count] returns.
func Add(ctx context.Context, s tokencache.Store, times int) error {
	for done := 0; done < times; {
		old, err := s.Load(ctx, counterKey)
		if err != nil {
			return err
		}
		n := 0
		if old != nil {
			if n, err = strconv.Atoi(string(old)); err != nil {
				return err
			}
		}
		swapped, err := s.CompareAndSwap(ctx, counterKey, old, []byte(strconv.Itoa(n+1)))
		if err != nil {
			return err
		}
		if swapped {
			done++
		}
	}
	return nil
}

// Count returns the counter of [Add].
func Count(ctx context.Context, s tokencache.Store) (int, error) {
	data, err := s.Load(ctx, counterKey)
	if data == nil || err != nil {
		return 0, err
	}
	return strconv.Atoi(string(data))
}

// blobs: what is in a blob is not the store's business.
func blobs(t *testing.T, s tokencache.Store) {
	for _, blob := range []string{"{}", "", "{\"torn\": ", "\x00\xff\r\n\u2028", " {} \n", strings.Repeat("long ", 10_000)} {
		mustSave(t, s, key1, blob)
		wantBlob(t, s, key1, blob)
	}
}

func ownership(t *testing.T, s tokencache.Store) {
	const blob = `{"n":"kept"}`
	data := []byte(blob)
	swap(t, s, key1, nil, data, true)
	if string(data) != blob {
		t.Errorf("CompareAndSwap changed new to %q", data)
	}
	clear(data)
	wantBlob(t, s, key1, blob)
	loaded, err := s.Load(t.Context(), key1)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	clear(loaded)
	wantBlob(t, s, key1, blob)
	old, data := []byte(blob), []byte("next")
	swap(t, s, key1, old, data, true)
	if string(old) != blob || string(data) != "next" {
		t.Errorf("CompareAndSwap changed old to %q, new to %q", old, data)
	}
	clear(old)
	clear(data)
	wantBlob(t, s, key1, "next")
}

func keys(t *testing.T, s tokencache.Store) {
	for _, key := range []string{
		"", key1[1:], key1 + "0", strings.ToUpper(key1), "../" + key1[3:], "g" + key1[1:], key1[1:] + "\n", key1[1:] + "\x00",
		key1[1:] + "/", key1[1:] + ".", "é" + key1[2:], "０" + key1[3:],
	} {
		if swapped, err := s.CompareAndSwap(t.Context(), key, nil, []byte("{}")); swapped || err == nil {
			t.Errorf("CompareAndSwap took the key %q", key)
		}
		if data, err := s.Load(t.Context(), key); err == nil {
			t.Errorf("Load of the key %q: %q, %v; it must be refused, not missing", key, data, err)
		}
		if _, ok, err := s.TryLock(t.Context(), key); ok || err == nil {
			t.Errorf("TryLock took the key %q", key)
		}
	}
	wantMissing(t, s, key1)
}

// concurrentSwaps: who loads sees one of the blobs, whole.
func concurrentSwaps(t *testing.T, s tokencache.Store) {
	const writers, rounds, readers = 4, 10, 2
	blob := func(n int) string { return `"` + strings.Repeat(fmt.Sprint(n), 10_000*(n+1)) + `"` }
	mustSave(t, s, key1, blob(0))

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var writing, reading sync.WaitGroup
	for n := range writers {
		writing.Go(func() {
			for range rounds {
				if err := save(t.Context(), s, key1, []byte(blob(n))); err != nil {
					t.Errorf("CompareAndSwap: %v", err)
				}
			}
		})
	}
	for range readers {
		reading.Go(func() {
			for ctx.Err() == nil && !t.Failed() {
				data, err := s.Load(t.Context(), key1)
				if err != nil {
					t.Errorf("Load: %v", err)
					return
				}
				whole := false
				for n := range writers {
					whole = whole || string(data) == blob(n)
				}
				if !whole {
					t.Errorf("Load returned %d bytes that nobody saved", len(data))
				}
			}
		})
	}
	writing.Wait()
	cancel()
	reading.Wait()
}

// promptly fails the test if f hangs: most likely it waits for the lock.
func promptly(t *testing.T, what string, f func() error) error {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(20 * time.Second):
		t.Fatalf("%s takes more than 20 s", what)
		return nil
	}
}

// mustSave replaces whatever is there.
func mustSave(t *testing.T, s tokencache.Store, key, blob string) {
	t.Helper()
	if err := promptly(t, "CompareAndSwap", func() error { return save(t.Context(), s, key, []byte(blob)) }); err != nil {
		t.Fatalf("CompareAndSwap: %v", err)
	}
}

// save swaps until it is not overtaken.
func save(ctx context.Context, s tokencache.Store, key string, data []byte) error {
	for {
		old, err := s.Load(ctx, key)
		if err != nil {
			return err
		}
		if swapped, err := s.CompareAndSwap(ctx, key, old, data); swapped || err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// swap swaps once, and fails the test if the result is not the wanted one.
func swap(t *testing.T, s tokencache.Store, key string, old, new []byte, want bool) {
	t.Helper()
	var swapped bool
	err := promptly(t, "CompareAndSwap", func() (err error) { swapped, err = s.CompareAndSwap(t.Context(), key, old, new); return err })
	if swapped != want || err != nil {
		t.Fatalf("CompareAndSwap of %.30q by %.30q: %t, %v; want %t", old, new, swapped, err, want)
	}
}

func wantBlob(t *testing.T, s tokencache.Store, key, blob string) {
	t.Helper()
	var data []byte
	err := promptly(t, "Load", func() (err error) { data, err = s.Load(t.Context(), key); return err })
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	if data == nil || !bytes.Equal(data, []byte(blob)) {
		t.Fatalf("Load: %.60q, want what was saved, %.60q", data, blob)
	}
}

func wantMissing(t *testing.T, s tokencache.Store, key string) {
	t.Helper()
	data, err := s.Load(t.Context(), key)
	if data != nil || err != nil {
		t.Fatalf("Load where there is none: %q, %v; want nil", data, err)
	}
}
