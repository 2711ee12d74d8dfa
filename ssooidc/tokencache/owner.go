package tokencache

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// ForOwner is the store for one of several people, such as the users of a web
// server: the same store under other keys. Two owners never get each other's
// blobs, whatever their names are. The owner's name is not kept, so the keys
// can't be listed: the result is no [Lister].
func ForOwner(store Store, owner string) Store { return owned{store, owner} }

type owned struct {
	store Store
	owner string
}

// key is the store's key for one of the owner's. The length keeps the owner from
// running into the key.
func (o owned) key(key string) (string, error) {
	if !isKey(key) {
		return "", &KeyError{Key: key}
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "owner %d %s %s", len(o.owner), o.owner, key))
	return hex.EncodeToString(sum[:20]), nil
}

func (o owned) Load(ctx context.Context, key string) ([]byte, error) {
	key, err := o.key(key)
	if err != nil {
		return nil, err
	}
	return o.store.Load(ctx, key)
}

func (o owned) CompareAndSwap(ctx context.Context, key string, old, new []byte) (swapped bool, err error) {
	if key, err = o.key(key); err != nil {
		return false, err
	}
	return o.store.CompareAndSwap(ctx, key, old, new)
}

func (o owned) TryLock(ctx context.Context, key string) (unlock func(), ok bool, err error) {
	if key, err = o.key(key); err != nil {
		return nil, false, err
	}
	return o.store.TryLock(ctx, key)
}
