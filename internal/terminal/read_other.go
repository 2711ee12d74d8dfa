//go:build !unix

package terminal

import (
	"context"
	"os"
)

// Echoes is whether what is typed for ReadLines is shown.
const Echoes = true

// input is what a read has returned.
type input struct {
	text []byte
	err  error
}

// pending is the read that goes on, if any, and its file. It belongs to whose turn it is.
var (
	pending     chan input
	pendingFile *os.File
)

// readLines reads in the terminal's own mode: Windows has no limit to a line but the size of the buffer. A read can't be
// ended: the next ReadLines goes on with it, since that is where the next line arrives.
func readLines(ctx context.Context, f *os.File, line func(string)) error {
	leave, ok := takeTurn(ctx, ownDevice) // a program has one console
	if !ok {
		return nil
	}
	defer leave()
	select {
	case <-pending: // typed when nobody asked for it
		pending = nil
	default:
		if pendingFile != f {
			pending = nil
		}
	}
	e := &editor{line: line}
	for ctx.Err() == nil {
		if pending == nil {
			pending, pendingFile = make(chan input, 1), f
			go func(read chan<- input) {
				buffer := make([]byte, maxLine)
				n, err := f.Read(buffer)
				read <- input{buffer[:n], err}
			}(pending)
		}
		select {
		case <-ctx.Done():
		case typed := <-pending:
			pending = nil
			for _, b := range typed.text {
				if e.key(b) {
					return nil
				}
			}
			if typed.err != nil {
				return typed.err
			}
		}
	}
	return nil
}
