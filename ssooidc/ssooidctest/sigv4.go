package ssooidctest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The checking side of Signature Version 4, as the IAM User Guide describes it
// in "Create a signed AWS API request".

const (
	signingAlgorithm = "AWS4-HMAC-SHA256"
	signingService   = "sso-oauth"
	signingTime      = "20060102T150405Z" // X-Amz-Date
	maxClockSkew     = 5 * time.Minute
)

// signature is the content of an Authorization header.
type signature struct {
	keyID, date, region, service string
	headers                      []string
	value                        string
}

// verifySignature checks the signature of a request and returns the region that
// it is for.
func verifySignature(r *http.Request, body []byte, known Credentials, now time.Time) (region string, e *exception) {
	authorization := r.Header.Get("Authorization")
	if authorization == "" {
		return "", refuse("MissingAuthenticationTokenException", "Missing Authentication Token")
	}
	sig, ok := parseAuthorization(authorization)
	if !ok {
		return "", refuse("IncompleteSignatureException", "The Authorization header is not an "+signingAlgorithm+" signature")
	}
	if sig.keyID != known.AccessKeyID || r.Header.Get("X-Amz-Security-Token") != known.SessionToken {
		return "", refuse("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	if problem := sig.problem(r, body, now); problem != "" {
		return "", refuse("InvalidSignatureException", problem)
	}
	want := sig.sign(r, body, known.SecretAccessKey)
	if !hmac.Equal([]byte(want), []byte(sig.value)) {
		return "", refuse("InvalidSignatureException", "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.")
	}
	return sig.region, nil
}

// parseAuthorization reads "AWS4-HMAC-SHA256
// Credential=key/date/region/service/aws4_request, SignedHeaders=a;b,
// Signature=hex".
func parseAuthorization(text string) (sig signature, ok bool) {
	rest, ok := strings.CutPrefix(text, signingAlgorithm+" ")
	if !ok {
		return sig, false
	}
	part := map[string]string{}
	for _, p := range strings.Split(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(p), "=")
		part[name] = value
	}
	scope := strings.Split(part["Credential"], "/")
	if len(scope) != 5 || scope[4] != "aws4_request" || part["SignedHeaders"] == "" || part["Signature"] == "" {
		return sig, false
	}
	return signature{
		keyID: scope[0], date: scope[1], region: scope[2], service: scope[3],
		headers: strings.Split(part["SignedHeaders"], ";"),
		value:   part["Signature"],
	}, true
}

// problem returns what is wrong with a signature before it is calculated.
func (sig signature) problem(r *http.Request, body []byte, now time.Time) string {
	if sig.service != signingService {
		return "Credential should be scoped to correct service: '" + signingService + "'."
	}
	made, err := time.Parse(signingTime, r.Header.Get("X-Amz-Date"))
	switch {
	case err != nil:
		return "X-Amz-Date is missing, or not of the form YYYYMMDDTHHMMSSZ."
	case made.Format("20060102") != sig.date:
		return "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP."
	case made.Before(now.Add(-maxClockSkew)):
		return "Signature expired: " + made.Format(signingTime) + " is now earlier than " + now.Add(-maxClockSkew).UTC().Format(signingTime)
	case made.After(now.Add(maxClockSkew)):
		return "Signature not yet current: " + made.Format(signingTime) + " is still later than " + now.Add(maxClockSkew).UTC().Format(signingTime)
	}
	if hash := r.Header.Get("X-Amz-Content-Sha256"); hash != "" && hash != hexSHA256(body) {
		return "X-Amz-Content-Sha256 is not the hash of the body."
	}
	for i, name := range sig.headers {
		switch {
		case name != strings.ToLower(name) || i > 0 && name <= sig.headers[i-1]:
			return "SignedHeaders must be in lower case, sorted, and each there once."
		case name != "host" && r.Header.Values(name) == nil: // nothing has no name, so that "" is refused too
			return "'" + name + "' is a 'SignedHeader' that the request does not have."
		}
	}
	// Headers that can change the request's meaning must be signed.
	if !slices.Contains(sig.headers, "host") {
		return "'Host' must be a 'SignedHeader' in the AWS Authorization."
	}
	for name := range r.Header {
		name = strings.ToLower(name)
		if strings.HasPrefix(name, "x-amz-") && !slices.Contains(sig.headers, name) {
			return "'" + name + "' must be a 'SignedHeader' in the AWS Authorization."
		}
	}
	return ""
}

// sign calculates the signature that the request should have.
func (sig signature) sign(r *http.Request, body []byte, secret string) string {
	var headers strings.Builder
	for _, name := range sig.headers {
		headers.WriteString(name + ":" + canonicalHeader(r, name) + "\n")
	}
	canonical := strings.Join([]string{
		r.Method, r.URL.Path, canonicalQuery(r.URL.Query()), // the path is one of ours: nothing to encode
		headers.String(), strings.Join(sig.headers, ";"), hexSHA256(body),
	}, "\n")
	scope := strings.Join([]string{sig.date, sig.region, sig.service, "aws4_request"}, "/")
	toSign := strings.Join([]string{signingAlgorithm, r.Header.Get("X-Amz-Date"), scope, hexSHA256([]byte(canonical))}, "\n")

	key := []byte("AWS4" + secret)
	for _, part := range []string{sig.date, sig.region, sig.service, "aws4_request"} {
		key = hmacSHA256(key, part)
	}
	return hex.EncodeToString(hmacSHA256(key, toSign))
}

// canonicalHeader returns a header's values without the blanks that mean
// nothing.
func canonicalHeader(r *http.Request, name string) string {
	values := r.Header.Values(name)
	if name == "host" {
		values = []string{r.Host}
	}
	trimmed := make([]string, len(values))
	for i, v := range values {
		trimmed[i] = strings.Join(strings.Fields(v), " ")
	}
	return strings.Join(trimmed, ",")
}

// canonicalQuery returns the query sorted, and escaped as RFC 3986 says.
func canonicalQuery(query url.Values) string {
	for _, values := range query {
		slices.Sort(values)
	}
	return strings.ReplaceAll(query.Encode(), "+", "%20")
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
