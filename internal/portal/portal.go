// Package portal calls the AWS access portal, which knows a session by its access token.
package portal

import (
	"bytes"
	"context"
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
	text       string
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

// Unwrap is Err.
func (e *Error) Unwrap() error { return e.Err }

// Logout ends the session of an access token on the server, for every tool that uses it. endpoint is the portal's, without
// a slash at the end. A session that the portal does not know, or no longer, has ended: that is no error. Errors are
// *Error.
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
	// The status of an answer that breaks off says enough. It is read so that the connection can be used again, too.
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
	if (resp.StatusCode/100 == 2 || resp.StatusCode == http.StatusUnauthorized) && !isPage(body) {
		return nil
	}
	return &Error{StatusCode: resp.StatusCode, RequestID: secret.Remove(resp.Header.Get("X-Amzn-Requestid"), []string{token})}
}

// isPage reports whether a body is HTML or the like, as of a proxy that has its own page for everything.
func isPage(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n\ufeff"), []byte("<"))
}

func noAnswer(err error, token string) error {
	return &Error{Err: err, text: secret.Remove(err.Error(), []string{token})}
}
