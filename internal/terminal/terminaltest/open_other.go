//go:build !linux

package terminaltest

import (
	"errors"
	"os"
)

func open() (person, tty *os.File, err error) { return nil, nil, errors.ErrUnsupported }
