package terminaltest

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

func open() (person, tty *os.File, err error) {
	person, err = os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	conn, err := person.SyscallConn()
	if err != nil {
		return nil, nil, err
	}
	var number uint32
	var ioctlErr error
	err = conn.Control(func(fd uintptr) {
		if ioctlErr = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); ioctlErr == nil {
			number, ioctlErr = unix.IoctlGetUint32(int(fd), unix.TIOCGPTN)
		}
	})
	if err == nil {
		err = ioctlErr
	}
	name := fmt.Sprintf("/dev/pts/%d", number)
	fd := -1
	if err == nil {
		fd, err = unix.Open(name, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0) // blocking, as standard input is
	}
	if err != nil {
		person.Close()
		return nil, nil, err
	}
	return person, os.NewFile(uintptr(fd), name), nil
}
