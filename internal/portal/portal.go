// Package portal calls the AWS access portal, which knows a session by its access token.
package portal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/internal/wire"
)

// Error is why the portal did not do what it was asked. Its text holds no token.
type Error struct {
	StatusCode int    // of HTTP; 0 where there was no answer
	RequestID  string // may be empty
	Err        error  // why there was no answer; nil where there was one
	isPage     bool
	text       string // Err's, without the token
	echoes     bool   // Err's text repeats it
}

// Error says what came instead, and what to look at where nothing came.
func (e *Error) Error() string {
	switch {
	case e.Err != nil:
		text := "no answer from the portal: " + e.text
		if advice := wire.Advice(e.Err); advice != "" {
			text += "; " + advice
		}
		return text
	case e.RequestID != "":
		return fmt.Sprintf("the portal answered with status %d (request id %s)", e.StatusCode, secret.Printable(e.RequestID, 100))
	case e.StatusCode/100 == 2:
		return "a web page came instead of the portal's answer; check any endpoint or proxy (HTTPS_PROXY) that is configured"
	}
	return fmt.Sprintf("the portal answered with status %d", e.StatusCode)
}

// HTTPStatusCode is StatusCode, or 0 if a proxy has answered.
func (e *Error) HTTPStatusCode() int {
	if e.isPage {
		return 0
	}
	return e.StatusCode
}

// Unwrap is Err, or nil where Err's text repeats the token: then only errors.Is and errors.As find what it is.
func (e *Error) Unwrap() error {
	if e.echoes {
		return nil
	}
	return e.Err
}

// Is lets errors.Is find what Unwrap withholds.
func (e *Error) Is(target error) bool { return e.echoes && errors.Is(e.Err, target) }

// As lets errors.As find what Unwrap withholds.
func (e *Error) As(target any) bool { return e.echoes && errors.As(e.Err, target) }

// Format implements [fmt.Formatter]: every verb prints what Error says, and nothing of Err itself.
func (e *Error) Format(f fmt.State, _ rune) { fmt.Fprint(f, e.Error()) }

// Logout ends the session of an access token on the server, for every tool that uses it. endpoint is the portal's, without
// a slash at the end. Errors are *Error.
func Logout(ctx context.Context, client wire.Doer, endpoint, token string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint+"/logout", nil)
	if err != nil {
		return noAnswer(err, token)
	}
	req.Header.Set("X-Amz-Sso_bearer_token", token)
	resp, err := client.Do(req)
	if err != nil {
		return noAnswer(err, token)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 { // of a protocol that nobody asked for: there is no end to read to
		return &Error{StatusCode: resp.StatusCode}
	}
	// The status of an answer that breaks off says enough. It is read so that the connection can be used again, too.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if resp.StatusCode/100 == 2 && !isPage(body) {
		return nil
	}
	return &Error{isPage: isPage(body), StatusCode: resp.StatusCode, RequestID: secret.Remove(resp.Header.Get("X-Amzn-Requestid"), []string{token})}
}

// isPage reports whether a body is HTML or the like, as of a proxy that has its own page for everything.
func isPage(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n\ufeff"), []byte("<"))
}

func noAnswer(err error, token string) error {
	text, secrets := err.Error(), []string{token}
	return &Error{Err: err, text: secret.Remove(text, secrets), echoes: secret.Echoed(text, secrets) != nil}
}
