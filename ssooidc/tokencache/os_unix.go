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

// checkWritable returns why this process can't add files to a folder. It writes
// nothing.
func checkWritable(folder string) error {
	const writeAndSearch = 2 | 1 // W_OK|X_OK of access(2)
	if err := syscall.Access(folder, writeAndSearch); err != nil {
		return &fs.PathError{Op: "access", Path: folder, Err: err}
	}
	return nil
}

// isReadOnly reports whether an error is a read-only file system's.
func isReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// isUnsupported reports whether an error is a file system's that has no locks.
func isUnsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK) || errors.Is(err, syscall.EINVAL)
}

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
