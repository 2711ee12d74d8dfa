package ssooidc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// withDefaultRetryer undoes what stub does to it.
func withDefaultRetryer(o *ssooidc.Options) { o.Retryer = nil }

// anyRetryer is a user's retryer that retries everything at once.
type anyRetryer struct{ aws.NopRetryer }

func (anyRetryer) IsErrorRetryable(error) bool                  { return true }
func (anyRetryer) MaxAttempts() int                             { return 5 }
func (anyRetryer) RetryDelay(int, error) (time.Duration, error) { return 0, nil }

func withAnyRetryer(o *ssooidc.Options) { o.Retryer = anyRetryer{} }

var (
	errReset  = &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
	errDial   = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
	errProxy  = &url.Error{Op: "Post", URL: "https://x", Err: &net.OpError{Op: "proxyconnect", Net: "tcp", Err: errDial}}
	errLookup = &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "oidc", IsNotFound: true}}

	// As an opaque HTTP client says it that has followed a redirect, which the request was answered with.
	errRedirected = &url.Error{Op: "Get", URL: "https://elsewhere", Err: errDial}
)

func TestRetries(t *testing.T) {
	t.Parallel()
	code := *tokenRequest
	code.GrantType = ssooidc.GrantTypeAuthorizationCode
	device := *tokenRequest
	device.GrantType = ssooidc.GrantTypeDeviceCode
	iamCode := *iamRequest
	iamCode.GrantType = ssooidc.GrantTypeAuthorizationCode

	refresh := func(ctx context.Context, c *scanned) error {
		_, err := c.CreateToken(ctx, tokenRequest)
		return err
	}
	register := func(ctx context.Context, c *scanned) error {
		_, err := c.RegisterClient(ctx, registerRequest)
		return err
	}
	exchangeCode := func(ctx context.Context, c *scanned) error {
		_, err := c.CreateToken(ctx, &code)
		return err
	}
	exchangeIAMCode := func(ctx context.Context, c *scanned) error {
		_, err := c.CreateTokenWithIAM(ctx, &iamCode)
		return err
	}
	poll := func(ctx context.Context, c *scanned) error {
		_, err := c.CreateToken(ctx, &device)
		return err
	}

	const standard, eager = 3, 5 // attempts of the default and of anyRetryer
	for _, row := range []struct {
		name   string
		call   func(context.Context, *scanned) error
		err    error
		status int
		body   string
		header string
		opts   func(*ssooidc.Options)
		want   int
	}{
		{name: "reset", call: refresh, err: errReset, want: standard},
		{name: "refused", call: refresh, err: errDial, want: standard},
		{name: "no such host", call: refresh, err: errLookup, want: 1},
		{name: "any error of the HTTP client", call: refresh, err: errors.New("odd"), want: standard},
		{name: "bare 500", call: refresh, status: 500, want: standard},
		{name: "bare 501", call: refresh, status: 501, want: standard},
		{name: "bare 503", call: refresh, status: 503, body: "<html>", want: standard},
		{name: "bare 520", call: refresh, status: 520, want: standard},
		{name: "bare 429", call: refresh, status: 429, want: standard},
		{name: "490 of the description", call: refresh, status: 490, want: standard},
		{name: "483 is a failure of the service here", call: register, status: 483, want: standard},
		{name: "483 is the client's fault here", call: refresh, status: 483, want: 1},
		{name: "live 500", call: refresh, status: 500, header: "InternalServerException", want: standard},
		{name: "throttled", call: refresh, status: 400, header: "ThrottlingException", want: standard},
		{name: "bad request", call: refresh, status: 400, body: `{"error":"invalid_grant"}`, want: 1},
		{name: "redirect", call: refresh, status: 302, want: 1},
		{name: "torn JSON", call: refresh, status: 200, body: `{"acc`, want: 1},

		{name: "a user's retryer", call: refresh, status: 400, opts: withAnyRetryer, want: eager},
		{name: "none", call: refresh, status: 500, opts: func(o *ssooidc.Options) { o.Retryer = aws.NopRetryer{} }, want: 1},
		{name: "pending", call: refresh, status: 400, body: `{"error":"authorization_pending"}`, opts: withAnyRetryer, want: 1},
		{name: "slow down", call: register, status: 400, body: `{"error":"slow_down"}`, opts: withAnyRetryer, want: 1},
		{name: "a device code", call: poll, status: 500, opts: withAnyRetryer, want: 1},
		{name: "a device code, reset", call: poll, err: errReset, opts: withAnyRetryer, want: 1},
		{name: "an authorization code", call: exchangeCode, status: 500, opts: withAnyRetryer, want: 1},
		{name: "an authorization code, reset", call: exchangeCode, err: errReset, opts: withAnyRetryer, want: 1},
		{name: "an authorization code, timed out", call: exchangeCode, err: context.DeadlineExceeded, opts: withAnyRetryer, want: 1},
		{name: "an authorization code, refused", call: exchangeCode, err: errDial, want: standard},
		{name: "an authorization code, refused by a proxy", call: exchangeCode, err: errProxy, want: standard},
		{name: "an authorization code, redirected and then refused", call: exchangeCode, err: errRedirected, opts: withAnyRetryer, want: 1},
		{name: "an authorization code, refused, by IAM", call: exchangeIAMCode, err: errDial, want: standard},
		{name: "an authorization code, by IAM", call: exchangeIAMCode, err: errReset, opts: withAnyRetryer, want: 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				attempts := 0
				opts := row.opts
				if opts == nil {
					opts = withDefaultRetryer
				}
				err := row.call(t.Context(), stub(t, func(r *http.Request) (*http.Response, error) {
					attempts++
					if r.GetBody != nil {
						t.Error("the request can be replayed by its GetBody")
					}
					if b, err := io.ReadAll(r.Body); err != nil || int64(len(b)) != r.ContentLength || len(b) == 0 {
						t.Errorf("attempt %d has a body of %d bytes of %d: %v", attempts, len(b), r.ContentLength, err)
					}
					if row.err != nil {
						return nil, row.err
					}
					return respond(row.status, row.body, "X-Amzn-ErrorType", row.header), nil
				}, opts))
				if err == nil || attempts != row.want {
					t.Errorf("%d attempts, want %d; %v", attempts, row.want, err)
				}
				if row.err != nil {
					e := as[*ssooidc.TransportError](t, err)
					if !errors.Is(err, row.err) || !e.ConnectionError() || e.Operation == "" {
						t.Errorf("got %+v", e)
					}
				}
				wantNoSecret(t, err)
			})
		})
	}
}

func TestRetrySucceeds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		answers := []string{`{"refreshToken":"left over","accessToken":5}`, `{"accessToken":"a","expiresIn":60}`}
		c := stub(t, func(*http.Request) (*http.Response, error) {
			body := answers[0]
			answers = answers[1:]
			return respond(200, body), nil
		}, withAnyRetryer)
		out, err := c.CreateToken(t.Context(), tokenRequest)
		if err != nil || out.AccessToken != "a" || out.RefreshToken != "" || out.Lifetime() != time.Minute {
			t.Errorf("got %+v, %v", out, err)
		}
	})
}

// tokenRetryer counts the tokens that it hands out and that come back.
type tokenRetryer struct {
	anyRetryer
	log *[]string
}

func (r tokenRetryer) GetAttemptToken(context.Context) (func(error) error, error) {
	return r.token("attempt"), nil
}

func (r tokenRetryer) GetRetryToken(context.Context, error) (func(error) error, error) {
	return r.token("retry"), nil
}

func (r tokenRetryer) token(name string) func(error) error {
	*r.log = append(*r.log, name)
	return func(err error) error {
		outcome := " failed"
		if err == nil {
			outcome = " succeeded"
		}
		*r.log = append(*r.log, name+outcome)
		return nil
	}
}

func TestRetryTokens(t *testing.T) {
	t.Parallel()
	var log []string
	statuses := []int{500, 200}
	c := stub(t, func(*http.Request) (*http.Response, error) {
		status := statuses[0]
		statuses = statuses[1:]
		return respond(status, successes["CreateToken"]), nil
	}, func(o *ssooidc.Options) { o.Retryer = tokenRetryer{log: &log} })
	if _, err := c.CreateToken(t.Context(), tokenRequest); err != nil {
		t.Fatal(err)
	}
	want := []string{"attempt", "attempt failed", "retry", "attempt", "retry succeeded", "attempt succeeded"}
	if !slices.Equal(log, want) {
		t.Errorf("got %q, want %q", log, want)
	}
}

func TestRetryQuota(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		attempts := 0
		c := stub(t, func(*http.Request) (*http.Response, error) { attempts++; return respond(500, ""), nil },
			func(o *ssooidc.Options) {
				o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.RetryCost = 400 })
			})
		for range 2 {
			_, err := c.CreateToken(t.Context(), tokenRequest)
			as[*ssooidc.ServiceError](t, err)
		}
		if attempts != 3 {
			t.Errorf("%d attempts, want 3: the second retry has no quota", attempts)
		}
	})
}

func TestContext(t *testing.T) {
	t.Parallel()
	hang := func(r *http.Request) (*http.Response, error) {
		<-r.Context().Done()
		return nil, r.Context().Err()
	}
	cause := errors.New("the person closed the window")
	for _, row := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
		end    func(context.Context) (context.Context, context.CancelFunc)
		want   []error
		sent   bool
	}{
		{"before", hang, func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			return ctx, cancel
		}, []error{context.Canceled}, false},
		{"during an attempt", hang, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, []error{context.DeadlineExceeded}, true},
		{"with a cause", hang, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(ctx, time.Second, cause)
		}, []error{context.DeadlineExceeded, cause}, true},
		{"between attempts", always(500, ""), func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Nanosecond)
		}, []error{context.DeadlineExceeded}, true},
		{"while an answer is read", func(r *http.Request) (*http.Response, error) {
			resp := respond(200, "")
			resp.Body = io.NopCloser(readFunc(func([]byte) (int, error) { <-r.Context().Done(); return 0, r.Context().Err() }))
			return resp, nil
		}, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, []error{context.DeadlineExceeded}, true},
		{"an HTTP client that does not care", func(*http.Request) (*http.Response, error) {
			time.Sleep(time.Hour)
			return respond(200, successes["CreateToken"]), nil
		}, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, []error{context.DeadlineExceeded}, true},
		{"an answer that does not care", func(r *http.Request) (*http.Response, error) {
			resp := respond(200, "")
			resp.Body = io.NopCloser(readFunc(func([]byte) (int, error) { time.Sleep(time.Hour); return 0, io.EOF }))
			return resp, nil
		}, func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, []error{context.DeadlineExceeded}, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var sent atomic.Bool
				c := stub(t, func(r *http.Request) (*http.Response, error) { sent.Store(true); return row.answer(r) }, func(o *ssooidc.Options) {
					o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) {
						o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return time.Hour, nil })
					})
				})
				ctx, cancel := row.end(t.Context())
				defer cancel()
				start := time.Now()
				_, err := c.CreateToken(ctx, tokenRequest)
				for _, want := range row.want {
					if !errors.Is(err, want) {
						t.Errorf("got %v, want %v", err, want)
					}
				}
				if took := time.Since(start); took > time.Second+100*time.Millisecond {
					t.Errorf("ended after %s", took)
				}
				if sent.Load() != row.sent {
					t.Errorf("sent: %t", sent.Load())
				}
				wantNoSecret(t, err)
				time.Sleep(2 * time.Hour) // a request that was left behind ends too
			})
		})
	}
}

// TestContextEndsARealRequest does on a socket what TestContext does in process.
func TestContextEndsARealRequest(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	c := setup(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadAll(r.Body) // only then does the server notice that the client has gone
		close(arrived)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	var cancelled time.Time
	go func() { <-arrived; cancelled = time.Now(); cancel() }()
	_, err := c.RegisterClient(ctx, registerRequest)
	if took := time.Since(cancelled); !errors.Is(err, context.Canceled) || took > 100*time.Millisecond {
		t.Errorf("%s after the context: %v", took, err)
	}
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func TestNilAnswer(t *testing.T) {
	t.Parallel()
	c := stub(t, func(*http.Request) (*http.Response, error) { return nil, nil })
	_, err := c.CreateToken(t.Context(), tokenRequest)
	as[*ssooidc.TransportError](t, err)
	c = stub(t, func(*http.Request) (*http.Response, error) { return &http.Response{StatusCode: 200}, nil })
	_, err = c.CreateToken(t.Context(), tokenRequest)
	as[*ssooidc.ResponseError](t, err)
}

// TestEchoingHTTPClient: what an HTTP client's error is can be found, what it says of the secrets can't.
func TestEchoingHTTPClient(t *testing.T) {
	t.Parallel()
	c := stub(t, func(r *http.Request) (*http.Response, error) {
		body, _ := io.ReadAll(r.Body)
		return nil, fmt.Errorf("proxy refused %s with %s: %w", body, tokenRequest.ClientSecret, errReset)
	})
	_, err := c.CreateToken(t.Context(), tokenRequest)
	if as[*ssooidc.TransportError](t, err); !errors.Is(err, errReset) || as[*net.OpError](t, err) != errReset {
		t.Errorf("the cause is lost: %v", err)
	}
	wantNoSecret(t, err)
}

// TestBodyIsClosed, or its connection could not be used again.
func TestBodyIsClosed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 302, 400, 500} {
		closed := 0
		c := stub(t, func(*http.Request) (*http.Response, error) {
			resp := respond(status, successes["CreateToken"])
			resp.Body = closer{resp.Body, &closed}
			return resp, nil
		})
		if _, err := c.CreateToken(t.Context(), tokenRequest); (err == nil) != (status == 200) || closed != 1 {
			t.Errorf("status %d: closed %d times; %v", status, closed, err)
		}
	}
}

type closer struct {
	io.Reader
	closed *int
}

func (c closer) Close() error { *c.closed++; return nil }

// TestClientOfNobody: a client that New did not make says so.
func TestClientOfNobody(t *testing.T) {
	t.Parallel()
	for _, c := range []*ssooidc.Client{nil, {}} {
		_, err := c.CreateToken(t.Context(), tokenRequest)
		as[*ssooidc.OptionsError](t, err)
		_, err = c.AuthorizeURL(&ssooidc.AuthorizeURLRequest{ClientID: "c", RedirectURI: "r", State: "s", CodeChallenge: "c"})
		as[*ssooidc.OptionsError](t, err)
	}
}

func TestRetryerHoldsBack(t *testing.T) {
	t.Parallel()
	c := stub(t, always(200, successes["CreateToken"]), func(o *ssooidc.Options) { o.Retryer = stubbornRetryer{} })
	_, err := c.CreateToken(t.Context(), tokenRequest)
	if !errors.Is(err, errStubborn) || !strings.Contains(err.Error(), "CreateToken") {
		t.Errorf("got %v", err)
	}
}

var errStubborn = errors.New("not now")

type stubbornRetryer struct{ anyRetryer }

func (stubbornRetryer) GetAttemptToken(context.Context) (func(error) error, error) {
	return nil, errStubborn
}
