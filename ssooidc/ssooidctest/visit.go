package ssooidctest

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Visit plays the browser and a signed-in person who approves. It opens an
// authorize URL, sends the consent form and follows the redirect to the
// client's callback. Only the callback gets a request over loopback; the rest
// is done in memory, whatever the host of the URL. If Options.Consent is set,
// it decides, and there is no form.
//
// Visit works inside a testing/synctest bubble, but the bubble's time stands
// still while a listener in it waits for a connection.
//
// Visit returns an error if the service shows an error page, or sends the
// browser back with an error (which the callback gets first). It also does if
// the callback can't be reached, takes more than 30 seconds, or answers with
// status 400 or above. A denial by Options.Consent is not an error. No error
// holds the code.
func (s *Service) Visit(authorizeURL string) error { return s.visit(authorizeURL, "approve") }

// VisitDeny is like [Service.Visit], but the person refuses.
func (s *Service) VisitDeny(authorizeURL string) error { return s.visit(authorizeURL, "deny") }

// Redirect is like [Service.Visit] without the last step. It returns the
// address that the browser would go to, for a callback that this machine can't
// reach or an address that a person pastes.
func (s *Service) Redirect(authorizeURL string) (string, error) {
	to, err := s.consent(authorizeURL, "approve")
	if err != nil {
		return "", err
	}
	return to.String(), s.refusal(to, "approve")
}

func (s *Service) visit(authorizeURL, decision string) error {
	to, err := s.consent(authorizeURL, decision)
	if err != nil {
		return err
	}
	if err := callBack(to); err != nil {
		return err
	}
	return s.refusal(to, decision)
}

// consent goes from the authorize URL through the consent form to the redirect.
func (s *Service) consent(authorizeURL, decision string) (*url.URL, error) {
	at, err := url.Parse(authorizeURL)
	if err != nil || at.Host == "" {
		return nil, errors.New("ssooidctest: that is no authorize URL")
	}
	browser := s.HTTPClient()
	browser.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	resp, err := browser.Get(authorizeURL)
	if err == nil && resp.StatusCode == http.StatusOK {
		page := readPage(resp)
		if !page.fields.Has("client_id") {
			return nil, fmt.Errorf("ssooidctest: the authorize URL led to a page without a consent form: %q", page.text)
		}
		page.fields.Set("decision", decision)
		resp, err = browser.PostForm((&url.URL{Scheme: at.Scheme, Host: at.Host, Path: "/authorize"}).String(), page.fields)
	}
	if err != nil {
		return nil, fmt.Errorf("ssooidctest: the service did not answer the browser: %w", withoutURL(err))
	}
	to, err := resp.Location()
	if err != nil {
		return nil, fmt.Errorf("ssooidctest: the service answered the browser with %s: %s", resp.Status, readPage(resp).text)
	}
	resp.Body.Close()
	return to, nil
}

// refusal returns the error that the redirect told the client, unless the
// person was asked to refuse.
func (s *Service) refusal(to *url.URL, decision string) error {
	q := to.Query()
	code := q.Get("error")
	if code == "" || code == "access_denied" && (decision == "deny" || s.opts.Consent == ConsentDeny) {
		return nil
	}
	return fmt.Errorf("ssooidctest: the service sent the browser back with %s: %s", code, q.Get("error_description"))
}

// callBack calls the client's callback as the browser would, and follows its
// redirects on this machine.
func callBack(to *url.URL) error {
	transport := &http.Transport{DisableKeepAlives: true}
	browser := &http.Client{
		Transport: transport,
		Timeout:   30 * time.Second,
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if req.URL.Hostname() != "127.0.0.1" || len(via) == 10 {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
	resp, err := browser.Get(to.String())
	if err != nil {
		return fmt.Errorf("ssooidctest: the callback did not answer: %w", withoutURL(err))
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
	if resp.StatusCode >= 400 {
		return fmt.Errorf("ssooidctest: the callback answered with %s", resp.Status)
	}
	return nil
}

// withoutURL removes the address, which holds the code, from an http.Client's
// error.
func withoutURL(err error) error {
	var e *url.Error
	if errors.As(err, &e) {
		return e.Err
	}
	return err
}

// htmlPage is what a browser sees of a page: the start of its text, and the
// fields of its form.
type htmlPage struct {
	text   string
	fields url.Values
}

// readPage reads a page of the service, or another page that a test put in its
// place.
func readPage(resp *http.Response) htmlPage {
	defer resp.Body.Close()
	d := xml.NewDecoder(io.LimitReader(resp.Body, maxBody))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	page := htmlPage{fields: url.Values{}}
	var text strings.Builder
	inMain := false
	for {
		token, err := d.Token()
		if err != nil {
			break
		}
		switch token := token.(type) {
		case xml.StartElement:
			inMain = inMain || token.Name.Local == "main"
			attr := map[string]string{}
			for _, a := range token.Attr {
				attr[a.Name.Local] = a.Value
			}
			if token.Name.Local == "input" && attr["type"] == "hidden" {
				page.fields.Add(attr["name"], attr["value"])
			}
		case xml.EndElement:
			inMain = inMain && token.Name.Local != "main"
		case xml.CharData:
			if inMain {
				text.WriteString(string(token) + " ")
			}
		}
	}
	words := []rune(strings.Join(strings.Fields(text.String()), " "))
	page.text = string(words[:min(len(words), 200)])
	return page
}
