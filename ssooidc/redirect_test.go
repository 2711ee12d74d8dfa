package ssooidc_test

import (
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// TestRedirects has a service that sends clients elsewhere. Elsewhere sees no request, and no secret of one that an
// opaque HTTP client follows all the same.
func TestRedirects(t *testing.T) {
	t.Parallel()
	following := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return nil }}
	for _, row := range []struct {
		name     string
		client   ssooidc.HTTPClient
		mayReach bool
	}{
		{"our own", nil, false},
		{"a nil *http.Client", (*http.Client)(nil), false},
		{"a *http.Client", &http.Client{}, false},
		{"a *http.Client that follows", following, false},
		{"AWS's", awshttp.NewBuildableClient(), false},
		{"opaque", doer(following.Do), true},
	} {
		for status := 301; status <= 308; status++ {
			t.Run(fmt.Sprintf("%s %d", row.name, status), func(t *testing.T) {
				t.Parallel()
				var mu sync.Mutex
				var reached []string
				elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					mu.Lock()
					defer mu.Unlock()
					reached = append(reached, fmt.Sprint(r.URL, r.Header, string(body)))
					_, _ = io.WriteString(w, successes["CreateToken"])
				}))
				defer elsewhere.Close()
				c := setup(t, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Location", elsewhere.URL+"/token")
					w.WriteHeader(status)
				}, func(o *ssooidc.Options) { o.HTTPClient, o.Retryer = row.client, nil })
				_, err := c.CreateToken(t.Context(), tokenRequest)
				as[*ssooidc.ResponseError](t, err)
				wantNoSecret(t, err)
				mu.Lock()
				defer mu.Unlock()
				if len(reached) > 0 && !row.mayReach {
					t.Errorf("the other server saw %q", reached)
				}
				if strings.Contains(fmt.Sprint(reached), planted) {
					t.Errorf("the other server saw a secret: %q", reached)
				}
			})
		}
	}
	if following.CheckRedirect(nil, nil) != nil {
		t.Error("the caller's client was changed")
	}
}

// TestCodeArrivesOnce has servers that take an authorization code and drop the connection. A second copy would end the
// sign-in: the service revokes what a code that comes twice was good for (RFC 6749 section 4.1.2).
func TestCodeArrivesOnce(t *testing.T) {
	t.Parallel()
	request := *tokenRequest
	request.GrantType = ssooidc.GrantTypeAuthorizationCode

	t.Run("HTTP/1.1 keep-alive", func(t *testing.T) {
		t.Parallel()
		var codes atomic.Int32
		c := setup(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if !strings.Contains(string(body), "authorization_code") {
				_, _ = io.WriteString(w, successes["RegisterClient"])
				return
			}
			codes.Add(1)
			panic(http.ErrAbortHandler)
		}, withDefaultClient, withAnyRetryer)
		if _, err := c.RegisterClient(t.Context(), &ssooidc.RegisterClientRequest{ClientName: "n", ClientType: "public"}); err != nil { // opens the connection
			t.Fatal(err)
		}
		_, err := c.CreateToken(t.Context(), &request)
		as[*ssooidc.TransportError](t, err)
		if n := codes.Load(); n != 1 {
			t.Errorf("the code arrived %d times", n)
		}
	})

	t.Run("HTTP/2 GOAWAY", func(t *testing.T) {
		t.Parallel()
		server := httptest.NewUnstartedServer(nil) // for its certificate
		server.StartTLS()
		defer server.Close()
		listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: server.TLS.Certificates, NextProtos: []string{"h2"}})
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		var codes atomic.Int32
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				go goAway(conn, &codes)
			}
		}()
		client := server.Client()
		client.Transport.(*http.Transport).ForceAttemptHTTP2 = true
		c := newClient(t, ssooidc.Options{
			BaseEndpoint: "https://" + listener.Addr().String(), HTTPClient: client, Retryer: anyRetryer{},
		})
		_, err = c.CreateToken(t.Context(), &request)
		as[*ssooidc.TransportError](t, err)
		if n := codes.Load(); n != 1 {
			t.Errorf("the code arrived %d times", n)
		}
	})
}

// goAway speaks just enough HTTP/2 (RFC 9113) to take one request whole, claim with GOAWAY that it was not processed,
// which invites the client to send it again, and hang up.
func goAway(conn net.Conn, requests *atomic.Int32) {
	defer conn.Close()
	const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	if _, err := io.CopyN(io.Discard, conn, int64(len(preface))); err != nil {
		return
	}
	frame := func(kind byte, payload []byte) {
		head := binary.BigEndian.AppendUint32(nil, uint32(len(payload)))[1:]
		_, _ = conn.Write(append(append(head, kind, 0, 0, 0, 0, 0), payload...))
	}
	const typeData, typeSettings, typeGoAway, endStream = 0x0, 0x4, 0x7, 0x1
	frame(typeSettings, nil)
	for {
		head := make([]byte, 9)
		if _, err := io.ReadFull(conn, head); err != nil {
			return
		}
		length := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
		if _, err := io.CopyN(io.Discard, conn, length); err != nil {
			return
		}
		if head[3] == typeData && head[4]&endStream != 0 {
			requests.Add(1)
			frame(typeGoAway, make([]byte, 8)) // last stream 0, NO_ERROR
			return
		}
	}
}
