package errortexts_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"

	"github.com/ssooidc/ssooidc-go/internal/wire"
	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// newClient fails to make a client.
func newClient(opts ssooidc.Options) func(*world) error {
	return func(*world) error {
		_, err := ssooidc.New(opts)
		return err
	}
}

var clientSituations = []situation{
	{name: "no region", provoke: newClient(ssooidc.Options{})},
	{name: "a region that is none", provoke: newClient(ssooidc.Options{Region: "us east 1"})},
	{name: "an endpoint that is none", provoke: newClient(ssooidc.Options{Region: region, BaseEndpoint: "oidc"})},
	{name: "an endpoint with a password", provoke: newClient(ssooidc.Options{Region: region, BaseEndpoint: "https://me:" + planted + "@proxy.example.com"})},
	{name: "an endpoint with a query", provoke: newClient(ssooidc.Options{Region: region, BaseEndpoint: "https://proxy.example.com?key=" + planted})},
	{name: "an endpoint over plain http", provoke: newClient(ssooidc.Options{Region: region, BaseEndpoint: "http://proxy.example.com"})},
	{name: "an endpoint and FIPS", provoke: newClient(ssooidc.Options{Region: region, BaseEndpoint: "https://proxy.example.com", UseFIPS: true})},
	{name: "an endpoint and dual-stack", provoke: newClient(ssooidc.Options{Region: region, BaseEndpoint: "https://proxy.example.com", UseDualStack: true})},
	{name: "an endpoint and a FIPS region", provoke: newClient(ssooidc.Options{Region: "fips-us-east-1", BaseEndpoint: "https://proxy.example.com"})},
	{name: "certificates that are not there", provoke: func(w *world) error {
		w.Setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem")
		_, err := ssooidc.New(ssooidc.Options{Region: region})
		return err
	}},
	{name: "certificates that are none", provoke: func(w *world) error {
		w.Setenv("AWS_CA_BUNDLE", w.file("ca.pem", "no certificate"))
		_, err := ssooidc.New(ssooidc.Options{Region: region})
		return err
	}},
}

// ended calls CreateToken with a context that ends after a millisecond.
func ended(h http.HandlerFunc) func(*world) error {
	return func(w *world) error {
		w.service.HandleNext("CreateToken", h, 99)
		ctx, cancel := context.WithTimeout(w.Context(), time.Millisecond)
		defer cancel()
		_, err := w.client().CreateToken(ctx, &ssooidc.CreateTokenRequest{
			ClientID: "client", ClientSecret: planted, GrantType: ssooidc.GrantTypeRefreshToken, RefreshToken: planted,
		})
		return err
	}
}

// unreachable calls CreateToken where there is no connection.
func unreachable(why func(*http.Request) error) func(*world) error {
	return func(w *world) error {
		return w.createToken(func(o *ssooidc.Options) { o.HTTPClient = broken(why) })
	}
}

// exiting is an HTTP client that ends its goroutine, as t.FailNow does.
type exiting struct{}

func (exiting) Do(*http.Request) (*http.Response, error) { runtime.Goexit(); return nil, nil }

var callSituations = []situation{
	{name: "nothing to register", provoke: func(w *world) error {
		_, err := w.client().RegisterClient(w.Context(), &ssooidc.RegisterClientRequest{})
		return err
	}},
	{name: "a device authorization for nobody", provoke: func(w *world) error {
		_, err := w.client().StartDeviceAuthorization(w.Context(), &ssooidc.StartDeviceAuthorizationRequest{})
		return err
	}},
	{name: "a nil request", provoke: func(w *world) error {
		_, err := w.client().CreateToken(w.Context(), nil)
		return err
	}},
	{name: "an authorize URL without a client", provoke: func(w *world) error {
		_, err := w.client().AuthorizeURL(&ssooidc.AuthorizeURLRequest{RedirectURI: "http://127.0.0.1/", State: "s", CodeChallenge: "c"})
		return err
	}},

	{name: "a client that New did not make", provoke: func(w *world) error {
		_, err := new(ssooidc.Client).RegisterClient(w.Context(), &ssooidc.RegisterClientRequest{ClientName: "a", ClientType: ssooidc.ClientTypePublic})
		return err
	}},

	{name: "no credentials to sign with", provoke: func(w *world) error { return w.createTokenWithIAM() }},
	{name: "no region to sign for", provoke: func(w *world) error {
		return w.createTokenWithIAM(func(o *ssooidc.Options) {
			o.Region, o.BaseEndpoint, o.Credentials = "", "https://proxy.example.com", credentials(nil)
		})
	}},
	{name: "credentials that can't be had", provoke: func(w *world) error {
		return w.createTokenWithIAM(func(o *ssooidc.Options) { o.Credentials = credentials(errors.New("the vault is sealed")) })
	}},
	{name: "empty credentials", provoke: func(w *world) error {
		return w.createTokenWithIAM(func(o *ssooidc.Options) {
			o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, nil })
		})
	}},
	{name: "an HTTP client that exits", provoke: func(w *world) error {
		return w.createToken(func(o *ssooidc.Options) {
			o.HTTPClient, o.Retryer = exiting{}, aws.NopRetryer{}
		})
	}},
	{name: "a retryer that holds back", provoke: func(w *world) error {
		return w.createToken(func(o *ssooidc.Options) { o.Retryer = reluctant{retry.NewStandard()} })
	}},

	{name: "no network, or no such region", provoke: unreachable(noDNS)},
	{name: "nothing listens there", provoke: unreachable(refuses)},
	{name: "a certificate that nobody knows", onSockets: true, provoke: func(w *world) error {
		server := httptest.NewUnstartedServer(w.service)
		server.Config.ErrorLog = discard
		server.StartTLS()
		defer server.Close()
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: x509.NewCertPool()}}
		return w.createToken(func(o *ssooidc.Options) {
			o.BaseEndpoint, o.HTTPClient, o.Retryer = server.URL, &http.Client{Transport: transport}, aws.NopRetryer{}
		})
	}},
	{name: "a proxy that refuses", onSockets: true, provoke: func(w *world) error {
		proxy := httptest.NewServer(http.HandlerFunc(page(http.StatusForbidden)))
		defer proxy.Close()
		client, err := wire.NewHTTPClient()
		w.must(err)
		address, err := url.Parse(proxy.URL)
		w.must(err)
		client.Transport.(*http.Transport).Proxy = http.ProxyURL(address)
		return w.createToken(func(o *ssooidc.Options) { o.HTTPClient, o.Retryer = client, aws.NopRetryer{} })
	}},
	{name: "a certificate that has expired, by this machine's clock", provoke: unreachable(func(*http.Request) error {
		return &tls.CertificateVerificationError{Err: x509.CertificateInvalidError{
			Reason: x509.Expired, Detail: "current time 2019-01-01T00:00:00Z is before 2026-01-01T00:00:00Z"}}
	})},
	{name: "the connection is dropped", provoke: answered(drop)},
	{name: "no answer in time", provoke: func(w *world) error {
		client, err := wire.NewHTTPClient()
		w.must(err)
		transport := client.Transport.(*http.Transport)
		transport.Proxy = nil
		transport.DialTLSContext = func(context.Context, string, string) (net.Conn, error) {
			ours, silent := net.Pipe()
			go io.Copy(io.Discard, silent)
			return ours, nil
		}
		return w.createToken(func(o *ssooidc.Options) { o.HTTPClient = client })
	}},
	{name: "a certificate of another host", provoke: unreachable(func(*http.Request) error {
		return &tls.CertificateVerificationError{Err: x509.HostnameError{Host: "oidc.us-east-1.amazonaws.com",
			Certificate: &x509.Certificate{DNSNames: []string{"login.hotel.example"}}}}
	})},
	{name: "an HTTP client without an answer", provoke: func(w *world) error {
		return w.createToken(func(o *ssooidc.Options) {
			o.HTTPClient = doer(func(*http.Request) (*http.Response, error) { return nil, nil })
		})
	}},

	{name: "a proxy's page", provoke: answered(page(http.StatusForbidden))},
	{name: "a proxy's page that repeats the request", provoke: answered(echo(http.StatusForbidden))},
	{name: "a captive portal's page", provoke: answered(page(http.StatusOK))},
	{name: "a status of no answer", provoke: func(w *world) error {
		return w.createToken(func(o *ssooidc.Options) {
			o.HTTPClient = doer(func(*http.Request) (*http.Response, error) { return &http.Response{}, nil })
		})
	}},
	{name: "a redirect", provoke: answered(func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, "https://login.example.com/?"+planted, http.StatusTemporaryRedirect)
	})},
	{name: "a redirect that was followed", provoke: func(w *world) error {
		w.service.HandleNext("CreateToken", func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "/other", http.StatusFound)
		}, 99)
		c := w.service.HTTPClient()
		return w.createToken(func(o *ssooidc.Options) { o.HTTPClient = doer(c.Do) })
	}},
	{name: "torn JSON", provoke: answered(body(http.StatusOK, `{"accessToken":"`+planted))},
	{name: "a success without its token", provoke: answered(body(http.StatusOK, `{"tokenType":"Bearer"}`))},
	{name: "an answer that is too long", provoke: answered(body(http.StatusOK, strings.Repeat(" ", 2<<20)))},
	{name: "an answer that breaks off", provoke: answered(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Length", "1000")
		rw.Write([]byte(`{"accessToken":`))
		http.NewResponseController(rw).Flush()
		panic(http.ErrAbortHandler)
	})},

	{name: "the caller's time is over", provoke: ended(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })},
	{name: "the caller's time is over while it tries again", provoke: ended(body(http.StatusServiceUnavailable, ""))},
	{name: "the caller has a reason of its own", provoke: func(w *world) error {
		ctx, cancel := context.WithCancelCause(w.Context())
		cancel(errors.New("the window was closed"))
		_, err := w.client().RegisterClient(ctx, &ssooidc.RegisterClientRequest{ClientName: "c", ClientType: ssooidc.ClientTypePublic})
		return err
	}},
}

// reluctant is a retryer that lets nothing go out.
type reluctant struct{ *retry.Standard }

func (reluctant) GetAttemptToken(context.Context) (func(error) error, error) {
	return nil, errors.New("the rate limit is used up")
}

// exceptionSituations are the service's exceptions, and its answers that name none.
func exceptionSituations() []situation {
	var list []situation
	for _, name := range []string{
		"AccessDeniedException", "AuthorizationPendingException", "ExpiredTokenException", "InternalServerException",
		"InvalidClientException", "InvalidClientMetadataException", "InvalidGrantException", "InvalidRedirectUriException",
		"InvalidRequestException", "InvalidScopeException", "SlowDownException", "UnauthorizedClientException",
		"UnsupportedGrantTypeException",
	} {
		list = append(list, situation{name: name, provoke: func(w *world) error {
			w.fails("CreateToken", name)
			return w.createToken()
		}})
	}
	signed := func(o *ssooidc.Options) { o.Credentials = credentials(nil) }
	for _, name := range []string{
		"InvalidRequestRegionException", "IncompleteSignatureException", "InvalidSignatureException",
		"MissingAuthenticationTokenException", "UnrecognizedClientException",
	} {
		list = append(list, situation{name: name, provoke: func(w *world) error {
			w.fails("CreateTokenWithIAM", name)
			return w.createTokenWithIAM(signed)
		}})
	}
	return append(list,
		situation{name: "a clock that is wrong", provoke: func(w *world) error {
			w.service.HandleNext("CreateTokenWithIAM", body(http.StatusForbidden,
				`{"message":"Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z"}`, "X-Amzn-ErrorType", "InvalidSignatureException"), 99)
			return w.createTokenWithIAM(signed)
		}},
		situation{name: "a KMS key that is not allowed", provoke: answered(body(http.StatusBadRequest,
			`{"error":"access_denied","reason":"KMS_AccessDeniedException"}`, "X-Amzn-ErrorType", "AccessDeniedException"))},
		situation{name: "an exception of next year's", provoke: answered(body(http.StatusBadRequest,
			`{"error":"too_early","error_description":"Not yet"}`, "X-Amzn-ErrorType", "TooEarlyException"))},
		situation{name: "an error without a name", provoke: answered(body(http.StatusBadRequest, ""))},
		situation{name: "an exception that repeats the request", provoke: answered(body(http.StatusBadRequest,
			`{"error":"invalid_grant","error_description":"`+planted+`RefreshToken is used up"}`))},
	)
}
