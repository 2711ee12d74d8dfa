package tokencache

import (
	"context"
	"strings"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// Store keeps small named blobs; a keyring or a shared database fits behind it. Safe for concurrent use. Keys are 40
// lower-case hex digits, as [TokenKey] and [RegistrationKey] make them; others are refused. A key names the configuration,
// not the person: a store shared by several people adds the person itself. Package storetest checks all of this.
type Store interface {
	// Load returns a blob, which is then the caller's. Where there is none, the error is fs.ErrNotExist.
	Load(ctx context.Context, key string) ([]byte, error)

	// Save writes a blob whole or not at all, over the one that was there. It keeps nothing of data.
	Save(ctx context.Context, key string, data []byte) error

	// Delete removes a blob. It returns nil where there is none.
	Delete(ctx context.Context, key string) error

	// TryLock excludes goroutines and processes, and never waits: ok is false if another holds the lock. It lasts until
	// unlock or the end of the process. An error means that there is no locking here, and the caller may go on without.
	// Load, Save and Delete are called while the lock is held and must not take it.
	TryLock(ctx context.Context, key string) (unlock func(), ok bool, err error)
}

// KeyError is the answer to a key that is not 40 lower-case hex digits. Make keys with [TokenKey] or [RegistrationKey].
type KeyError struct{ Key string }

// Error quotes the key, or its beginning.
func (e *KeyError) Error() string {
	return "tokencache: the key " + secret.Quote(e.Key, 60) + " is not 40 lower-case hex digits: make it with TokenKey or RegistrationKey"
}

// check is what every method of a store begins with: nothing is begun for a context that is over.
func check(ctx context.Context, key string) error {
	if len(key) != 40 || strings.Trim(key, "0123456789abcdef") != "" {
		return &KeyError{Key: key}
	}
	return ctx.Err()
}
