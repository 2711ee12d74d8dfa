package ssooidctest

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

//go:embed pages/style.css
var styleFile string

//go:embed pages/pages.html
var pagesHTML string

// styleSheet has no carriage returns. A checkout on Windows may add them, and a
// browser removes them before it compares the style with styleSource.
var styleSheet = strings.ReplaceAll(styleFile, "\r", "")

var pages = template.Must(template.New("").
	Funcs(template.FuncMap{"style": func() template.CSS { return template.CSS(styleSheet) }}).
	Parse(pagesHTML))

// styleSource is the one style that the pages' Content-Security-Policy allows.
var styleSource = func() string {
	sum := sha256.Sum256([]byte(styleSheet))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}()

// message is the data of a page with a title and a sentence.
type message struct{ Title, Text string }

// writePage writes a page that runs nothing, loads nothing and can't be framed.
// Its form can be sent to the service itself and to formTargets, because
// browsers apply the policy to a form's redirects too.
func writePage(w http.ResponseWriter, status int, page string, data any, formTargets ...string) {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, page, data); err != nil {
		panic(err) // the pages are ours: can't happen
	}
	forms := "'self'"
	for _, target := range formTargets {
		forms += " " + target
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+styleSource+"; form-action "+forms+"; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Frame-Options", "DENY")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	// Not no-referrer: with that a browser hides the origin of our own forms
	// too.
	h.Set("Referrer-Policy", "same-origin")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// pageInput returns what a browser sent to a page: the query of a GET, the form
// of a POST.
func pageInput(r *http.Request, body []byte) (url.Values, bool) {
	text := r.URL.RawQuery
	if r.Method == http.MethodPost {
		text = string(body)
		if http.NewCrossOriginProtection().Check(r) != nil {
			return nil, false
		}
	}
	values, err := url.ParseQuery(text)
	return values, err == nil
}

// writeBadInput answers a request that none of our pages leads to.
func writeBadInput(w http.ResponseWriter) {
	writePage(w, http.StatusBadRequest, "message", message{"That did not work", "The request could not be read, or it came from another site. Go back to your program and start again."})
}

// serveDevicePage is the person's page for a device code (RFC 8628 section
// 3.3).
func (s *Service) serveDevicePage(w http.ResponseWriter, r *http.Request, _ *operation, body []byte) {
	in, ok := pageInput(r, body)
	if !ok {
		writeBadInput(w)
		return
	}
	type codePage struct{ Typed, Problem string }
	typed := in.Get("user_code")
	if typed == "" {
		writePage(w, http.StatusOK, "code", codePage{})
		return
	}
	var d *device
	var err error
	var done message
	switch {
	case r.Method != http.MethodPost:
		s.mu.Lock()
		d, err = s.waiting(typed)
		s.mu.Unlock()
	case in.Get("decision") == "approve":
		err = s.Approve(typed)
		done = message{"Request approved", "You can close this page and go back to your program."}
	case in.Get("decision") == "deny":
		err = s.Deny(typed)
		done = message{"Request denied", "Nobody was signed in. You can close this page."}
	default:
		writeBadInput(w)
		return
	}
	switch {
	case err == errUserCodeUsed:
		writePage(w, http.StatusOK, "message", message{"Already answered", "This code has been approved or denied. You can close this page."})
	case err != nil:
		writePage(w, http.StatusBadRequest, "code", codePage{typed, "That code is not known, or it has expired. Check it, or ask your program for a new one."})
	case d != nil:
		writePage(w, http.StatusOK, "device", struct {
			ClientName, UserCode string
			Scopes               []string
		}{d.client.name, d.userCode, d.client.scopes})
	default:
		writePage(w, http.StatusOK, "message", done)
	}
}
