//go:build unix && !darwin

package terminal

import (
	"time"

	"golang.org/x/sys/unix"
)

// readable waits until a terminal can be read, or has gone; at most for so long, and only until wake can be read.
func readable(tty, wake int, d time.Duration) (bool, error) {
	fds := []unix.PollFd{{Fd: int32(tty), Events: unix.POLLIN}, {Fd: int32(wake), Events: unix.POLLIN}}
	_, err := unix.Poll(fds, int(d.Milliseconds()))
	return err == nil && fds[0].Revents != 0, err
}
