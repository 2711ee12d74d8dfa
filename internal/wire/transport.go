package wire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"
)

// NewHTTPClient makes the HTTP client that is used where the caller brings none. It honours HTTPS_PROXY,
// HTTP_PROXY and NO_PROXY, and AWS_CA_BUNDLE, which it reads now. An attempt takes
// a minute at most.
func NewHTTPClient() (*http.Client, error) {
	roots, err := caBundle(os.Getenv("AWS_CA_BUNDLE"))
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return WithoutRedirects(&http.Client{
		// No shorter timer ends an attempt: the answer to a refresh token or a code
		// can't be had twice.
		Timeout: time.Minute,
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            dialer.DialContext,
			ForceAttemptHTTP2:      true,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			TLSHandshakeTimeout:    10 * time.Second,
			IdleConnTimeout:        90 * time.Second,
			MaxIdleConnsPerHost:    10,
			MaxResponseHeaderBytes: 64 << 10,
			OnProxyConnectResponse: proxyAnswered,
		},
	}), nil
}

// proxyAnswered tells who said no, which net/http does not: of a proxy that refuses it says only "Forbidden". Its error is
// that of a failed dial, since nothing of the request has left.
func proxyAnswered(_ context.Context, proxy *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode == http.StatusOK {
		return nil
	}
	why := "the proxy " + proxy.Host + " refused: " + answer.Status // without the proxy's password
	return &net.OpError{Op: "proxyconnect", Net: "tcp", Err: errors.New(why)}
}

// buildable is the AWS SDK's BuildableClient, which follows some redirects.
type buildable interface {
	GetTransport() *http.Transport
	GetTimeout() time.Duration
}

// Redirectless is a copy of a Doer that follows no redirect, if the Doer is a
// *http.Client or the AWS SDK's BuildableClient. Others are left as they are.
func Redirectless(doer Doer) Doer {
	switch c := doer.(type) {
	case *http.Client:
		return WithoutRedirects(c)
	case buildable:
		return WithoutRedirects(&http.Client{Transport: c.GetTransport(), Timeout: c.GetTimeout()})
	}
	return doer
}

// WithoutRedirects is a copy of an HTTP client that returns a redirect instead of following it: a request
// with secrets goes nowhere but where it was sent.
func WithoutRedirects(c *http.Client) *http.Client {
	without := *c
	without.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &without
}

// caBundle reads a file of PEM certificates that replaces the system's; "" keeps those.
func caBundle(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("AWS_CA_BUNDLE can't be read: %w: set it to a file of PEM certificates, or unset it", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New("AWS_CA_BUNDLE = " + path + " holds no PEM certificate: set it to a file of them, or unset it")
	}
	return roots, nil
}
