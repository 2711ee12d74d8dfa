//go:build unix

package tokencache

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

const (
	openNonblock = syscall.O_NONBLOCK // a pipe in a file's place must not hold us up
	openNofollow = syscall.O_NOFOLLOW
)

// isBusy: here a reader never holds anything up.
func isBusy(error) bool { return false }

// syncFolder makes a rename in the folder last. A folder that can't be opened for reading, or a file system without such a
// thing, is no reason to call a finished save failed.
func syncFolder(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
