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

// checkWritable returns nil: Windows tells what a user may do only when it is done.
func checkWritable(string) error { return nil }

// isReadOnly reports whether an error is that of a write-protected medium.
func isReadOnly(err error) bool {
	const writeProtect = syscall.Errno(19)
	return errors.Is(err, writeProtect)
}

// isUnsupported reports whether an error is a file system's that has no locks.
func isUnsupported(err error) bool {
	const invalidFunction = syscall.Errno(1)
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, invalidFunction)
}
