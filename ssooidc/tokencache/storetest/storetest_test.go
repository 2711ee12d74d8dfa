package storetest_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache/storetest"
)

// store is a Memory of which single steps can be replaced.
type store struct {
	tokencache.Memory
	mu      sync.Mutex // held while a blob is compared and written
	load    func(ctx context.Context, key string) ([]byte, error)
	same    func(held, old []byte) bool
	save    func(ctx context.Context, key string, data []byte) error
	remove  func(ctx context.Context, key string) error
	swap    func(ctx context.Context, key string, old, new []byte) (bool, error)
	tryLock func(ctx context.Context, key string) (func(), bool, error)
}

func (s *store) Load(ctx context.Context, key string) ([]byte, error) { return s.load(ctx, key) }

func (s *store) CompareAndSwap(ctx context.Context, key string, old, new []byte) (bool, error) {
	return s.swap(ctx, key, old, new)
}

func (s *store) TryLock(ctx context.Context, key string) (func(), bool, error) {
	return s.tryLock(ctx, key)
}

// put writes over whatever is there. nil data removes it.
func (s *store) put(ctx context.Context, key string, data []byte) error {
	for {
		held, err := s.Memory.Load(ctx, key)
		if err != nil {
			return err
		}
		if swapped, err := s.Memory.CompareAndSwap(ctx, key, held, data); swapped || err != nil {
			return err
		}
	}
}

func (s *store) compareThenWrite(ctx context.Context, key string, old, new []byte) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, err := s.Memory.Load(ctx, key)
	switch {
	case err != nil || !s.same(held, old):
		return false, err
	case new == nil:
		err = s.remove(ctx, key)
	default:
		err = s.save(ctx, key, new)
	}
	return err == nil, err
}

func same(held, old []byte) bool { return (held == nil) == (old == nil) && bytes.Equal(held, old) }

func newStore() *store {
	var s store
	s.load, s.same, s.save, s.swap, s.tryLock = s.Memory.Load, same, s.put, s.compareThenWrite, s.Memory.TryLock
	s.remove = func(ctx context.Context, key string) error { return s.put(ctx, key, nil) }
	return &s
}

// broken are stores with one defect each, by the checks that must find it.
var broken = []struct {
	name  string
	check string
	fault func(s *store)
}{
	{"a missing blob is empty", "Missing", func(s *store) {
		s.load = func(ctx context.Context, key string) ([]byte, error) {
			data, err := s.Memory.Load(ctx, key)
			return append([]byte{}, data...), err
		}
	}},
	{"a missing blob is an error", "Missing", func(s *store) {
		s.load = func(ctx context.Context, key string) ([]byte, error) {
			data, err := s.Memory.Load(ctx, key)
			if data == nil && err == nil {
				err = errors.New("no such blob")
			}
			return data, err
		}
	}},
	{"to remove nothing is an error", "Missing", func(s *store) {
		s.remove = func(ctx context.Context, key string) error {
			if data, err := s.Memory.Load(ctx, key); data == nil {
				return errors.Join(err, errors.New("no such blob"))
			}
			return s.put(ctx, key, nil)
		}
	}},
	{"a lock makes a blob", "Missing", func(s *store) {
		s.tryLock = func(ctx context.Context, key string) (func(), bool, error) {
			s.put(ctx, key, []byte{})
			return s.Memory.TryLock(ctx, key)
		}
	}},
	{"the first save stays", "SwapAndRemove", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			if held, err := s.Memory.Load(ctx, key); held != nil {
				return err
			}
			return s.put(ctx, key, data)
		}
	}},
	{"a shorter blob leaves an end of the old one", "SwapAndRemove", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			if old, err := s.Memory.Load(ctx, key); err == nil && len(old) > len(data) {
				data = append(bytes.Clone(data), old[len(data):]...)
			}
			return s.put(ctx, key, data)
		}
	}},
	{"one blob for all keys", "SwapAndRemove", func(s *store) {
		one := tokencache.TokenKey("one blob")
		s.swap = func(ctx context.Context, _ string, old, new []byte) (bool, error) {
			return s.Memory.CompareAndSwap(ctx, one, old, new)
		}
		s.load = func(ctx context.Context, _ string) ([]byte, error) { return s.Memory.Load(ctx, one) }
	}},
	{"a removal does nothing", "SwapAndRemove", func(s *store) {
		s.remove = func(context.Context, string) error { return nil }
	}},
	{"nothing is compared", "WrongOld", func(s *store) {
		s.same = func([]byte, []byte) bool { return true }
	}},
	{"only lengths are compared", "WrongOld", func(s *store) {
		s.same = func(held, old []byte) bool { return (held == nil) == (old == nil) && len(held) == len(old) }
	}},
	{"a wrong old removes", "WrongOld", func(s *store) {
		s.swap = func(ctx context.Context, key string, old, new []byte) (bool, error) {
			swapped, err := s.compareThenWrite(ctx, key, old, new)
			if !swapped && new == nil {
				s.put(ctx, key, nil)
			}
			return swapped, err
		}
	}},
	{"a wrong old is an error", "WrongOld", func(s *store) {
		s.swap = func(ctx context.Context, key string, old, new []byte) (bool, error) {
			swapped, err := s.compareThenWrite(ctx, key, old, new)
			if !swapped && err == nil {
				err = errors.New("conflict")
			}
			return swapped, err
		}
	}},
	{"none and empty are the same", "NilAndEmpty", func(s *store) { s.same = bytes.Equal }},
	{"an empty blob removes", "NilAndEmpty", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			if len(data) == 0 {
				data = nil
			}
			return s.put(ctx, key, data)
		}
	}},
	{"there is no limit", "TooLarge", func(s *store) {
		var large []byte
		s.save = func(ctx context.Context, key string, data []byte) error {
			if len(data) > 1<<20 {
				large = data
				return nil
			}
			return s.put(ctx, key, data)
		}
		s.load = func(ctx context.Context, key string) ([]byte, error) {
			if large != nil {
				return large, nil
			}
			return s.Memory.Load(ctx, key)
		}
	}},
	{"compares, then writes", "Counter", func(s *store) {
		s.swap = func(ctx context.Context, key string, old, new []byte) (bool, error) {
			if held, err := s.Memory.Load(ctx, key); err != nil || !same(held, old) {
				return false, err
			}
			<-time.After(time.Millisecond) // time enough for another to compare
			return true, s.put(ctx, key, new)
		}
	}},
	{"blobs are trimmed", "Blobs", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			return s.put(ctx, key, bytes.TrimSpace(data))
		}
	}},
	{"blobs are made UTF-8", "Blobs", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			return s.put(ctx, key, bytes.ToValidUTF8(data, []byte("?")))
		}
	}},
	{"blobs are cut", "Blobs", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			return s.put(ctx, key, data[:min(len(data), 4096)])
		}
	}},
	{"data is kept", "Ownership", func(s *store) {
		kept := map[string][]byte{}
		s.swap = func(_ context.Context, key string, _, new []byte) (bool, error) { kept[key] = new; return true, nil }
		s.load = func(_ context.Context, key string) ([]byte, error) { return bytes.Clone(kept[key]), nil }
	}},
	{"the blob itself is handed out", "Ownership", func(s *store) {
		kept := map[string][]byte{}
		s.swap = func(_ context.Context, key string, _, new []byte) (bool, error) {
			kept[key] = bytes.Clone(new)
			return true, nil
		}
		s.load = func(_ context.Context, key string) ([]byte, error) { return kept[key], nil }
	}},
	{"data is wiped", "Ownership", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			defer clear(data)
			return s.put(ctx, key, data)
		}
	}},
	{"CompareAndSwap takes any key", "Keys", func(s *store) {
		s.swap = func(ctx context.Context, key string, old, new []byte) (bool, error) {
			return s.compareThenWrite(ctx, tokencache.TokenKey(key), old, new)
		}
	}},
	{"Load takes any key", "Keys", func(s *store) {
		s.load = func(ctx context.Context, key string) ([]byte, error) {
			if len(key) != 40 {
				return nil, nil
			}
			return s.Memory.Load(ctx, key)
		}
	}},
	{"TryLock takes any key", "Keys", func(s *store) {
		s.tryLock = func(ctx context.Context, key string) (func(), bool, error) {
			return s.Memory.TryLock(ctx, tokencache.TokenKey(key))
		}
	}},
	{"case does not matter", "Keys", func(s *store) {
		s.swap = func(ctx context.Context, key string, old, new []byte) (bool, error) {
			return s.compareThenWrite(ctx, strings.ToLower(key), old, new)
		}
	}},
	{"saves in two parts", "ConcurrentSwaps", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			s.put(ctx, key, data[:len(data)/2])
			for range 1000 {
				s.Memory.Load(ctx, key)
			}
			return s.put(ctx, key, data)
		}
	}},
	{"nothing is locked", "Lock", func(s *store) {
		s.tryLock = func(context.Context, string) (func(), bool, error) { return func() {}, true, nil }
	}},
	{"a held lock is an error", "Lock", func(s *store) {
		s.tryLock = func(ctx context.Context, key string) (func(), bool, error) {
			unlock, ok, err := s.Memory.TryLock(ctx, key)
			if !ok {
				err = errors.New("somebody holds the lock")
			}
			return unlock, ok, err
		}
	}},
	{"a lock never ends", "Lock", func(s *store) {
		s.tryLock = func(ctx context.Context, key string) (func(), bool, error) {
			_, ok, err := s.Memory.TryLock(ctx, key)
			return func() {}, ok, err
		}
	}},
	{"a lock ends with the context of the call", "Lock", func(s *store) {
		s.tryLock = func(ctx context.Context, key string) (func(), bool, error) {
			unlock, ok, err := s.Memory.TryLock(ctx, key)
			if ok {
				go func() { <-ctx.Done(); unlock() }()
			}
			return unlock, ok, err
		}
	}},
	{"a held lock is waited for", "Lock", func(s *store) {
		s.tryLock = func(ctx context.Context, key string) (func(), bool, error) {
			unlock, ok, err := s.Memory.TryLock(ctx, key)
			if !ok && err == nil {
				select {
				case <-time.After(2 * time.Second):
				case <-ctx.Done():
				}
			}
			return unlock, ok, err
		}
	}},
	{"a lock ends with its unlock", "LockIsKept", func(s *store) {
		s.tryLock = func(ctx context.Context, key string) (func(), bool, error) {
			unlock, ok, err := s.Memory.TryLock(ctx, key)
			if !ok {
				return nil, ok, err
			}
			file := new([64]byte) // as an *os.File is
			runtime.SetFinalizer(file, func(*[64]byte) { unlock() })
			return func() { runtime.KeepAlive(file); unlock() }, true, nil
		}
	}},
	{"one lock for all keys", "LockPerKey", func(s *store) {
		s.tryLock = func(ctx context.Context, _ string) (func(), bool, error) {
			return s.Memory.TryLock(ctx, tokencache.TokenKey("one lock"))
		}
	}},
	{"a swap takes the lock", "UseWhileLocked", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			unlock, ok, err := s.Memory.TryLock(ctx, key)
			if !ok {
				return errors.New("locked")
			}
			defer unlock()
			return errors.Join(err, s.put(ctx, key, data))
		}
	}},
	{"a removal removes the lock", "UseWhileLocked", func(s *store) {
		var mu sync.Mutex
		locks := map[string]*tokencache.Memory{}
		s.tryLock = func(ctx context.Context, key string) (func(), bool, error) {
			mu.Lock()
			defer mu.Unlock()
			if locks[key] == nil {
				locks[key] = new(tokencache.Memory)
			}
			return locks[key].TryLock(ctx, key)
		}
		s.remove = func(ctx context.Context, key string) error {
			mu.Lock()
			defer mu.Unlock()
			delete(locks, key)
			return s.put(ctx, key, nil)
		}
	}},
	{"looks, then takes", "LockExcludes", func(s *store) {
		var held atomic.Bool
		s.tryLock = func(ctx context.Context, key string) (func(), bool, error) {
			if held.Load() {
				return nil, false, nil
			}
			<-time.After(5 * time.Millisecond) // time enough for another to look
			held.Store(true)
			return func() { held.Store(false) }, true, nil
		}
	}},
	{"every other lock is let through", "LockExcludes", func(s *store) {
		var mu sync.Mutex
		refused := 0
		s.tryLock = func(ctx context.Context, key string) (func(), bool, error) {
			mu.Lock()
			defer mu.Unlock()
			unlock, ok, err := s.Memory.TryLock(ctx, key)
			if !ok && err == nil {
				if refused++; refused%2 == 0 {
					return func() {}, true, nil
				}
			}
			return unlock, ok, err
		}
	}},
}

const brokenVariable = "STORETEST_BROKEN"

// TestBroken runs each broken store in a process of its own, since a failed check fails its test.
func TestBroken(t *testing.T) {
	t.Parallel()
	for _, b := range broken {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			if b.check == "LockIsKept" && runtime.GOOS == "windows" {
				t.Skip("which is not checked here")
			}
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRunBroken$/^"+b.check+"$", "-test.timeout=1m")
			if folder := flag.Lookup("test.gocoverdir").Value.String(); folder != "" {
				cmd.Args = append(cmd.Args, "-test.gocoverdir="+folder) // what the checks say is only covered there
			}
			cmd.Env = append(os.Environ(), brokenVariable+"="+b.name)
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) || !bytes.Contains(out, []byte("--- FAIL: TestRunBroken/"+b.check+" ")) {
				t.Errorf("%s should have failed: %v\n%s", b.check, err, out)
			}
		})
	}
}

// TestRunBroken is the process that TestBroken starts.
func TestRunBroken(t *testing.T) {
	name := os.Getenv(brokenVariable)
	if name == "" {
		t.Skip("this is for the processes that TestBroken starts")
	}
	for _, b := range broken {
		if b.name == name {
			storetest.Run(t, func(*testing.T) tokencache.Store {
				s := newStore()
				b.fault(s)
				return s
			})
		}
	}
}

// TestWithoutLocks: a store that says that it has no locks passes.
func TestWithoutLocks(t *testing.T) {
	t.Parallel()
	storetest.Run(t, func(*testing.T) tokencache.Store {
		s := newStore()
		s.tryLock = func(ctx context.Context, key string) (func(), bool, error) {
			if _, err := s.Memory.Load(ctx, key); err != nil {
				return nil, false, err // the key is none
			}
			return nil, false, errors.ErrUnsupported
		}
		return s
	})
}
