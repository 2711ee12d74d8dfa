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
	"errors"
	"fmt"
	"io/fs"
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
		{"SaveLoadDelete", saveLoadDelete},
		{"Blobs", blobs},
		{"Ownership", ownership},
		{"Keys", keys},
		{"ConcurrentSaves", concurrentSaves},
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
	if err := s.Delete(t.Context(), key1); err != nil {
		t.Errorf("Delete where there is none: %v, want nil", err)
	}
	if unlock := mustLock(t, s, key1); unlock != nil {
		wantMissing(t, s, key1) // a lock is no blob
		unlock()
		wantMissing(t, s, key1)
	}
}

func saveLoadDelete(t *testing.T, s tokencache.Store) {
	mustSave(t, s, key1, `{"n":"first, the longer one"}`)
	wantMissing(t, s, key2)
	mustSave(t, s, key2, `{"n":"other"}`)
	mustSave(t, s, key1, `{"n":"second"}`)
	wantBlob(t, s, key1, `{"n":"second"}`)
	wantBlob(t, s, key2, `{"n":"other"}`)
	for range 2 {
		if err := s.Delete(t.Context(), key1); err != nil {
			t.Fatalf("Delete: %v", err)
		}
		wantMissing(t, s, key1)
		wantBlob(t, s, key2, `{"n":"other"}`)
	}
	mustSave(t, s, key1, `{"n":"again"}`)
	wantBlob(t, s, key1, `{"n":"again"}`)
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
	if err := s.Save(t.Context(), key1, data); err != nil {
		t.Fatalf("Save: %v", err)
	}
	if string(data) != blob {
		t.Errorf("Save changed data to %q", data)
	}
	clear(data)
	wantBlob(t, s, key1, blob)
	loaded, err := s.Load(t.Context(), key1)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	clear(loaded)
	wantBlob(t, s, key1, blob)
}

func keys(t *testing.T, s tokencache.Store) {
	for _, key := range []string{
		"", key1[1:], key1 + "0", strings.ToUpper(key1), "../" + key1[3:], "g" + key1[1:], key1[1:] + "\n", key1[1:] + "\x00",
		key1[1:] + "/", key1[1:] + ".", "é" + key1[2:], "０" + key1[3:],
	} {
		if err := s.Save(t.Context(), key, []byte("{}")); err == nil {
			t.Errorf("Save took the key %q", key)
		}
		if data, err := s.Load(t.Context(), key); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("Load of the key %q: %q, %v; it must be refused, not missing", key, data, err)
		}
		if err := s.Delete(t.Context(), key); err == nil {
			t.Errorf("Delete took the key %q", key)
		}
		if _, ok, err := s.TryLock(t.Context(), key); ok || err == nil {
			t.Errorf("TryLock took the key %q", key)
		}
	}
	wantMissing(t, s, key1)
}

// concurrentSaves: whoever loads sees one of the blobs, whole.
func concurrentSaves(t *testing.T, s tokencache.Store) {
	const writers, rounds, readers = 4, 10, 2
	blob := func(n int) string { return `"` + strings.Repeat(fmt.Sprint(n), 10_000*(n+1)) + `"` }
	mustSave(t, s, key1, blob(0))

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var writing, reading sync.WaitGroup
	for n := range writers {
		writing.Go(func() {
			for range rounds {
				if err := s.Save(t.Context(), key1, []byte(blob(n))); err != nil {
					t.Errorf("Save: %v", err)
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

func mustSave(t *testing.T, s tokencache.Store, key, blob string) {
	t.Helper()
	if err := promptly(t, "Save", func() error { return s.Save(t.Context(), key, []byte(blob)) }); err != nil {
		t.Fatalf("Save: %v", err)
	}
}

func wantBlob(t *testing.T, s tokencache.Store, key, blob string) {
	t.Helper()
	var data []byte
	err := promptly(t, "Load", func() (err error) { data, err = s.Load(t.Context(), key); return err })
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	if !bytes.Equal(data, []byte(blob)) {
		t.Fatalf("Load: %.60q, want what was saved, %.60q", data, blob)
	}
}

func wantMissing(t *testing.T, s tokencache.Store, key string) {
	t.Helper()
	data, err := s.Load(t.Context(), key)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("Load where there is none: %q, %v; want fs.ErrNotExist", data, err)
	}
}
