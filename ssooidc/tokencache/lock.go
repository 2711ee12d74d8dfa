package tokencache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/ssooidc/ssooidc-go/internal/pause"
)

// held are the locks that this process holds. Nothing else keeps one whose
// unlock was dropped. The garbage collector would close its file, and so end the
// lock.
var held sync.Map // of *flock.Flock

// TryLock takes the kernel's lock on the key's lock file. The kernel releases it
// when its holder dies. The file stays, since others may have it open. A link in
// its place is not followed. If the folder can't be written, TryLock fails with
// [ErrReadOnly], even if an old lock file in it can.
func (d Dir) TryLock(ctx context.Context, key string) (unlock func(), ok bool, err error) {
	path, err := d.file(ctx, key, ".lock")
	if err != nil {
		return nil, false, err
	}
	folder := filepath.Dir(path)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, false, readOnly(lockError(path, err))
	}
	if err := checkWritable(folder); err != nil {
		return nil, false, readOnly(lockError(path, err))
	}
	return tryLock(path)
}

// tryLock locks a file, which it makes if there is none.
func tryLock(path string) (unlock func(), ok bool, err error) {
	if openNofollow == 0 && isLink(path) {
		return nil, false, lockError(path, errLink)
	}
	// A new one each time: a second TryLock on the same Flock would succeed. Open for
	// writing, since that is what NFS and the systems that lock by fcntl demand.
	lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR|openNofollow|openNonblock))
	ok, err = lock.TryLock()
	switch {
	case err != nil && isLink(path):
		return nil, false, lockError(path, errLink)
	case err != nil:
		return nil, false, lockError(path, err)
	case !ok:
		return nil, false, nil
	}
	held.Store(lock, nil)
	return func() {
		lock.Unlock() // closes the file, or if that fails leaves it to the garbage collector
		held.Delete(lock)
	}, true, nil
}

const (
	// folderLock is the file whose lock excludes all other swaps in a folder. It has
	// no .json at its end, and stays empty.
	folderLock = ".ssooidc.lock"

	// A swap holds it for microseconds, unless its process is stopped meanwhile.
	folderLockTimeout = 10 * time.Second
)

// lockFolder waits for the lock of a folder's swaps. On a file system without
// locks, it goes on without one.
func lockFolder(ctx context.Context, folder string) (unlock func(), err error) {
	path := filepath.Join(folder, folderLock)
	began, wait := time.Now(), 100*time.Microsecond
	for {
		unlock, ok, err := tryLock(path)
		switch {
		case isUnsupported(err):
			return func() {}, nil
		case err != nil:
			return nil, err
		case ok:
			return unlock, nil
		case time.Since(began) > folderLockTimeout:
			return nil, fmt.Errorf("another process has held %s for %v: look for one that is stopped or hangs, then try again", path, folderLockTimeout)
		}
		if err := pause.For(ctx, wait); err != nil {
			return nil, err
		}
		wait = min(2*wait, 5*time.Millisecond)
	}
}

var errLink = errors.New("it is a link, which is not followed")

func isLink(path string) bool {
	info, err := os.Lstat(path)
	return err == nil && info.Mode()&fs.ModeSymlink != 0
}

func lockError(path string, err error) error {
	advice := "look at the permissions of its folder, and whether its file system has locks"
	if file := blocking(filepath.Dir(path)); file != "" {
		advice = "move away " + file + ", which is no folder"
	} else if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		advice = "remove it"
	}
	return fmt.Errorf("tokencache: %s can't be locked: %w: %s", path, err, advice)
}
