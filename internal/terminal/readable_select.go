//go:build darwin

package terminal

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// readable waits until a terminal can be read, or has gone; at most for so long, and only until wake can be read. The
// poll of macOS knows no terminals.
func readable(tty, wake int, d time.Duration) (bool, error) {
	if tty >= unix.FD_SETSIZE {
		return false, errors.New("too many files are open to wait for the terminal")
	}
	var set unix.FdSet
	set.Set(tty)
	if wake < unix.FD_SETSIZE { // otherwise it is noticed after d
		set.Set(wake)
	} else {
		wake = tty
	}
	timeout := unix.NsecToTimeval(d.Nanoseconds())
	_, err := unix.Select(max(tty, wake)+1, &set, nil, nil, &timeout)
	return err == nil && set.IsSet(tty), err
}
