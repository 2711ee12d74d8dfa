package loopback

import (
	"net/http"
	"time"
)

// answer answers every request with a page, and takes the redirect that ends the sign-in.
func (l *Listener) answer(w http.ResponseWriter, r *http.Request) {
	connOf(r.Context()).answering()
	if r.ContentLength != 0 {
		// No request has a use for a body. net/http would read some of it after us; a deadline in the past spares that.
		http.NewResponseController(w).SetReadDeadline(time.Now())
	}
	switch {
	case !l.isOurs(r.Host):
		wrongHost.write(w, nil)
	case r.URL.EscapedPath() != Path: // escaped: /oauth/callbac%6b is another path
		notFound.write(w, nil)
	case r.Method != http.MethodGet: // HEAD too: what only looks at an address must not use it up
		w.Header().Set("Allow", http.MethodGet)
		wrongMethod.write(w, nil)
	default:
		l.answerRedirect(w, r)
	}
}

func (l *Listener) answerRedirect(w http.ResponseWriter, r *http.Request) {
	redirect := parseQuery(r.URL.RawQuery, l.state)
	switch redirect.outcome {
	case authorized:
		if !l.finish(redirect.code, nil) {
			alreadyOver.write(w, nil)
			return
		}
		approved.write(w, nil)
	case refused:
		if !l.finish("", redirect.failure) {
			alreadyOver.write(w, nil)
			return
		}
		notApproved.write(w, redirect.failure)
	case unverified:
		l.remember(r.Context(), redirect.failure)
		notMatched.write(w, redirect.failure)
	default:
		otherSignIn.write(w, nil)
	}
}
