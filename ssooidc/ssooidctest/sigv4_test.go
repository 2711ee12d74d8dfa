package ssooidctest_test

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

const (
	documentedKey  = "AKIAIOSFODNN7EXAMPLE"
	documentedPair = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

// recorded is a request that aws-sdk-go-v2's own signer (v1.47.7) signed, for the first second of a
// synctest bubble.
func recorded(t *testing.T, sessionToken, signedHeaders, signature string) *http.Request {
	const body = `{"clientId":"` + application + `","grantType":"` + grantJWT + `","assertion":"eyJhbGciOiJub25lIn0.e30.x"}`
	req, err := http.NewRequest("POST", oidcURL+"/token?aws_iam=t", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("X-Amz-Meta", "  two   words ")
	req.Header.Set("X-Amz-Content-Sha256", "cd599d2315aa8db841b78ce1f9243494612592503a8b80deec489046364bb77b")
	req.Header.Set("X-Amz-Date", "20000101T000000Z")
	if sessionToken != "" {
		req.Header.Set("X-Amz-Security-Token", sessionToken)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+documentedKey+"/20000101/eu-west-1/sso-oauth/aws4_request, SignedHeaders="+
		signedHeaders+", Signature="+signature)
	return req
}

func TestSignatureOfAWSsSigner(t *testing.T) {
	t.Parallel()
	const (
		headers   = "content-length;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-meta"
		signature = "ba18e4d713fe2ea3498a66392e943de740ee9aba684b6c97d6c40f961275b14f"

		session          = "session/token+=="
		sessionHeaders   = headers + ";x-amz-security-token"
		sessionSignature = "6c8e4198caedbdb823e217fce5ebd34db4a173eb6d73da90bbc58f4d273c73a9"
	)
	withSession := ssooidctest.Options{Credentials: ssooidctest.Credentials{
		AccessKeyID: documentedKey, SecretAccessKey: documentedPair, SessionToken: session,
	}}
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for _, tt := range []struct {
		name    string
		opts    ssooidctest.Options
		session bool
		wait    time.Duration
		change  func(*http.Request)
		want    string
	}{
		{"good", ssooidctest.Options{}, false, 0, nil, ""},
		{"good for 5 minutes", ssooidctest.Options{}, false, 5 * time.Minute, nil, ""},
		{"too old", ssooidctest.Options{}, false, 5*time.Minute + time.Second, nil, "InvalidSignatureException"},
		{"with a session", withSession, true, 0, nil, ""},
		{"without its session", withSession, false, 0, nil, "UnrecognizedClientException"},
		{"with a session too many", ssooidctest.Options{}, true, 0, nil, "UnrecognizedClientException"},
		{"another secret", ssooidctest.Options{Credentials: ssooidctest.Credentials{AccessKeyID: documentedKey, SecretAccessKey: "x"}}, false, 0, nil, "InvalidSignatureException"},
		{"another key", ssooidctest.Options{Credentials: ssooidctest.Credentials{AccessKeyID: "AKIDX", SecretAccessKey: documentedPair}}, false, 0, nil, "UnrecognizedClientException"},
		{"this region", ssooidctest.Options{Region: "eu-west-1"}, false, 0, nil, ""},
		{"another region", ssooidctest.Options{Region: "eu-west-2"}, false, 0, nil, "InvalidRequestRegionException"},
		{"unsigned", ssooidctest.Options{}, false, 0, func(r *http.Request) { r.Header.Del("Authorization") }, "MissingAuthenticationTokenException"},
		{"not a signature", ssooidctest.Options{}, false, 0, header("Authorization", "Bearer x"), "IncompleteSignatureException"},
		{"half a signature", ssooidctest.Options{}, false, 0, header("Authorization", "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request"), "IncompleteSignatureException"},
		{"a changed header", ssooidctest.Options{}, false, 0, header("X-Amz-Meta", "three words"), "InvalidSignatureException"},
		{"blanks that mean nothing", ssooidctest.Options{}, false, 0, header("X-Amz-Meta", "two words"), ""},
		{"a header that is not signed", ssooidctest.Options{}, false, 0, header("X-Amz-More", "x"), "InvalidSignatureException"},
		{"another host", ssooidctest.Options{}, false, 0, func(r *http.Request) { r.Host = "oidc.eu-west-2.amazonaws.com" }, "InvalidSignatureException"},
		{"another query", ssooidctest.Options{}, false, 0, func(r *http.Request) { r.URL.RawQuery += "&x=y" }, "InvalidSignatureException"},
		{"another body", ssooidctest.Options{}, false, 0, func(r *http.Request) {
			r.Body, r.ContentLength = http.NoBody, 0
		}, "InvalidSignatureException"},
		{"another date", ssooidctest.Options{}, false, 0, header("X-Amz-Date", "20000101T000001Z"), "InvalidSignatureException"},
		{"no date", ssooidctest.Options{}, false, 0, func(r *http.Request) { r.Header.Del("X-Amz-Date") }, "InvalidSignatureException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u := inProcess(t, ssooidctest.New(tt.opts))
				time.Sleep(tt.wait)
				req := recorded(t, "", headers, signature)
				if tt.session {
					req = recorded(t, session, sessionHeaders, sessionSignature)
				}
				if tt.change != nil {
					tt.change(req)
				}
				r := u.do(req)
				r.is(tt.want)
				status := map[string]int{"": 200, "InvalidRequestRegionException": 400, "InvalidRequestException": 400, "IncompleteSignatureException": 400,
					"InvalidSignatureException": 403, "MissingAuthenticationTokenException": 403, "UnrecognizedClientException": 403}
				if want := status[tt.want]; r.status != want {
					t.Errorf("status %d, want %d", r.status, want)
				}
				if tt.want != "" && !strings.HasPrefix(tt.want, "InvalidRequest") && (r.text("message") == "" || len(r.body) != 1) {
					t.Errorf("body %v, want a message alone", r.body)
				}
				if tt.want == "InvalidRequestRegionException" && (r.body["region"] != "eu-west-2" || r.body["endpoint"] != "https://oidc.eu-west-2.amazonaws.com") {
					t.Errorf("body %v", r.body)
				}
			})
		})
	}
}

// signing is how a request is signed; the zero value is well enough for the service.
type signing struct {
	service string        // default: the right one
	late    time.Duration // how far the signer's clock is behind
	day     string        // of the credential's scope; default: X-Amz-Date's
	noHost  bool          // Host is not signed
	headers string        // SignedHeaders in place of the right ones, signed as they stand
	noHash  bool          // X-Amz-Content-Sha256 is not that of the body
	query   string        // more of it
	sorted  string        // the whole query, in canonical form
}

// postSigned signs with the service's own test credentials.
func (u user) postSigned(how signing, body object) reply {
	u.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		u.t.Fatal(err)
	}
	return u.do(how.request(u.t, u.url, data))
}

// request is a signed one for the service at base.
func (how signing) request(t testing.TB, base string, data []byte) *http.Request {
	t.Helper()
	req, err := http.NewRequest("POST", base+"/token?aws_iam=t"+how.query, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	date, hash := time.Now().Add(-how.late).UTC().Format("20060102T150405Z"), fmt.Sprintf("%x", sha256.Sum256(data))
	sent := hash
	if how.noHash {
		sent = "UNSIGNED-PAYLOAD"
	}
	headers := "host:" + req.URL.Host + "\nx-amz-content-sha256:" + sent + "\nx-amz-date:" + date + "\n"
	names := "host;x-amz-content-sha256;x-amz-date"
	if how.headers != "" {
		names, headers = how.headers, ""
		known := http.Header{"Host": {req.URL.Host}, "X-Amz-Content-Sha256": {sent}, "X-Amz-Date": {date}}
		for _, name := range strings.Split(names, ";") {
			headers += name + ":" + known.Get(name) + "\n"
		}
	}
	if how.noHost {
		_, headers, _ = strings.Cut(headers, "\n")
		names = strings.TrimPrefix(names, "host;")
	}
	canonical := strings.Join([]string{"POST", "/token", cmp.Or(how.sorted, "aws_iam=t"), headers, names, hash}, "\n")
	scope := strings.Join([]string{cmp.Or(how.day, date[:8]), "us-east-1", cmp.Or(how.service, "sso-oauth"), "aws4_request"}, "/")
	key := []byte("AWS4" + documentedPair)
	for _, part := range append(strings.Split(scope, "/"), fmt.Sprintf("AWS4-HMAC-SHA256\n%s\n%s\n%x", date, scope, sha256.Sum256([]byte(canonical)))) {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(part))
		key = h.Sum(nil)
	}
	req.Header.Set("X-Amz-Date", date)
	req.Header.Set("X-Amz-Content-Sha256", sent)
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+documentedKey+"/"+scope+",SignedHeaders="+names+",Signature="+hex.EncodeToString(key))
	return req
}

func TestSignatures(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		how  signing
		want string
	}{
		{"good", signing{}, ""},
		{"more of a query", signing{query: "&b=2&b=1&a=x+y", sorted: "a=x%20y&aws_iam=t&b=1&b=2"}, ""},
		{"another service", signing{service: "awsssooidc"}, "InvalidSignatureException"},
		{"late", signing{late: 5 * time.Minute}, ""},
		{"too late", signing{late: 5*time.Minute + time.Second}, "InvalidSignatureException"},
		{"early", signing{late: -5 * time.Minute}, ""},
		{"too early", signing{late: -5*time.Minute - time.Second}, "InvalidSignatureException"},
		{"another day", signing{day: "19991231"}, "InvalidSignatureException"},
		{"without the host", signing{noHost: true}, "InvalidSignatureException"},
		{"headers as they are", signing{headers: "host;x-amz-content-sha256;x-amz-date"}, ""},
		{"headers out of order", signing{headers: "x-amz-content-sha256;host;x-amz-date"}, "InvalidSignatureException"},
		{"a header twice", signing{headers: "host;host;x-amz-content-sha256;x-amz-date"}, "InvalidSignatureException"},
		{"a header without a name", signing{headers: ";host;x-amz-content-sha256;x-amz-date"}, "InvalidSignatureException"},
		{"a header in capitals", signing{headers: "X-Amz-Date;host;x-amz-content-sha256;x-amz-date"}, "InvalidSignatureException"},
		{"a header that is not there", signing{headers: "host;x-amz-content-sha256;x-amz-date;x-nothing"}, "InvalidSignatureException"},
		{"without the body's hash", signing{noHash: true}, "InvalidSignatureException"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Hour) // the bubble begins at midnight: keep all in one day
				u := inProcess(t, ssooidctest.New(ssooidctest.Options{}))
				u.postSigned(tt.how, object{"clientId": application, "grantType": grantJWT, "assertion": jwt(`{}`)}).is(tt.want)
			})
		})
	}
}

// The public operations need no signature, and take one that they can't check.
func TestPublicOperationsIgnoreSignatures(t *testing.T) {
	t.Parallel()
	u := inProcess(t, ssooidctest.New(ssooidctest.Options{}))
	req, err := http.NewRequest("POST", u.url+"/client/register", strings.NewReader(`{"clientName":"c","clientType":"public"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20000101/us-east-1/awsssooidc/aws4_request, SignedHeaders=host, Signature=00")
	u.do(req).is("")
}
