//go:build !unix

package terminal

import (
	"context"
	"os"
)

// readLines reads in the terminal's own mode: Windows has no limit to a line but the size of the buffer.
func readLines(ctx context.Context, f *os.File, line func(string)) error {
	keys := make(chan []byte)
	failed := make(chan error, 1)
	go func() {
		for {
			buffer := make([]byte, maxLine)
			n, err := f.Read(buffer)
			if err != nil {
				failed <- err
				return
			}
			select {
			case keys <- buffer[:n]:
			case <-ctx.Done():
				return
			}
		}
	}()
	e := &editor{line: line}
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case typed := <-keys:
			for _, b := range typed {
				if e.key(b) {
					return nil
				}
			}
		}
	}
}
