package login

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/internal/terminal"
)

// Terminal is a prompt for a terminal: it writes to out what to do, and while it waits a spinner and how long is left;
// where out is no terminal, once a minute how long is left. Of the person it reads nothing but, where in is a terminal and
// the browser might be on another machine, the address that is pasted by hand; except on Windows, it is not echoed. Of
// several prompts of a program at one terminal, one reads at a time. nil in: no pasting; nil out: the prompt fails. What it writes is printable text,
// whatever the service sends.
//
// The terminal is as it was before when the sign-in is over, and after Ctrl-C. A program that something else may end while
// it waits (SIGTERM, SIGHUP, os.Exit) must see to it that Login's context ends and Login returns first, for signals with
// [os/signal.NotifyContext], or the terminal stays without echo.
func Terminal(in io.Reader, out io.Writer) PromptFunc {
	return func(ctx context.Context, c Challenge) error {
		if out == nil {
			return errNoTerminal
		}
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		canPaste := c.Submit != nil && terminal.Is(in)
		if _, err := io.WriteString(out, instructions(c, canPaste)); err != nil {
			return err
		}
		pasted := make(chan string)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			if canPaste {
				// Without the input, the sign-in can still be finished in the browser.
				_ = terminal.ReadLines(ctx, in, func(line string) {
					select {
					case pasted <- line:
					case <-ctx.Done():
					}
				})
			}
		}()
		defer func() { // also if out or Submit panics
			cancel()
			<-ended // the terminal is as it was before
		}()
		return wait(ctx, c, out, pasted)
	}
}

var errNoTerminal = errors.New("there is nothing to write to: give Terminal an out, such as os.Stderr")

// instructions are what a person has to do.
func instructions(c Challenge, canPaste bool) string {
	show := func(text string) string { return secret.Printable(text, 16<<10) }
	text := "\nSign in to AWS IAM Identity Center"
	switch c.Flow {
	case FlowBrowser: // it was asked for, also where Why tells against it and no browser has been opened
		if c.Why != "" {
			text += fmt.Sprintf(" (by %v; note: %s)", c.Flow, show(c.Why))
		}
		where := "on this machine"
		if canPaste {
			where += " or another"
		}
		text += fmt.Sprintf("\n\nSign in with your browser. If none opens by itself, open this address %s:\n\n  %s\n", where, show(c.URL))
		if canPaste {
			text += "\nIf your browser is on another machine, it ends at a page that it can't open:\n" +
				"paste the address of that page here, and press Enter."
			if !terminal.Echoes {
				text += " It is not shown."
			}
			text += "\n"
		}
	default:
		if c.Why != "" {
			text += fmt.Sprintf(" (by %v: %s)", c.Flow, show(c.Why))
		}
		text += fmt.Sprintf("\n\nOpen this address in a browser, on any device:\n\n  %s\n", show(c.URL))
		text += fmt.Sprintf("\nCheck that the page shows this code, or type it there:\n\n  %s\n", show(c.UserCode))
		if c.CodeURL != c.URL && c.CodeURL != "" {
			text += fmt.Sprintf("\nThe short address, to type on another device: %s\n", show(c.CodeURL))
		}
	}
	return text + "\n"
}

// wait shows how long is left, and hands on what is pasted.
func wait(ctx context.Context, c Challenge, out io.Writer, pasted <-chan string) error {
	every, begin, end, spinner := time.Minute, "", "\n", []string{""}
	if terminal.Is(out) {
		every, begin, end = 250*time.Millisecond, "\r\x1b[K", "" // one line, written anew
		spinner = []string{"| ", "/ ", "- ", "\\ "}
		defer io.WriteString(out, begin)
	}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for turn := 0; ; turn++ {
		if !c.ExpiresAt.IsZero() {
			left := max(c.ExpiresAt.Sub(now()).Round(time.Second), 0)
			if _, err := fmt.Fprintf(out, "%s%sWaiting for you to sign in: %v left%s", begin, spinner[turn%len(spinner)], left, end); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			var unsaved *CacheError
			if errors.As(context.Cause(ctx), &unsaved) {
				_, err := fmt.Fprintf(out, "%sYou are signed in, but only until this program ends: the sign-in could not be saved (%s).\n",
					begin, secret.Printable(unsaved.Error(), 1000))
				return err
			}
			return nil
		case <-tick.C:
		case line := <-pasted:
			if line == "" {
				continue
			}
			if err := c.Submit(line); err != nil {
				if _, err := fmt.Fprintf(out, "%s%v\n", begin, err); err != nil {
					return err
				}
			}
		}
	}
}
