package tokencache

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sync"
)

// Memory is a [Store] that forgets everything when the process ends. It is for
// tests, and for programs that must leave no file. The zero value works; use it
// by pointer. It is safe for concurrent use.
type Memory struct {
	mu     sync.Mutex
	blobs  map[string]*string // of which fmt prints the address only: a Memory may be a field of what is printed
	locked map[string]bool
}

// Format prints how many blobs there are, whatever the verb: they hold tokens.
func (m *Memory) Format(f fmt.State, _ rune) {
	if m == nil {
		fmt.Fprint(f, "<nil>")
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprintf(f, "tokencache.Memory{%d blobs}", len(m.blobs))
}

// LogValue is what Format prints.
func (m *Memory) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(m)) }

// Load returns a copy of the blob.
func (m *Memory) Load(ctx context.Context, key string) ([]byte, error) {
	if err := check(ctx, key); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.blob(key), nil
}

// blob is a copy of the blob, nil if there is none.
func (m *Memory) blob(key string) []byte {
	if text, ok := m.blobs[key]; ok {
		return append([]byte{}, *text...)
	}
	return nil
}

// CompareAndSwap keeps a copy of new.
func (m *Memory) CompareAndSwap(ctx context.Context, key string, old, new []byte) (swapped bool, err error) {
	if err := checkSwap(ctx, key, new); err != nil {
		return false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !isSame(m.blob(key), old) {
		return false, nil
	}
	if new == nil {
		delete(m.blobs, key)
		return true, nil
	}
	if m.blobs == nil {
		m.blobs = make(map[string]*string)
	}
	text := string(new)
	m.blobs[key] = &text
	return true, nil
}

// Keys implements [Lister].
func (m *Memory) Keys(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		m.mu.Lock()
		keys := slices.Collect(maps.Keys(m.blobs))
		m.mu.Unlock()
		yieldKeys(ctx, keys, yield)
	}
}

// yieldKeys yields keys until the context ends.
func yieldKeys(ctx context.Context, keys []string, yield func(string, error) bool) {
	for _, key := range keys {
		if err := ctx.Err(); err != nil {
			yield("", err)
			return
		}
		if !yield(key, nil) {
			return
		}
	}
}

// TryLock excludes the goroutines that use the same Memory. Calling unlock again
// does nothing.
func (m *Memory) TryLock(ctx context.Context, key string) (unlock func(), ok bool, err error) {
	if err := check(ctx, key); err != nil {
		return nil, false, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.locked[key] {
		return nil, false, nil
	}
	if m.locked == nil {
		m.locked = make(map[string]bool)
	}
	m.locked[key] = true
	unlock = sync.OnceFunc(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		delete(m.locked, key)
	})
	return unlock, true, nil
}
