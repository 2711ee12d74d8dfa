package portal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/internal/portal"
)

type doer func(*http.Request) (*http.Response, error)

func (d doer) Do(r *http.Request) (*http.Response, error) { return d(r) }

func TestLogout(t *testing.T) {
	t.Parallel()
	answer := func(status int, header http.Header) doer {
		return func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Header: header, Body: http.NoBody, Request: r}, nil
		}
	}
	page := func(status int) doer {
		return func(r *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader("\n<html>welcome")), Request: r}, nil
		}
	}
	const token = "s3cret"
	tests := []struct {
		name string
		do   doer
		want string
	}{
		{"done", answer(200, nil), ""},
		{"done, without a word", answer(204, nil), ""},
		{"unknown", answer(401, nil), "the portal answered with status 401"},
		{"forbidden", answer(403, http.Header{"X-Amzn-Requestid": {"abc\n" + token}}), "the portal answered with status 403 (request id abc [redacted])"},
		{"a page of a proxy", page(200), "a web page came instead of the portal's answer; check any endpoint or proxy (HTTPS_PROXY) that is configured"},
		{"a page that asks who is there", page(401), "the portal answered with status 401"},
		{"redirect", answer(302, nil), "the portal answered with status 302"},
		{"failure", answer(500, nil), "the portal answered with status 500"},
		{"unreachable", func(r *http.Request) (*http.Response, error) { return nil, fmt.Errorf("no route for %v", r.Header) },
			"no answer from the portal: no route for map[X-Amz-Sso_bearer_token:[[redacted]]]; check the network, and any endpoint or proxy (HTTPS_PROXY, AWS_ENDPOINT_URL) that is configured"},
		{"cancelled", func(*http.Request) (*http.Response, error) { return nil, context.Canceled }, "no answer from the portal: context canceled"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			asked := false
			err := portal.Logout(t.Context(), doer(func(r *http.Request) (*http.Response, error) {
				asked = true
				if r.Method != "POST" || r.URL.String() != "https://portal.example/x/logout" || r.Header.Get("x-amz-sso_bearer_token") != token || r.GetBody != nil {
					t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
				}
				return tt.do(r)
			}), "https://portal.example/x", token)
			if !asked {
				t.Error("the portal was not asked")
			}
			if got := text(err); got != tt.want || strings.Contains(got, token) {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if err != nil && !errors.As(err, new(*portal.Error)) || errors.Is(err, context.Canceled) != (tt.name == "cancelled") {
				t.Errorf("%#v", err)
			}
		})
	}
}

// TestEchoedToken: no way of printing the error, or what it wraps, shows a token that the HTTP client has repeated.
func TestEchoedToken(t *testing.T) {
	t.Parallel()
	const token = "s3cret-token"
	cause := fmt.Errorf("no route for %s: %w", token, io.ErrUnexpectedEOF)
	err := portal.Logout(t.Context(), doer(func(*http.Request) (*http.Response, error) { return nil, cause }), "https://portal.example", token)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("the cause is not found in %v", err)
	}
	for e := error(fmt.Errorf("sign-out: %w", err)); e != nil; e = errors.Unwrap(e) {
		if all := fmt.Sprintf("%v %+v %#v %q", e, e, e, e); strings.Contains(all, token) {
			t.Errorf("the token is in %s", all)
		}
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
