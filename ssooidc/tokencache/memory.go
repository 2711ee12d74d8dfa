package tokencache

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"sync"
)

// Memory is a [Store] that forgets everything when the process ends, for tests and for programs that must leave no file.
// The zero value works; use it by pointer. Safe for concurrent use.
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
	data, ok := m.blobs[key]
	if !ok {
		return nil, &fs.PathError{Op: "load", Path: key, Err: fs.ErrNotExist}
	}
	return []byte(*data), nil
}

// Save keeps a copy of data.
func (m *Memory) Save(ctx context.Context, key string, data []byte) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.blobs == nil {
		m.blobs = make(map[string]*string)
	}
	blob := string(data)
	m.blobs[key] = &blob
	return nil
}

// Delete forgets the blob.
func (m *Memory) Delete(ctx context.Context, key string) error {
	if err := check(ctx, key); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.blobs, key)
	return nil
}

// TryLock excludes the goroutines that use the same Memory. Calling unlock again does nothing.
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
