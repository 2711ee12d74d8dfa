package ssooidc

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"

	"github.com/ssooidc/ssooidc-go/internal/secret"
	"github.com/ssooidc/ssooidc-go/internal/wire"
)

// ServiceError is what the service answered instead of a result. It is the part that all exceptions
// share, and stands alone for an exception that this package does not know. errors.As finds it in
// each of them, as it does a [smithy.APIError].
//
// No field holds a secret of the request, also where the service echoed one. The texts are otherwise the
// service's own; Error prints them on one line, bounded and without control characters.
type ServiceError struct {
	Operation   string // such as "CreateToken"
	Code        string // the exception as the wire spells it, such as "InvalidGrantException"; may be empty
	OAuthError  string // the OAuth error code, such as "invalid_grant"; may be empty
	Description string // what the service says about it; may be empty
	Reason      string // a finer reason that a few exceptions have, such as "KMS_AccessDeniedException"
	StatusCode  int    // of HTTP; the live service and the description use different ones
	RequestID   string // for a support case; may be empty
}

// Error names all that is known: operation, code, OAuth code, description, reason, status, request id. It ends with what to do
// where that is the same for every caller.
func (e *ServiceError) Error() string {
	what, oauth := printable(e.Code), printable(e.OAuthError)
	switch {
	case what == "" && oauth == "":
		what = "the service answered with an error"
	case what == "":
		what = oauth
	case oauth != "":
		what += " (" + oauth + ")"
	}
	text := prefix(e.Operation) + what
	for _, more := range [...]string{printable(e.Description), printable(e.Reason)} {
		if more != "" {
			text += ": " + more
		}
	}
	text += suffix(e.StatusCode, e.RequestID)
	if advice := e.advice(); advice != "" {
		text += "; " + advice
	}
	return text
}

// advice is what to do, where it is the same whatever was asked for.
func (e *ServiceError) advice() string {
	switch e.Code {
	case "IncompleteSignatureException", "InvalidSignatureException", "MissingAuthenticationTokenException", "UnrecognizedClientException":
		return "check the AWS credentials, and this machine's clock"
	case "SlowDownException", "InternalServerException":
		return "try again in a moment"
	}
	if e.StatusCode == http.StatusTooManyRequests || e.StatusCode >= 500 {
		return "try again in a moment"
	}
	return ""
}

// As lets errors.As find the ServiceError inside an exception, which embeds it by value.
func (e *ServiceError) As(target any) bool {
	t, ok := target.(**ServiceError)
	if ok {
		*t = e
	}
	return ok
}

// ErrorCode implements [smithy.APIError]: it is Code.
func (e *ServiceError) ErrorCode() string { return e.Code }

// ErrorMessage implements [smithy.APIError]: it is Description.
func (e *ServiceError) ErrorMessage() string { return e.Description }

// ErrorFault implements [smithy.APIError]: whose fault it is, by the exception or else by the status.
func (e *ServiceError) ErrorFault() smithy.ErrorFault {
	switch {
	case e.Code == "InternalServerException" || e.StatusCode >= 500:
		return smithy.FaultServer
	case e.Code != "" || e.StatusCode >= 400:
		return smithy.FaultClient
	}
	return smithy.FaultUnknown
}

// HTTPStatusCode is StatusCode, where the AWS SDK's retryers look for it.
func (e *ServiceError) HTTPStatusCode() int { return e.StatusCode }

// ValidationError says what is missing in a request. Nothing was sent.
type ValidationError struct {
	Operation string
	Missing   []string // the fields of the request that are required and empty, all of them, in order
}

// Error names the operation and all that is missing.
func (e *ValidationError) Error() string {
	if len(e.Missing) == 0 {
		return prefix(e.Operation) + "the request is incomplete"
	}
	return prefix(e.Operation) + "the request lacks " + strings.Join(e.Missing, ", ")
}

// missing lists the names in pairs of names and values whose value is empty. Its loop in each of the operations would be in
// every user's program.
//
//go:noinline
func missing(pairs ...string) []string {
	var names []string
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] == "" {
			names = append(names, pairs[i])
		}
	}
	return names
}

// ResponseError is an answer that is not the service's: a page from a proxy, JSON that is torn or of
// another shape, a success without its result, a redirect, an answer larger than 1 MiB.
type ResponseError struct {
	Operation   string
	Problem     string // what is wrong with the answer
	StatusCode  int    // of HTTP
	RequestID   string // may be empty
	ContentType string // of the answer, as it names itself; may be empty
	Snippet     string // how the answer begins, where that can hold no secret: bounded, printable; may be empty
	Err         error  // why the answer could not be read to its end, a *TransportError; or nil
}

// Error says what came instead of the service's answer, and where to look for the reason.
func (e *ResponseError) Error() string {
	problem := e.Problem
	if problem == "" {
		problem = "this is not the service's answer"
	}
	text := prefix(e.Operation) + problem
	if contentType := printable(e.ContentType); contentType != "" {
		text += " (" + contentType + ")"
	}
	if e.Snippet != "" {
		text += fmt.Sprintf(": %q", e.Snippet)
	}
	return text + suffix(e.StatusCode, e.RequestID) +
		"; check the region, and any endpoint or proxy (HTTPS_PROXY, AWS_ENDPOINT_URL) that is configured"
}

// Unwrap is Err.
func (e *ResponseError) Unwrap() error { return e.Err }

// HTTPStatusCode is StatusCode, where the AWS SDK's retryers look for it.
func (e *ResponseError) HTTPStatusCode() int { return e.StatusCode }

// TransportError says that the service could not be reached, or that the connection broke before it had
// answered. Whether a request that had left has been carried out is unknown.
type TransportError struct {
	Operation string
	Err       error  `json:"-"` // from the HTTP client, whose own text may repeat a secret
	text      string // Err's, without any secret
	echoes    bool   // Err's text repeats one
}

// Error says what the HTTP client said, without any secret of the request, and what to look at.
func (e *TransportError) Error() string {
	text := prefix(e.Operation) + "no answer from the service"
	switch {
	case e.text != "":
		text += ": " + e.text
	case e.Err != nil:
		text += ": " + e.Err.Error()
	}
	if advice := wire.Advice(e.Err); advice != "" {
		text += "; " + advice
	}
	return text
}

// Unwrap is Err, or nil where Err's text repeats a secret: then only errors.Is and errors.As find what it is.
func (e *TransportError) Unwrap() error {
	if e.echoes {
		return nil
	}
	return e.Err
}

// Is lets errors.Is find what Unwrap withholds.
func (e *TransportError) Is(target error) bool { return e.echoes && errors.Is(e.Err, target) }

// As lets errors.As find what Unwrap withholds.
func (e *TransportError) As(target any) bool { return e.echoes && errors.As(e.Err, target) }

// Format implements [fmt.Formatter]: every verb prints what Error says, and nothing of Err itself.
func (e TransportError) Format(f fmt.State, _ rune) { f.Write([]byte(e.Error())) }

// ConnectionError is true: the AWS SDK's retryers look for it.
func (e *TransportError) ConnectionError() bool { return true }

// OptionsError says which of the [Options] can't be used, and why.
type OptionsError struct {
	Field   string // of Options
	Problem string // what is wrong with it and what to do
	Err     error  // the cause; may be nil
}

// Error names the field and the problem.
func (e *OptionsError) Error() string {
	if e.Problem == "" {
		return "ssooidc: an option can't be used"
	}
	return "ssooidc: Options." + e.Field + ": " + e.Problem
}

// Unwrap is Err.
func (e *OptionsError) Unwrap() error { return e.Err }

func prefix(operation string) string {
	if operation == "" {
		return "ssooidc: "
	}
	return "ssooidc: " + operation + ": "
}

func suffix(status int, requestID string) string {
	requestID = printable(requestID)
	switch {
	case status != 0 && requestID != "":
		return fmt.Sprintf(" (status %d, request id %s)", status, requestID)
	case status != 0:
		return fmt.Sprintf(" (status %d)", status)
	case requestID != "":
		return fmt.Sprintf(" (request id %s)", requestID)
	}
	return ""
}

// printable keeps an error's text, which people read on a terminal, short and free of control characters.
func printable(text string) string { return secret.Printable(text, 512) }

// Error says what every [ServiceError] says, and where to send the request instead.
func (e *InvalidRequestRegionException) Error() string {
	text := e.ServiceError.Error()
	if region := printable(e.Region); region != "" {
		text += "; use region " + region
	}
	if endpoint := printable(e.Endpoint); endpoint != "" {
		text += "; use endpoint " + endpoint
	}
	return text
}
