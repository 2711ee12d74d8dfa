package tokencache

import (
	"context"
	"errors"
)

// Adopt moves an entry to another store, if that has none for the key, and
// reports whether it did: to move a session from the AWS CLI's folder into a
// keyring, say. The entry is removed from where it was only when the other store
// has it. If that removal fails, Adopt returns true and the error, and both have
// it.
func Adopt(ctx context.Context, to, from Store, key string) (bool, error) {
	const tries = 10
	for range tries {
		data, err := from.Load(ctx, key)
		if data == nil || err != nil {
			return false, err
		}
		if swapped, err := to.CompareAndSwap(ctx, key, nil, data); !swapped {
			return false, err
		}
		removed, err := from.CompareAndSwap(ctx, key, data, nil)
		if removed || err != nil {
			return true, err
		}
		// The entry has changed where it was, so that the copy is old.
		if swapped, err := to.CompareAndSwap(ctx, key, data, nil); !swapped {
			return true, err // it is in use already
		}
	}
	return false, errors.New("tokencache: another program keeps changing the entry: try again in a moment")
}
