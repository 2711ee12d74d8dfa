//go:build !unix

package terminal_test

import "syscall"

func controllingTerminal() *syscall.SysProcAttr { return nil }
