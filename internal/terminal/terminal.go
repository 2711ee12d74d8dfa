// Package terminal reads lines from a person's terminal, of any length and without being stuck in a read.
package terminal

import (
	"context"
	"io"
	"os"

	"golang.org/x/term"
)

// maxLine is how much of a line is kept. Terminals in their usual mode cut at 1,024 bytes (macOS) or 4,095 (Linux), which
// an address with a code in it exceeds.
const maxLine = 64 << 10

// Is reports whether v, such as an io.Reader or io.Writer, is a terminal.
func Is(v any) bool {
	f, ok := v.(*os.File)
	if !ok || f == nil {
		return false
	}
	conn, err := f.SyscallConn() // not Fd, which would make reads of it block for good
	if err != nil {
		return false
	}
	is := false
	err = conn.Control(func(fd uintptr) { is = term.IsTerminal(int(fd)) })
	return err == nil && is
}

// ReadLines calls line with each line that is typed or pasted into a terminal, without its end, until ctx ends or the
// input does. Of several in one program that read the same terminal, one reads at a time and the others wait for it. Nothing
// is echoed. The keys that interrupt, quit and suspend a program do so, with the terminal as it was before; and so it is when
// ReadLines returns, or line panics: as it was, or as others have set it meanwhile. That is at once when ctx ends. Nothing is
// read while the program is in the background.
//
// Where a read can't be ended (Windows and Plan 9), the terminal stays as it is, and echoes. ReadLines returns when ctx ends
// all the same, but one read goes on, and what is typed up to the next Enter is lost, unless the next ReadLines takes it.
//
// in must be a terminal; see Is.
func ReadLines(ctx context.Context, in io.Reader, line func(string)) error {
	return readLines(ctx, in.(*os.File), line)
}

// editor collects a line from what a terminal sends byte by byte.
type editor struct {
	text []byte
	line func(string)
}

// The keys that an editor knows, as terminals send them.
const (
	keyCtrlD     = 0x04
	keyBackspace = 0x08
	keyCtrlU     = 0x15
	keyDelete    = 0x7f
)

// key takes one byte, and reports whether the input ends with it.
func (e *editor) key(b byte) (end bool) {
	switch b {
	case '\r', '\n':
		e.line(string(e.text))
		e.text = e.text[:0]
	case keyBackspace, keyDelete:
		e.text = e.text[:max(len(e.text)-1, 0)]
	case keyCtrlU:
		e.text = e.text[:0]
	case keyCtrlD:
		return len(e.text) == 0
	default:
		if len(e.text) < maxLine {
			e.text = append(e.text, b)
		}
	}
	return false
}
