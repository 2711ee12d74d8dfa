package ssooidc

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/internal/wire"
)

// handler reads the answers to one call into out.
type handler struct {
	op   *operation
	in   request
	out  response
	sent string // the session token of the credentials that signed, "" if none did
}

// secrets are all that went out with the request. None comes back in a text of ours.
func (h *handler) secrets() []string { return append(h.in.secrets(), h.sent) }

func (h *handler) Sends(secret string) { h.sent = secret }

func (h *handler) Clean(text string) string { return printable(secret.Remove(text, h.secrets())) }

// Answered decodes an answer. Nothing of an earlier attempt's stays behind.
func (h *handler) Answered(a wire.Answer) error {
	switch {
	case a.Problem != "":
		return h.responseError(a, a.Problem)
	case a.Status/100 != 2:
		return h.serviceError(a)
	}
	if err := decode(a.Body, h.out); err != nil {
		return h.responseError(a, "the answer is not the JSON of a result")
	}
	if !h.out.complete() {
		return h.responseError(a, "the answer lacks its result")
	}
	return nil
}

func (h *handler) Failed(err error) error {
	var credentials *wire.CredentialsError
	if errors.As(err, &credentials) {
		return &OptionsError{Field: "Credentials", Problem: h.Clean(err.Error()), Err: credentials.Err}
	}
	text := err.Error()
	return &TransportError{Operation: h.op.name, Err: err, text: h.Clean(text), echoes: secret.Echoed(text, h.secrets()) != nil}
}

// Final refuses, before any retryer is asked, what must not be sent again: an exchange of a device code,
// whose loop is its retry; one of an authorization code, which is good for one exchange, once it may have
// left; and what the service answers to a client that asks too often.
func (h *handler) Final(err error) bool {
	if g, ok := h.in.(interface{ grant() string }); ok {
		switch g.grant() {
		case GrantTypeDeviceCode:
			return true
		case GrantTypeAuthorizationCode:
			return !wire.FailedToDial(err)
		}
	}
	return errors.As(err, new(*AuthorizationPendingException)) ||
		errors.As(err, new(*SlowDownException)) ||
		errors.As(err, new(*OptionsError))
}

// firstStatus is the first of the statuses that the description gives its errors; their meaning differs
// from operation to operation.
const firstStatus = 480

// exceptionTable is an operation's own table of the statuses 480 to 490.
type exceptionTable [11]string

func (t *exceptionTable) at(status int) string {
	if i := status - firstStatus; 0 <= i && i < len(t) {
		return t[i]
	}
	return ""
}

// serviceError reads a failed answer. The exception is the first that is named by the header, by the body's type, by the
// status in the operation's own table, by the OAuth code.
func (h *handler) serviceError(a wire.Answer) error {
	var body struct {
		Type        string `json:"__type"`
		Code        string `json:"code"`
		OAuthError  string `json:"error"`
		Description string `json:"error_description"`
		Message     string `json:"message"`
		Reason      string `json:"reason"`
		Endpoint    string `json:"endpoint"`
		Region      string `json:"region"`
	}
	text := bytes.TrimLeft(a.Body, " \t\r\n")
	isObject := len(text) > 0 && text[0] == '{'
	if isObject {
		// A field of another type is left empty: the others still say what happened.
		err := json.Unmarshal(text, &body)
		isObject = err == nil || errors.As(err, new(*json.UnmarshalTypeError))
	}
	code := exceptionName(a.Header.Get("X-Amzn-Errortype"))
	for _, name := range [...]string{exceptionName(body.Type), exceptionName(body.Code), h.op.exceptions.at(a.Status)} {
		if code == "" {
			code = name
		}
	}
	if code == "" && !isObject && len(text) > 0 {
		return h.responseError(a, "this is not the service's answer")
	}
	if code == "" {
		code = codeOf(body.OAuthError)
		if code == "InvalidRequestException" && (body.Region != "" || body.Endpoint != "") {
			code = "InvalidRequestRegionException"
		}
	}
	if body.Description == "" {
		body.Description = body.Message
	}
	e := ServiceError{
		Operation:   h.op.name,
		Code:        code,
		OAuthError:  body.OAuthError,
		Description: body.Description,
		Reason:      body.Reason,
		StatusCode:  a.Status,
		RequestID:   a.RequestID(),
	}
	texts := strings.Join([]string{e.Code, e.OAuthError, e.Description, e.Reason, e.RequestID, body.Endpoint, body.Region}, " ")
	if secrets := secret.Echoed(texts, h.secrets()); secrets != nil {
		for _, text := range []*string{&e.Code, &e.OAuthError, &e.Description, &e.Reason, &e.RequestID, &body.Endpoint, &body.Region} {
			if !isName(*text) {
				*text = secret.Remove(*text, secrets)
			}
		}
	}
	return exception(&e, body.Endpoint, body.Region)
}

// isName tells the service's own names, which stay as they are, from what it may have echoed.
func isName(text string) bool {
	_, alone := exception(&ServiceError{Code: text}, "", "").(*ServiceError)
	return !alone || codeOf(text) != ""
}

// exceptionName is the bare name in "namespace#Name:http://...".
func exceptionName(text string) string {
	name, _, _ := strings.Cut(text, ":")
	return strings.TrimSpace(name[strings.LastIndexByte(name, '#')+1:])
}

// responseError describes an answer that is not the service's. Its beginning is kept only where no token
// can be in it: not from a success, and not from JSON or anything else that might hold one.
func (h *handler) responseError(a wire.Answer, problem string) error {
	clean := func(text string) string { return secret.Remove(text, h.secrets()) }
	e := &ResponseError{
		Operation:   h.op.name,
		Problem:     problem,
		StatusCode:  a.Status,
		RequestID:   clean(a.RequestID()),
		ContentType: clean(a.Header.Get("Content-Type")),
	}
	if a.Err != nil {
		e.Problem += ": " + h.Clean(a.Err.Error())
		e.Err = h.Failed(a.Err)
	}
	if a.Status/100 != 2 && !mayHoldToken(e.ContentType, string(a.Body)) {
		// Of a page that is too long for a person, the beginning is cleaned only.
		e.Snippet = secret.Printable(clean(string(a.Body[:min(len(a.Body), 8<<10)])), 200)
	}
	return e
}

// mayHoldToken errs on the side of yes: about JSON, escaped or torn, about all that speaks of tokens, and about what may be
// base64 of anything.
func mayHoldToken(contentType, body string) bool {
	body = strings.ToLower(strings.TrimLeft(body, " \t\r\n\ufeff"))
	if strings.Contains(strings.ToLower(contentType), "json") || body != "" && strings.ContainsRune(`{["`, rune(body[0])) {
		return true
	}
	if hasLongWord(body) {
		return true
	}
	for _, sign := range []string{"token", "secret", `{"`, `":`, "&quot;:", "&#34;:"} {
		if strings.Contains(body, sign) {
			return true
		}
	}
	return false
}

// hasLongWord reports whether so many letters and digits stand in a row that they are no word, and hardly a part of an address.
func hasLongWord(text string) bool {
	const tooLong = 32
	length := 0
	for _, c := range []byte(text) {
		isPart := 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '_' || c == '-' || c == '='
		if length++; !isPart {
			length = 0
		}
		if length >= tooLong {
			return true
		}
	}
	return false
}

// retryable knows what the service, or something in front of it, answers when it
// is worth trying again, and the AWS SDK's own retryer does not know.
func retryable(err error) bool {
	var status interface{ HTTPStatusCode() int }
	if errors.As(err, &status) {
		code := status.HTTPStatusCode()
		if code >= 500 || code == http.StatusTooManyRequests {
			return true
		}
	}
	return errors.As(err, new(*InternalServerException))
}
