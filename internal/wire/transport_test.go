package wire_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/wire"
)

func TestMain(m *testing.M) {
	os.Unsetenv("AWS_CA_BUNDLE")
	os.Exit(m.Run())
}

func client(t *testing.T) (*http.Client, *http.Transport) {
	t.Helper()
	c, err := wire.NewHTTPClient()
	if err != nil {
		t.Fatal(err)
	}
	transport := c.Transport.(*http.Transport)
	t.Cleanup(transport.CloseIdleConnections)
	return c, transport
}

// takeRequest reads the request's headers, as a server does before it answers: to a transport, an answer that comes
// earlier is a fault of its own. What follows is thrown away for as long as the connection stands.
func takeRequest(conn net.Conn) {
	r := bufio.NewReader(conn)
	if _, err := http.ReadRequest(r); err == nil {
		go func() { _, _ = io.Copy(io.Discard, r) }()
	}
}

// TestNothingWaitsForever has servers that stop at each stage of an answer, on connections in memory, where the time
// that passes is virtual.
func TestNothingWaitsForever(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name   string
		server func(net.Conn)
	}{
		{"says nothing", func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }},
		{"takes nothing", func(conn net.Conn) {}},
		{"trickles headers", func(conn net.Conn) {
			takeRequest(conn)
			for _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\n"); err == nil; _, err = io.WriteString(conn, "X: y\r\n") {
				time.Sleep(time.Second)
			}
		}},
		{"trickles a body", func(conn net.Conn) {
			takeRequest(conn)
			for _, err := io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"); err == nil; _, err = io.WriteString(conn, " ") {
				time.Sleep(time.Second)
			}
		}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var servers sync.WaitGroup
				t.Cleanup(servers.Wait)
				c, transport := client(t)
				transport.Proxy = nil
				transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
					ours, theirs := net.Pipe()
					servers.Go(func() { row.server(theirs) })
					t.Cleanup(func() { theirs.Close() })
					return ours, nil
				}
				start := time.Now()
				resp, err := c.Post("http://service/token", "application/json", strings.NewReader("{}"))
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					resp.Body.Close()
				}
				var timeout net.Error
				if took := time.Since(start); took > time.Minute || !errors.As(err, &timeout) || !timeout.Timeout() {
					t.Errorf("after %s: %v", took, err)
				}
			})
		})
	}
}

func TestConnectingIsBounded(t *testing.T) {
	t.Parallel()
	_, transport := client(t)
	if transport.TLSHandshakeTimeout <= 0 || transport.TLSHandshakeTimeout > 30*time.Second {
		t.Errorf("a TLS handshake may take %s", transport.TLSHandshakeTimeout)
	}
}

func TestProxyVariables(t *testing.T) {
	t.Parallel()
	_, transport := client(t)
	// The function reads the environment once a process, so that a test can't set it.
	if got, want := reflect.ValueOf(transport.Proxy).Pointer(), reflect.ValueOf(http.ProxyFromEnvironment).Pointer(); got != want {
		t.Error("the proxy variables are not honoured")
	}
}

func TestOldTLSIsRefused(t *testing.T) {
	t.Parallel()
	for version, accepted := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = nil
		server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version}
		server.StartTLS()
		t.Cleanup(server.Close)
		c, transport := client(t)
		transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
		resp, err := c.Get(server.URL)
		if err == nil {
			resp.Body.Close()
		}
		if (err == nil) != accepted {
			t.Errorf("%s: %v", tls.VersionName(version), err)
		}
	}
}

func TestHeaderSize(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for i := range 100 {
			w.Header().Set(fmt.Sprint("X-", i), strings.Repeat("x", 1<<10))
		}
	}))
	defer server.Close()
	c, _ := client(t)
	if resp, err := c.Get(server.URL); err == nil {
		resp.Body.Close()
		t.Error("100 KiB of headers are accepted")
	}
}
