package tokencache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
)

// held are the locks that this process holds. Nothing else keeps one whose unlock was dropped, and the garbage collector
// closes a file that nothing keeps, which ends its lock.
var held sync.Map // of *flock.Flock

// TryLock takes the kernel's lock on the key's lock file. The kernel releases it when its holder dies; the file stays for
// good, since others may be holding what they have open. A link in its place is not followed.
func (d Dir) TryLock(ctx context.Context, key string) (unlock func(), ok bool, err error) {
	path, err := d.file(ctx, key, ".lock")
	if err != nil {
		return nil, false, err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, false, lockError(path, err)
	}
	if openNofollow == 0 && isLink(path) {
		return nil, false, lockError(path, errLink)
	}
	// A new one each time: a second TryLock on the same Flock would succeed. Open for writing, since that is what NFS and
	// the systems that lock by fcntl demand.
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
