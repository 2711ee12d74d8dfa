package compare_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsssooidc "github.com/aws/aws-sdk-go-v2/service/ssooidc"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// answer is what a stub answers to every request.
type answer struct {
	status int
	header http.Header
	body   string
}

// RoundTrip reads the request to its end, as a transport must, and answers.
func (a *answer) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, req.Body); err != nil {
		return nil, err
	}
	return a.to(req), req.Body.Close()
}

func (a *answer) to(req *http.Request) *http.Response {
	return &http.Response{
		StatusCode: a.status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        a.header.Clone(),
		Body:          io.NopCloser(strings.NewReader(a.body)),
		ContentLength: int64(len(a.body)),
		Request:       req,
	}
}

// request is what arrived at a recorder.
type request struct {
	method, url string
	header      http.Header
	body        []byte
}

// recorder is a transport that keeps the last request. It is for one goroutine.
type recorder struct {
	answer answer
	last   *request
}

// RoundTrip implements [http.RoundTripper].
func (r *recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.last = &request{req.Method, req.URL.String(), req.Header.Clone(), body}
	return r.answer.to(req), req.Body.Close()
}

// take returns the last request and forgets it; nil if there was none.
func (r *recorder) take() *request {
	last := r.last
	r.last = nil
	return last
}

// signer holds the credentials that both clients sign CreateTokenWithIAM with.
var signer = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
	return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret", SessionToken: "session"}, nil
})

// clients makes both clients on one transport. Each call is a single attempt.
func clients(t testing.TB, transport http.RoundTripper) (ours *ssooidc.Client, theirs *awsssooidc.Client) {
	t.Helper()
	httpClient := &http.Client{Transport: transport}
	ours, err := ssooidc.New(ssooidc.Options{
		Region: "us-east-1", HTTPClient: httpClient, Credentials: signer, Retryer: aws.NopRetryer{},
	})
	if err != nil {
		t.Fatal(err)
	}
	return ours, awsssooidc.New(awsssooidc.Options{
		Region: "us-east-1", HTTPClient: httpClient, Credentials: signer, Retryer: aws.NopRetryer{},
	})
}
