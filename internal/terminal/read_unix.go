//go:build unix

package terminal

import (
	"context"
	"errors"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/ssooidc/ssooidc-go/internal/pause"
)

// Echoes is whether what is typed for ReadLines is shown.
const Echoes = false

// checkTime is how long a program waits for a key before it looks again at the terminal, which others may have changed.
const checkTime = 100 * time.Millisecond

// signalTime is how long a signal may take to end or stop the program before the terminal is changed again.
const signalTime = 300 * time.Millisecond

func readLines(ctx context.Context, f *os.File, line func(string)) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	t := &tty{conn: conn}
	d, err := t.device()
	if err != nil {
		return err
	}
	leave, ok := takeTurn(ctx, d)
	if !ok {
		return nil
	}
	defer leave()
	wake, release, err := wakeUp(ctx)
	if err != nil {
		return err
	}
	defer release()
	defer t.restore()
	e := &editor{line: line}
	buffer := make([]byte, 4096)
	isReadable := false
	for ctx.Err() == nil {
		if !t.isForeground() {
			isReadable = false
			pause.For(ctx, time.Second)
			continue
		}
		if err := t.prepare(); err != nil {
			return err
		}
		if !isReadable { // if it is, the read follows at once: in a mode that others have set it could block
			if isReadable, err = t.await(wake); err != nil && !errors.Is(err, unix.EINTR) {
				return err
			}
			continue
		}
		isReadable = false
		n, err := t.read(buffer)
		switch {
		case errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR): // it may have been made non-blocking
			continue
		case err != nil:
			return err
		case n == 0:
			pause.For(ctx, checkTime) // a terminal that has gone away answers at once
		}
		for _, b := range buffer[:n] {
			if sig, ok := t.signalOf(b); ok {
				// As the terminal would have done: to all of the foreground, after which the program may go on, or end.
				t.restore()
				unix.Kill(0, sig)
				pause.For(ctx, signalTime)
			} else if e.key(b) {
				return nil
			}
		}
	}
	return nil
}

// wakeUp returns what can be read once ctx ends, for those who wait for a file at the same time.
func wakeUp(ctx context.Context) (wake syscall.RawConn, release func(), err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, nil, err
	}
	closed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(closed)
		w.Close()
	})
	release = func() {
		if stop() {
			w.Close()
		} else {
			<-closed
		}
		r.Close()
	}
	wake, err = r.SyscallConn()
	if err != nil {
		release()
		return nil, nil, err
	}
	return wake, release, nil
}

// tty is a terminal whose mode is changed for a while.
type tty struct {
	conn   syscall.RawConn
	before *unix.Termios // nil: the mode is not changed
}

// changed are the flags that are off while we read. Only the input is changed: what others print looks as ever.
const changed = unix.ICANON | unix.ECHO | unix.ISIG | unix.IEXTEN

// prepare lets reads return each byte at once, or nothing. Others who change the mode meanwhile, as a shell does with a
// program that was stopped, or another program that read at the same time and restores its own, get theirs when we end.
func (t *tty) prepare() error {
	return t.control(func(fd int) error {
		now, err := unix.IoctlGetTermios(fd, ioctlGetTermios)
		if err != nil {
			return err
		}
		mode := *now
		mode.Lflag &^= changed
		mode.Cc[unix.VMIN], mode.Cc[unix.VTIME] = 0, 0
		if t.before != nil && mode == *now {
			return nil
		}
		if err := unix.IoctlSetTermios(fd, ioctlSetTermios, &mode); err != nil {
			return err
		}
		t.before = t.undo(now)
		return nil
	})
}

// undo returns a mode without our changes, and with those of others.
func (t *tty) undo(now *unix.Termios) *unix.Termios {
	mode := *now
	if t.before == nil {
		return &mode
	}
	mode.Lflag |= t.before.Lflag & changed
	for _, c := range []int{unix.VMIN, unix.VTIME} {
		if mode.Cc[c] == 0 {
			mode.Cc[c] = t.before.Cc[c]
		}
	}
	return &mode
}

// restore gives the terminal back as it was. In the background that would stop the program; the shell has then done it.
func (t *tty) restore() {
	if t.before == nil || !t.isForeground() {
		return
	}
	t.control(func(fd int) error {
		now, err := unix.IoctlGetTermios(fd, ioctlGetTermios)
		if err != nil {
			return err
		}
		return unix.IoctlSetTermios(fd, ioctlSetTermios, t.undo(now))
	})
	t.before = nil
}

// await waits for something to read.
func (t *tty) await(wake syscall.RawConn) (is bool, err error) {
	err = t.control(func(fd int) error {
		return control(wake, func(wake int) error {
			is, err = readable(fd, wake, checkTime)
			return err
		})
	})
	return is, err
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

// device tells this terminal from others. A file of the one that controls this program may be /dev/tty, which has a
// number of its own.
func (t *tty) device() (d device, err error) {
	err = t.control(func(fd int) error {
		if _, err := unix.IoctlGetInt(fd, unix.TIOCGPGRP); err == nil {
			d = ownDevice
			return nil
		}
		var stat unix.Stat_t
		err := unix.Fstat(fd, &stat)
		d = device(strconv.FormatUint(uint64(stat.Rdev), 10))
		return err
	})
	return d, err
}

func (t *tty) control(f func(fd int) error) error { return control(t.conn, f) }

func control(conn syscall.RawConn, f func(fd int) error) error {
	var err error
	rawErr := conn.Control(func(fd uintptr) { err = f(int(fd)) })
	return errors.Join(rawErr, err)
}
