//go:build unix

package terminal

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// readTime is how long a read waits for a byte; the terminal counts in tenths of a second.
const readTime = 100 * time.Millisecond

// signalTime is how long a signal may take to end or stop the program before the terminal is changed again.
const signalTime = 300 * time.Millisecond

func readLines(ctx context.Context, f *os.File, line func(string)) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	t := &tty{conn: conn}
	e := &editor{line: line}
	defer t.restore()
	buffer := make([]byte, 4096)
	for ctx.Err() == nil {
		if !t.isForeground() {
			t.restore()
			sleep(ctx, time.Second)
			continue
		}
		if err := t.prepare(); err != nil {
			return err
		}
		n, err := t.read(buffer)
		switch {
		case errors.Is(err, unix.EAGAIN): // somebody has made it non-blocking
			sleep(ctx, readTime)
			continue
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return err
		case n == 0:
			sleep(ctx, readTime/10) // a terminal that has gone away answers at once
		}
		for _, b := range buffer[:n] {
			if sig, ok := t.signalOf(b); ok {
				// As the terminal would have done: to all of the foreground, after which the program may go on, or end.
				t.restore()
				unix.Kill(0, sig)
				sleep(ctx, signalTime)
			} else if e.key(b) {
				return nil
			}
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// tty is a terminal whose mode is changed for a while.
type tty struct {
	conn   syscall.RawConn
	before *unix.Termios // nil: the mode is not changed
}

// prepare lets reads return each byte at once, or nothing after readTime. Only the input is changed: what others print
// looks as ever.
func (t *tty) prepare() error {
	if t.before != nil {
		return nil
	}
	return t.control(func(fd int) error {
		before, err := unix.IoctlGetTermios(fd, ioctlGetTermios)
		if err != nil {
			return err
		}
		mode := *before
		mode.Lflag &^= unix.ICANON | unix.ECHO | unix.ISIG | unix.IEXTEN
		mode.Cc[unix.VMIN] = 0
		mode.Cc[unix.VTIME] = uint8(readTime / (time.Second / 10))
		if err := unix.IoctlSetTermios(fd, ioctlSetTermios, &mode); err != nil {
			return err
		}
		t.before = before
		return nil
	})
}

// restore gives the terminal back as it was.
func (t *tty) restore() {
	if t.before == nil {
		return
	}
	t.control(func(fd int) error { return unix.IoctlSetTermios(fd, ioctlSetTermios, t.before) })
	t.before = nil
}

func (t *tty) read(buffer []byte) (n int, err error) {
	rawErr := t.conn.Read(func(fd uintptr) bool {
		n, err = unix.Read(int(fd), buffer)
		return true
	})
	return max(n, 0), errors.Join(rawErr, err)
}

// signalOf is the signal that a key stands for, as the person has set them.
func (t *tty) signalOf(b byte) (syscall.Signal, bool) {
	const disabled = 0 // _POSIX_VDISABLE on Linux; elsewhere it is 0xff, which no one types
	switch {
	case t.before == nil || t.before.Lflag&unix.ISIG == 0 || b == disabled || b == 0xff:
		return 0, false
	case b == t.before.Cc[unix.VINTR]:
		return unix.SIGINT, true
	case b == t.before.Cc[unix.VQUIT]:
		return unix.SIGQUIT, true
	case b == t.before.Cc[unix.VSUSP]:
		return unix.SIGTSTP, true
	}
	return 0, false
}

// isForeground reports whether the program may read: one in the background would be stopped for it. A terminal that is
// not the one that controls this program has no foreground.
func (t *tty) isForeground() bool {
	is := true
	t.control(func(fd int) error {
		group, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP)
		own, ownErr := unix.Getpgid(0)
		is = err != nil || ownErr != nil || group == own
		return nil
	})
	return is
}

func (t *tty) control(f func(fd int) error) error {
	var err error
	rawErr := t.conn.Control(func(fd uintptr) { err = f(int(fd)) })
	return errors.Join(rawErr, err)
}
