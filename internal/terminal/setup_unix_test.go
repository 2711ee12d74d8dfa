//go:build unix

package terminal_test

import "syscall"

// controllingTerminal makes standard input a program's own terminal.
func controllingTerminal() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Setctty: true}
}
