package tokencache

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// Store keeps small named blobs. A keyring or a shared database fits behind it.
// It is safe for concurrent use. Keys are 40 lower-case hex digits, as [TokenKey]
// and [RegistrationKey] make them; others are a [*KeyError]. A key names the
// configuration, not the person: see [ForOwner]. Package storetest checks all of
// this.
type Store interface {
	// Load returns the blob, which is then the caller's. It returns nil without an
	// error if there is none. An empty blob is not nil.
	Load(ctx context.Context, key string) ([]byte, error)

	// CompareAndSwap replaces old by new, whole or not at all, if the store holds
	// exactly old. If old is nil, there must be no blob. If new is nil, the blob is
	// removed. It keeps nothing of old and new.
	//
	// swapped is false, without an error, if the store holds something else. With
	// an error too, swapped tells the truth: a store that has lost its connection
	// while it committed reads again before it answers.
	CompareAndSwap(ctx context.Context, key string, old, new []byte) (swapped bool, err error)

	// TryLock excludes goroutines and processes, and never waits. ok is false if
	// another holds the lock. The lock lasts until unlock or the end of the
	// process. An error other than [ErrReadOnly] means that there is no locking
	// here; the caller may go on without, since a swap needs no lock. The other
	// methods are called while the lock is held, and must not take it.
	TryLock(ctx context.Context, key string) (unlock func(), ok bool, err error)
}

// ErrReadOnly means that a store can be read, but not written. CompareAndSwap
// and TryLock wrap it.
var ErrReadOnly = errors.New("the store can be read, but not written")

// Lister is a [Store] that knows its keys. [Dir], [Memory] and a [FromKeyValue]
// of a listing KeyValue are.
type Lister interface {
	// Keys yields each key once, in no order. Keys that are added or removed
	// meanwhile may be missing. An error ends it.
	Keys(ctx context.Context) iter.Seq2[string, error]
}

// KeyError is the answer to a key that is not 40 lower-case hex digits. Make keys
// with [TokenKey] or [RegistrationKey].
type KeyError struct{ Key string }

// Error quotes the key, or its beginning.
func (e *KeyError) Error() string {
	return "tokencache: the key " + secret.Quote(e.Key, 60) + " is not 40 lower-case hex digits: make it with TokenKey or RegistrationKey"
}

// SizeError is the answer to a blob of more than 1 MiB, which no entry has.
// Nothing was written.
type SizeError struct {
	Key  string
	Size int // in bytes
}

// Error names the key and the size.
func (e *SizeError) Error() string {
	return fmt.Sprintf("tokencache: a blob of %d bytes for the key %s is larger than 1 MiB, and was not saved", e.Size, secret.Quote(e.Key, 60))
}

// check is what every method of a store begins with. Nothing is begun for a
// context that has ended.
func check(ctx context.Context, key string) error {
	if !isKey(key) {
		return &KeyError{Key: key}
	}
	return ctx.Err()
}

func isKey(key string) bool {
	return len(key) == 40 && strings.Trim(key, "0123456789abcdef") == ""
}

// checkSwap is check for a swap.
func checkSwap(ctx context.Context, key string, new []byte) error {
	if len(new) > maxSize {
		return &SizeError{Key: key, Size: len(new)}
	}
	return check(ctx, key)
}

// isSame reports whether two blobs are the same. nil is not the empty blob.
func isSame(a, b []byte) bool {
	return (a == nil) == (b == nil) && string(a) == string(b)
}
