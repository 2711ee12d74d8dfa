// Package browser opens an address in a person's web browser, and tells beforehand whether that can work.
package browser

import (
	"context"
	"net/url"
	"strings"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/endpoint"
)

// settle is how long Open watches the program that it started. A program that fails does so within it; one that is
// still running after it is taken to be the browser itself: xdg-open runs for as long as the browser that it started.
const settle = 2 * time.Second

// maxAddress bounds an address: Windows starts nothing with more than 32,767 characters on its command line.
const maxAddress = 16 << 10

// AddressError is an address that Open refuses. It does not hold the address, which may carry a state or a user code.
type AddressError struct {
	Problem string // such as "it is not an https address"
}

// Error says what is wrong with the address.
func (e *AddressError) Error() string {
	return "browser: refused to open the address: " + e.Problem
}

// Open opens an https address, or an http address on loopback, in the person's browser. Any other address is an
// *AddressError, and nothing is started for it.
//
// Open returns when the browser has the address, at the latest after two seconds or when ctx ends. It does not wait
// for the browser to close, and never kills what it started: that may be the browser with all of the person's pages.
// There is no shell in between, and what it starts has no input, and its output is discarded: the standard output of a
// credential_process belongs to somebody else.
//
// Open is safe for concurrent use.
func Open(ctx context.Context, address string) error {
	if err := Check(address); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return open(ctx, address)
}

// Check returns the *AddressError of an address that Open would refuse. It lets only through what is sure to reach a
// browser as a web address, on every system.
func Check(address string) error {
	if len(address) > maxAddress {
		return &AddressError{Problem: "it is too long"}
	}
	if strings.ContainsFunc(address, notAllowed) {
		return &AddressError{Problem: "it holds a character that no address may hold"}
	}
	u, err := url.Parse(address)
	if err != nil {
		return &AddressError{Problem: "it is not a full web address"} // err repeats the address
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return &AddressError{Problem: "it is not an https address"}
	case u.Opaque != "" || u.Hostname() == "":
		return &AddressError{Problem: "it names no host"}
	case u.User != nil:
		return &AddressError{Problem: "it holds a user name, which can make one host look like another"}
	case u.Scheme == "http" && !endpoint.IsLoopback(u.Hostname()):
		return &AddressError{Problem: "it is an http address off this machine; https is required"}
	}
	return nil
}

// notAllowed reports whether r may not stand in an address (RFC 3986 section 2). That is where programs disagree:
// browsers read a backslash as a slash, and quotes, spaces and control characters can end an argument on a command line.
func notAllowed(r rune) bool {
	return r <= ' ' || r > '~' || strings.ContainsRune("\"<>\\^`{|}", r)
}
