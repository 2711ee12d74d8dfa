package tokencache

import (
	"context"
	"iter"
	"os"
)

// KeyValue is anything that can get, set and delete a blob, such as a program's
// own keyring library. It must be safe for concurrent use. Make a [Store] of it
// with [FromKeyValue]. If it has a method Keys as a [Lister] has, so has the
// Store.
type KeyValue interface {
	Get(ctx context.Context, key string) ([]byte, error) // nil if there is none
	Set(ctx context.Context, key string, data []byte) error
	Delete(ctx context.Context, key string) error // nil if there is none
}

// FromKeyValue makes a [Store] of kv. Its locks and swaps use lock files in the
// folder dir, so all processes that share kv must use the same dir. "" is AWS's
// own folder, as for [Dir]. If kv is written by programs that take no lock, a
// write of theirs during a swap is lost.
func FromKeyValue(kv KeyValue, dir string) Store {
	s := keyValueStore{kv, Dir{Path: dir}}
	if lister, ok := kv.(Lister); ok {
		return listingStore{s, lister}
	}
	return s
}

type keyValueStore struct {
	kv    KeyValue
	locks Dir
}

type listingStore struct {
	keyValueStore
	lister Lister
}

func (s listingStore) Keys(ctx context.Context) iter.Seq2[string, error] { return s.lister.Keys(ctx) }

func (s keyValueStore) Load(ctx context.Context, key string) ([]byte, error) {
	if err := check(ctx, key); err != nil {
		return nil, err
	}
	return s.kv.Get(ctx, key)
}

func (s keyValueStore) CompareAndSwap(ctx context.Context, key string, old, new []byte) (swapped bool, err error) {
	if err := checkSwap(ctx, key, new); err != nil {
		return false, err
	}
	folder, err := s.locks.folder()
	if err == nil {
		err = os.MkdirAll(folder, 0o700)
	}
	if err != nil {
		return false, readOnly(err)
	}
	unlock, err := lockFolder(ctx, folder)
	if err != nil {
		return false, readOnly(err)
	}
	defer unlock()
	now, err := s.kv.Get(ctx, key)
	switch {
	case err != nil || !isSame(now, old):
		return false, err
	case new != nil:
		err = s.kv.Set(ctx, key, append([]byte{}, new...))
	case old != nil:
		err = s.kv.Delete(ctx, key)
	}
	if err == nil {
		return true, nil
	}
	now, getErr := s.kv.Get(ctx, key) // whether it was written before it failed
	return getErr == nil && isSame(now, new), err
}

func (s keyValueStore) TryLock(ctx context.Context, key string) (unlock func(), ok bool, err error) {
	return s.locks.TryLock(ctx, key)
}
