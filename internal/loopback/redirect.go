package loopback

import (
	"cmp"
	"crypto/subtle"
	"net/url"
	"strings"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

// outcome is what a redirect means for the sign-in.
type outcome int

const (
	malformed  outcome = iota // not a whole redirect as RFC 6749 has it: a state is missing, too
	foreign                   // a state that is not ours
	unverified                // an error without any state
	refused                   // an error with our state
	authorized                // a code with our state
)

// redirect is a redirect's query, parsed and judged.
type redirect struct {
	outcome outcome
	code    string         // authorized
	failure *ErrorResponse // refused, unverified
}

// How much of an error is kept, in bytes. Registered codes have at most 26.
const (
	maxErrorCode        = 64
	maxErrorDescription = 400
)

// parseQuery judges a redirect's query (RFC 6749 sections 4.1.2 and 4.1.2.1) by the state of this sign-in. A parameter
// given twice spoils the whole (section 3.1): two readers might choose different ones. An empty one counts as
// missing (section 3.1); unknown ones are ignored (section 4.1.2).
func parseQuery(rawQuery, state string) redirect {
	query, err := url.ParseQuery(rawQuery)
	if err != nil {
		return redirect{outcome: malformed}
	}
	for _, name := range []string{"state", "code", "error", "error_description"} {
		if len(query[name]) > 1 {
			return redirect{outcome: malformed}
		}
	}
	code, failure := query.Get("code"), query.Get("error")
	switch got := query.Get("state"); {
	case got == "" && failure != "":
		return redirect{outcome: unverified, failure: newErrorResponse(query, state)}
	case got == "":
		return redirect{outcome: malformed}
	case subtle.ConstantTimeCompare([]byte(got), []byte(state)) != 1:
		return redirect{outcome: foreign}
	case failure != "":
		return redirect{outcome: refused, failure: newErrorResponse(query, state)}
	case code == "" || strings.ContainsFunc(code, notVSCHAR):
		return redirect{outcome: malformed}
	}
	return redirect{outcome: authorized, code: code}
}

// notVSCHAR reports whether r may not stand in a code (RFC 6749 appendix A.11).
func notVSCHAR(r rune) bool { return r < ' ' || r > '~' }

// newErrorResponse takes the texts from a query. They go to screens and logs, so the state is taken out, in case the
// text repeats it.
func newErrorResponse(query url.Values, state string) *ErrorResponse {
	clean := func(name string, limit int) string {
		return secret.Printable(strings.ReplaceAll(query.Get(name), state, "(state)"), limit)
	}
	return &ErrorResponse{
		Code:        cmp.Or(clean("error", maxErrorCode), "an unprintable error"),
		Description: clean("error_description", maxErrorDescription),
	}
}

// AddressError is a pasted address that is not this sign-in's redirect. It does not hold the address.
type AddressError struct {
	Problem string // what is wrong, and what to do, in words for a person
}

// Error says what is wrong with the address, and what to do.
func (e *AddressError) Error() string {
	return "the address can't be used: " + e.Problem
}

// parseAddress returns the code of a pasted redirect address: the same checks as for a request, on the text.
func (l *Listener) parseAddress(address string) (code string, err error) {
	address = strings.TrimSpace(address)
	begin := l.RedirectURI()
	incomplete := &AddressError{Problem: "copy the whole address from the browser's address bar; it begins with " + begin}
	if len(address) > maxHeaderBytes || strings.ContainsFunc(address, func(r rune) bool { return !('!' <= r && r <= '~') }) {
		return "", incomplete
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || u.User != nil || !l.isOurs(u.Host) || u.EscapedPath() != Path {
		return "", incomplete
	}
	switch redirect := parseQuery(u.RawQuery, l.state); redirect.outcome {
	case authorized:
		return redirect.code, nil
	case refused, unverified:
		return "", &AddressError{Problem: "it holds an error in place of a code; open the sign-in address again"}
	case foreign:
		return "", &AddressError{Problem: "it belongs to another sign-in; open the address of this one, and copy where that leads to"}
	}
	return "", incomplete
}

// isOurs reports whether host is where we listen. A page that has its own name resolve to 127.0.0.1 (DNS rebinding)
// can reach us, but not with this host.
func (l *Listener) isOurs(host string) bool {
	return "http://"+host+Path == l.RedirectURI() || l.port == 80 && host == "127.0.0.1"
}
