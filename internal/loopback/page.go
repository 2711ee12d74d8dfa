package loopback

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"net/http"
)

// page is what a person sees. All pages are constant but for the texts of an ErrorResponse.
//
// html/template would do the escaping too, but adds 2.3 MB to every program that signs in; there are two values here,
// both in the text of an element, which is where html.EscapeString is enough.
type page struct {
	status int
	mark   string // one of the marks below
	title  string
	text   string // what happened
	next   string // what to do
}

const (
	good    = `<svg class="good" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="11"/><path d="M7 12.5l3.5 3.5L17 9"/></svg>`
	bad     = `<svg class="bad" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="11"/><path d="M8.5 8.5l7 7m0-7l-7 7"/></svg>`
	neutral = `<svg class="neutral" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="11"/><path d="M12 7v6m0 3.5v.5"/></svg>`
)

var (
	approved = page{http.StatusOK, good, "Request approved",
		"Your approval has reached the program that asked for it.",
		"You can close this page and go back to the program."}
	notApproved = page{http.StatusOK, bad, "You are not signed in",
		"The sign-in service answered with an error:",
		"You can close this page. The program that you were using says what to do next."}
	alreadyOver = page{http.StatusOK, neutral, "This sign-in is over",
		"The program is no longer waiting for it.",
		"You can close this page."}
	notMatched = page{http.StatusBadRequest, neutral, "Something went wrong on the way",
		"An error was reported here, but nothing in it shows that it belongs to the sign-in that is waiting:",
		"If you were just signing in, go back to the program and open its address once more, or stop the " +
			"program and start it again. Otherwise close this page: nothing was changed."}
	otherSignIn = page{http.StatusBadRequest, neutral, "This is another sign-in",
		"The address that led here belongs to an earlier attempt or is not complete.",
		"Go back to the program and open the sign-in address that it shows."}
	notFound = page{http.StatusNotFound, neutral, "Nothing to see here",
		"A program on this computer is waiting here for a sign-in to finish. It has no other pages.",
		"You can close this page."}
	wrongMethod = page{http.StatusMethodNotAllowed, neutral, "This is not how a sign-in ends",
		"A program on this computer is waiting here for a browser to come back from signing in.",
		"Go back to the program and open the sign-in address that it shows."}
	wrongHost = page{http.StatusMisdirectedRequest, neutral, "This address leads to the wrong place",
		"A program on this computer is waiting here under another address.",
		"If you did not expect to see this page, close it."}
)

// style is the whole style sheet. It stands between the tags byte for byte, or the policy's hash does not match.
const style = `
:root { color-scheme: light dark; --page: #f4f5f7; --card: #fff; --line: #dfe2e7; --text: #16191f; --soft: #545b64;
  --good: #1d8102; --bad: #d13212; --neutral: #0972d3; }
@media (prefers-color-scheme: dark) {
  :root { --page: #0f141a; --card: #192129; --line: #333f4c; --text: #ebedf0; --soft: #b0b7c1;
    --good: #4cc26b; --bad: #ff7a64; --neutral: #6db3f8; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; padding: 1.5rem; display: flex; align-items: center; justify-content: center;
  background: var(--page); color: var(--text); font: 1rem/1.55 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { width: 100%; max-width: 30rem; padding: 2.5rem 2.25rem; text-align: center; background: var(--card);
  border: 1px solid var(--line); border-radius: 1rem; box-shadow: 0 .5rem 2rem rgba(0, 0, 0, .08); overflow-wrap: anywhere; }
svg { width: 3.5rem; height: 3.5rem; fill: none; stroke: currentColor; stroke-width: 1.6;
  stroke-linecap: round; stroke-linejoin: round; }
.good { color: var(--good); } .bad { color: var(--bad); } .neutral { color: var(--neutral); }
h1 { margin: 1rem 0 .75rem; font-size: 1.5rem; line-height: 1.25; }
h1, p { text-wrap: balance; }
p { margin: .75rem 0 0; color: var(--soft); }
dl { margin: 1.25rem 0; padding: .85rem 1rem; text-align: start; background: var(--page); border-radius: .5rem; font-size: .925rem; }
dt { font-family: ui-monospace, Menlo, Consolas, monospace; font-weight: 600; } dd { margin: .25rem 0 0; color: var(--soft); }
@media (max-width: 30rem) { body { padding: 1rem; } main { padding: 2rem 1.25rem; } }
`

// layout takes the title, the style, the mark, the title, the text, the error as HTML or nothing, and what to do.
const layout = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<style>%s</style>
</head>
<body>
<main>
%s
<h1>%s</h1>
<p>%s</p>
%s<p>%s</p>
</main>
</body>
</html>
`

// policy allows the style sheet above and nothing else: no script, no request, no frame, no form.
var policy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}()

// write sends the page, with the texts of e where there is one.
func (p page) write(w http.ResponseWriter, e *ErrorResponse) {
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer") // this page's address holds the code
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(p.status)
	failure := ""
	if e != nil {
		failure = "<dl><dt>" + html.EscapeString(e.Code) + "</dt>"
		if e.Description != "" {
			failure += "<dd>" + html.EscapeString(e.Description) + "</dd>"
		}
		failure += "</dl>\n"
	}
	fmt.Fprintf(w, layout, p.title, style, p.mark, p.title, p.text, failure, p.next)
}
