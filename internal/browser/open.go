package browser

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/cli/browser"
)

// The library keeps the output of what it starts in variables, which are the program's own by default. They are set
// before anything runs, and to a file, since a pipe would end with us and take the browser along.
func init() {
	browser.Stdout, browser.Stderr = io.Discard, io.Discard
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		browser.Stdout, browser.Stderr = null, null
	}
}

// open hands the address to the system's own way to open one: xdg-open and its like, open, or the shell API of Windows.
// The library waits for the program that it started, which may be the browser; so it gets a goroutine, which ends with it.
func open(ctx context.Context, address string) error {
	done := make(chan error, 1)
	go func() { done <- browser.OpenURL(address) }()
	timer := time.NewTimer(settle)
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("browser: none could be opened: %w", err)
		}
		return nil
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
