package storetest_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io/fs"
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

// store is a Memory of which single methods can be replaced.
type store struct {
	tokencache.Memory
	load    func(ctx context.Context, key string) ([]byte, error)
	save    func(ctx context.Context, key string, data []byte) error
	delete  func(ctx context.Context, key string) error
	tryLock func(ctx context.Context, key string) (func(), bool, error)
}

func (s *store) Load(ctx context.Context, key string) ([]byte, error) { return s.load(ctx, key) }
func (s *store) Save(ctx context.Context, key string, data []byte) error {
	return s.save(ctx, key, data)
}
func (s *store) Delete(ctx context.Context, key string) error { return s.delete(ctx, key) }
func (s *store) TryLock(ctx context.Context, key string) (func(), bool, error) {
	return s.tryLock(ctx, key)
}

func newStore() *store {
	var s store
	s.load, s.save, s.delete, s.tryLock = s.Memory.Load, s.Memory.Save, s.Memory.Delete, s.Memory.TryLock
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
			if errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			return data, err
		}
	}},
	{"a missing blob is another error", "Missing", func(s *store) {
		s.load = func(ctx context.Context, key string) ([]byte, error) {
			data, err := s.Memory.Load(ctx, key)
			if errors.Is(err, fs.ErrNotExist) {
				err = errors.New("no such blob")
			}
			return data, err
		}
	}},
	{"deleting nothing is an error", "Missing", func(s *store) {
		s.delete = func(ctx context.Context, key string) error {
			if _, err := s.Memory.Load(ctx, key); err != nil {
				return err
			}
			return s.Memory.Delete(ctx, key)
		}
	}},
	{"a lock makes a blob", "Missing", func(s *store) {
		s.tryLock = func(ctx context.Context, key string) (func(), bool, error) {
			s.Memory.Save(ctx, key, nil)
			return s.Memory.TryLock(ctx, key)
		}
	}},
	{"the first save stays", "SaveLoadDelete", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			if _, err := s.Memory.Load(ctx, key); err == nil {
				return nil
			}
			return s.Memory.Save(ctx, key, data)
		}
	}},
	{"a shorter blob leaves an end of the old one", "SaveLoadDelete", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			if old, err := s.Memory.Load(ctx, key); err == nil && len(old) > len(data) {
				data = append(bytes.Clone(data), old[len(data):]...)
			}
			return s.Memory.Save(ctx, key, data)
		}
	}},
	{"one blob for all keys", "SaveLoadDelete", func(s *store) {
		one := tokencache.TokenKey("one blob")
		s.save = func(ctx context.Context, _ string, data []byte) error { return s.Memory.Save(ctx, one, data) }
		s.load = func(ctx context.Context, _ string) ([]byte, error) { return s.Memory.Load(ctx, one) }
		s.delete = func(ctx context.Context, _ string) error { return s.Memory.Delete(ctx, one) }
	}},
	{"a deletion does nothing", "SaveLoadDelete", func(s *store) {
		s.delete = func(context.Context, string) error { return nil }
	}},
	{"blobs are trimmed", "Blobs", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			return s.Memory.Save(ctx, key, bytes.TrimSpace(data))
		}
	}},
	{"blobs are made UTF-8", "Blobs", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			return s.Memory.Save(ctx, key, bytes.ToValidUTF8(data, []byte("?")))
		}
	}},
	{"blobs are cut", "Blobs", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			return s.Memory.Save(ctx, key, data[:min(len(data), 4096)])
		}
	}},
	{"data is kept", "Ownership", func(s *store) {
		kept := map[string][]byte{}
		s.save = func(_ context.Context, key string, data []byte) error { kept[key] = data; return nil }
		s.load = func(_ context.Context, key string) ([]byte, error) { return bytes.Clone(kept[key]), nil }
	}},
	{"the blob itself is handed out", "Ownership", func(s *store) {
		kept := map[string][]byte{}
		s.save = func(_ context.Context, key string, data []byte) error { kept[key] = bytes.Clone(data); return nil }
		s.load = func(_ context.Context, key string) ([]byte, error) { return kept[key], nil }
	}},
	{"data is wiped", "Ownership", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			defer clear(data)
			return s.Memory.Save(ctx, key, data)
		}
	}},
	{"Save takes any key", "Keys", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			return s.Memory.Save(ctx, tokencache.TokenKey(key), data)
		}
	}},
	{"Load takes any key", "Keys", func(s *store) {
		s.load = func(ctx context.Context, key string) ([]byte, error) {
			if len(key) != 40 {
				return nil, fs.ErrNotExist
			}
			return s.Memory.Load(ctx, key)
		}
	}},
	{"Delete takes any key", "Keys", func(s *store) {
		s.delete = func(ctx context.Context, key string) error { s.Memory.Delete(ctx, key); return nil }
	}},
	{"TryLock takes any key", "Keys", func(s *store) {
		s.tryLock = func(ctx context.Context, key string) (func(), bool, error) {
			return s.Memory.TryLock(ctx, tokencache.TokenKey(key))
		}
	}},
	{"case does not matter", "Keys", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			return s.Memory.Save(ctx, strings.ToLower(key), data)
		}
	}},
	{"saves in two parts", "ConcurrentSaves", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			s.Memory.Save(ctx, key, data[:len(data)/2])
			for range 1000 {
				s.Memory.Load(ctx, key)
			}
			return s.Memory.Save(ctx, key, data)
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
	{"a lock is for good", "Lock", func(s *store) {
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
	{"Save takes the lock", "UseWhileLocked", func(s *store) {
		s.save = func(ctx context.Context, key string, data []byte) error {
			unlock, ok, err := s.Memory.TryLock(ctx, key)
			if !ok {
				return errors.New("locked")
			}
			defer unlock()
			return errors.Join(err, s.Memory.Save(ctx, key, data))
		}
	}},
	{"Delete removes the lock", "UseWhileLocked", func(s *store) {
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
		s.delete = func(ctx context.Context, key string) error {
			mu.Lock()
			defer mu.Unlock()
			delete(locks, key)
			return s.Memory.Delete(ctx, key)
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
			if _, err := s.Memory.Load(ctx, key); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return nil, false, err // the key is none
			}
			return nil, false, errors.ErrUnsupported
		}
		return s
	})
}
