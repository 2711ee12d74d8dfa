// Package wire exchanges one JSON POST with the service: built, signed, sent, bounded, and sent again
// where that may help. What is asked and what an answer means is its caller's affair.
package wire

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ssooidc/ssooidc-go/internal/pause"
)

// Doer sends a request. [*http.Client] is one.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}

// Client is how requests are sent. It is safe for concurrent use if its parts are; nothing changes it.
type Client struct {
	HTTP      Doer
	Retryer   aws.Retryer
	Logger    *slog.Logger // nil: silent
	UserAgent string
}

// Call is one request. The exchange changes nothing of it.
type Call struct {
	Operation string
	URL       url.URL
	Body      []byte // JSON
	Signing   *Signing
	Handler   Handler
}

// Handler knows what the answers to a request mean.
type Handler interface {
	// Answered reads an answer. The error is the call's, if no other attempt is made. It keeps nothing of
	// the answer's body.
	Answered(Answer) error
	// Failed makes the call's error of what went wrong before there was an answer.
	Failed(error) error
	// Sends learns of one more secret that goes out with an attempt.
	Sends(secret string)
	// Clean takes the request's secrets out of a text from elsewhere, and makes it fit for a log.
	Clean(string) string
	// Final tells whether the request must not be sent again after such an error, whatever the retryer
	// thinks.
	Final(error) bool
}

// Exchange sends a call, again while its errors and the retryer allow it. The errors are those of the
// call's Handler, but the context's own once that has ended.
func (c *Client) Exchange(ctx context.Context, call *Call) error {
	release := func(error) error { return nil }
	for attempt := 1; ; attempt++ {
		if err := ended(ctx, call, nil); err != nil {
			return err
		}
		releaseAttempt, err := attemptToken(ctx, c.Retryer)
		if err != nil {
			return fmt.Errorf("ssooidc: %s: the retryer held the request back: %w", call.Operation, err)
		}
		err = c.attempt(ctx, call, attempt)
		// Tokens are given back best effort: what the call came to matters more.
		_ = release(err)
		_ = releaseAttempt(err)
		if err == nil {
			return nil
		}
		if ctxErr := ended(ctx, call, err); ctxErr != nil {
			return ctxErr
		}
		most := c.Retryer.MaxAttempts()
		if call.Handler.Final(err) || most > 0 && attempt >= most || !c.Retryer.IsErrorRetryable(err) {
			return err
		}
		delay, delayErr := c.Retryer.RetryDelay(attempt, err)
		if delayErr != nil {
			return err
		}
		retryToken, tokenErr := c.Retryer.GetRetryToken(ctx, err)
		if tokenErr != nil {
			return err // too many retries of late: the error itself says more than that
		}
		release = retryToken
		if pause.For(ctx, delay) != nil {
			return ended(ctx, call, err)
		}
	}
}

// attempt sends a call once.
func (c *Client) attempt(ctx context.Context, call *Call, number int) error {
	var start time.Time
	if c.Logger != nil {
		start = time.Now()
	}
	req := c.request(ctx, call)
	var got received
	if call.Signing != nil {
		got.err = call.Signing.sign(ctx, req, call.Body)
		call.Handler.Sends(req.Header.Get("X-Amz-Security-Token"))
	}
	switch {
	case got.err != nil:
	case c.mayOutlive(ctx):
		got = c.detached(ctx, req)
	default:
		got = receive(c.HTTP.Do(req))
	}
	err := got.err
	if err != nil {
		err = call.Handler.Failed(err)
	} else {
		err = call.Handler.Answered(got.answer)
		buffers.put(got.buffer)
	}
	if c.Logger != nil {
		c.log(ctx, call, number, got.answer, err, time.Since(start))
	}
	return err
}

// mayOutlive reports whether a request may go on when its context has ended: a *http.Client sees to that itself.
func (c *Client) mayOutlive(ctx context.Context) bool {
	_, standard := c.HTTP.(*http.Client)
	return !standard && ctx.Done() != nil
}

// detached leaves a request that does not end with its context to itself.
func (c *Client) detached(ctx context.Context, req *http.Request) received {
	done := make(chan received, 1)
	go func() {
		got := received{err: errors.New("the HTTP client ended its goroutine (runtime.Goexit): let it return")} // unless it returns
		defer func() { done <- got }()
		got = receive(c.HTTP.Do(req))
	}()
	select {
	case got := <-done:
		return got
	case <-ctx.Done():
	}
	// One that honours the context returns about now, and is waited for, so that nothing of it goes on after the call.
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case got := <-done:
		return got
	case <-timer.C:
		return received{err: ctx.Err()}
	}
}

// grace is how long a request may take to notice that its context has ended.
const grace = 50 * time.Millisecond

// request builds an attempt's own request: nothing in it is shared with another attempt, and what gets it
// may change it. GetBody stays nil, so that nothing can send the body, with its secrets, a second time.
func (c *Client) request(ctx context.Context, call *Call) *http.Request {
	u := call.URL
	req := &http.Request{
		Method:     http.MethodPost,
		URL:        &u,
		Host:       u.Host,
		Proto:      "HTTP/1.1",
		ProtoMajor: 1,
		ProtoMinor: 1,
		Header: http.Header{
			"Accept":       {"application/json"},
			"Content-Type": {"application/json"},
			"User-Agent":   {c.UserAgent},
		},
		Body:          body(call.Body),
		ContentLength: int64(len(call.Body)),
	}
	return req.WithContext(ctx)
}

func (c *Client) log(ctx context.Context, call *Call, attempt int, answer Answer, err error, took time.Duration) {
	attrs := []slog.Attr{
		slog.String("operation", call.Operation),
		slog.Int("attempt", attempt),
		slog.Int("status", answer.Status),
		slog.String("request_id", call.Handler.Clean(answer.RequestID())),
		slog.Duration("duration", took),
	}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	c.Logger.LogAttrs(ctx, slog.LevelDebug, "ssooidc request", attrs...)
}

// ended is the error of a call whose context has ended, nil while it has not. The last attempt's error, if
// any, is told along with it.
func ended(ctx context.Context, call *Call, last error) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != err {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	if last != nil && !errors.Is(last, ctx.Err()) {
		return fmt.Errorf("ssooidc: %s: %w, after: %w", call.Operation, err, last)
	}
	return fmt.Errorf("ssooidc: %s: %w", call.Operation, err)
}

// attemptToken asks the retryer's leave for an attempt, which one that limits rates may hold back.
func attemptToken(ctx context.Context, r aws.Retryer) (func(error) error, error) {
	if v2, ok := r.(aws.RetryerV2); ok {
		return v2.GetAttemptToken(ctx)
	}
	return r.GetInitialToken(), nil
}
