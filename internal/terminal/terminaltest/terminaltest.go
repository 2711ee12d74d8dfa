// Package terminaltest gives tests a terminal.
package terminaltest

import (
	"os"
	"testing"
)

// Open opens a terminal: what is written to person is typed there, and what is written to tty is read from person. Both are
// closed when the test ends. Where that is not known how to do, it skips the test.
func Open(t testing.TB) (person, tty *os.File) {
	t.Helper()
	person, tty, err := open()
	if err != nil {
		t.Skip("no pseudo-terminal: ", err)
	}
	t.Cleanup(func() {
		tty.Close()
		person.Close()
	})
	return person, tty
}
