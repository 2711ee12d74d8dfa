package login

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// PromptFunc shows a person how to sign in. [Terminal] makes one.
//
// Login calls it on a goroutine of its own, and again after it falls back to
// another flow. Login cancels its context when the sign-in is over, and waits for
// it: return promptly, and read what can't be interrupted on a goroutine of your
// own. It may show progress until then. Returning nil early is fine; an error of
// its own ends the sign-in.
//
// If the person has signed in, but the token could not be saved, the cause of the
// context's end is a [*CacheError] that says why. Tell the person.
type PromptFunc func(ctx context.Context, c Challenge) error

// Challenge is what a person must know to sign in. The texts are the service's own: make them printable before they reach
// a terminal.
type Challenge struct {
	Flow Flow // FlowBrowser or FlowDeviceCode

	// Why is why this flow was chosen, such as "no display" or "the browser could not be opened", and what looks wrong,
	// such as a start URL of another region. "" where there is nothing to say.
	Why string

	// URL is the address to open. It is an https one, unless the service sent another.
	URL string

	// CodeURL is the short address to type on another device, and UserCode what to type there. Always show the code too: the
	// page behind URL may ask for it, and where it shows one, the person must compare. Both are for FlowDeviceCode only.
	CodeURL  string
	UserCode string

	// ExpiresAt is when the sign-in ends if nobody finishes it.
	ExpiresAt time.Time

	// Submit takes the address that the browser came back to, pasted by hand, from a browser that can't reach this
	// machine. Its error says what is wrong with the address; the sign-in then goes on. It is safe for concurrent use.
	// It is for FlowBrowser only, and nil otherwise.
	Submit func(redirectURL string) error
}

// promptError is the error of a PromptFunc, as the cause why the flow ended.
type promptError struct{ err error }

func (e *promptError) Error() string { return "the prompt failed: " + e.err.Error() }
func (e *promptError) Unwrap() error { return e.err }

// errGone is the error of a callback that ended its goroutine instead of returning, as t.FailNow does.
var errGone = errors.New("it ended its goroutine (runtime.Goexit): let it return")

// prompt shows a challenge while the flow runs, and keeps the token that comes of it.
func (s *signing) prompt(ctx context.Context, c Challenge, flow func(context.Context) (tokencache.Token, error)) (Token, error) {
	flowCtx, endFlow := context.WithCancelCause(ctx)
	defer endFlow(nil)
	promptCtx, endPrompt := context.WithCancelCause(ctx)
	defer endPrompt(nil)
	returned := make(chan struct{})
	go func() {
		defer close(returned)
		err := errGone // unless it returns
		defer func() {
			if err != nil && promptCtx.Err() == nil {
				endFlow(&promptError{err})
			}
		}()
		err = s.cfg.Prompt(promptCtx, c)
	}()
	issued, err := flow(flowCtx)
	var token Token
	if err == nil {
		token, err = s.keep(ctx, issued)
	}
	endPrompt(s.Unsaved())
	<-returned
	if failed, ok := context.Cause(flowCtx).(*promptError); ok && err != nil {
		err = failed
	}
	return token, err
}

// why joins what a challenge has to say.
func (s *Session) why(reason string) string {
	hint := s.cfg.regionHint()
	switch {
	case hint == "":
		return reason
	case reason == "":
		return hint
	}
	return fmt.Sprintf("%s; %s", reason, hint)
}
