package tokencache

import (
	"errors"
	"syscall"
)

const openNonblock, openNofollow = 0, 0

// isBusy reports whether somebody has the file open in a way that excludes us. Access denied is one form of it: a file
// that is to be deleted when its last reader closes it.
func isBusy(err error) bool {
	const (
		sharingViolation = syscall.Errno(32)
		lockViolation    = syscall.Errno(33)
	)
	return errors.Is(err, syscall.ERROR_ACCESS_DENIED) || errors.Is(err, sharingViolation) || errors.Is(err, lockViolation)
}

// syncFolder: Windows has no such thing.
func syncFolder(string) error { return nil }
