package faults_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// network is what stands between the flows and the service: servers on loopback, for all tests. They run outside of the
// tests' bubbles, and keep no connection open.
var network struct {
	resetting string // address of a server that resets a connection when it has read a request
	secure    string // address of a server whose certificate a private CA has signed

	// The proxy that HTTPS_PROXY names: net/http looks at that once a process. It leads every host to secure.
	refuses atomic.Bool // it says 403 instead
	asked   hosts       // which hosts it was asked for

	service atomic.Pointer[http.Handler] // behind secure
	ca      []byte                       // PEM
}

func TestMain(m *testing.M) {
	for _, name := range []string{"AWS_CA_BUNDLE", "HTTP_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy", "AWS_NEW_RETRIES_2026"} {
		os.Unsetenv(name)
	}
	startResetting()
	startSecure()
	startProxy()
	os.Exit(m.Run())
}

func startResetting() {
	l := listen()
	network.resetting = l.Addr().String()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				request := make([]byte, 64<<10) // the headers and the body come in one piece
				if _, err := conn.Read(request); err == nil {
					conn.(*net.TCPConn).SetLinger(0)
				}
			}()
		}
	}()
}

func startSecure() {
	certificate, ca := certificates()
	network.ca = ca
	l := listen()
	network.secure = l.Addr().String()
	server := &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			(*network.service.Load()).ServeHTTP(w, r)
		}),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}},
		ErrorLog:  log.New(io.Discard, "", 0), // of clients that turn away
	}
	server.SetKeepAlivesEnabled(false)
	go server.ServeTLS(l, "", "")
}

func startProxy() {
	l := listen()
	os.Setenv("HTTPS_PROXY", "http://"+l.Addr().String())
	server := &http.Server{Handler: http.HandlerFunc(serveProxy)}
	go server.Serve(l)
}

func serveProxy(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method != http.MethodConnect:
		http.Error(w, "this proxy is for CONNECT", http.StatusMethodNotAllowed)
		return
	case network.refuses.Load():
		w.Header().Set("Connection", "close")
		http.Error(w, "not allowed here", http.StatusForbidden)
		return
	}
	network.asked.add(r.Host)
	there, err := net.Dial("tcp", network.secure)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer there.Close()
	here, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		panic(err)
	}
	defer here.Close()
	io.WriteString(here, "HTTP/1.1 200 Connection established\r\n\r\n")
	go func() {
		io.Copy(there, buffered)
		there.(*net.TCPConn).CloseWrite()
	}()
	io.Copy(here, there)
}

func listen() net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	return l
}

// certificates are one for the service's and the portal's hosts, and the private CA that has signed it. They are good in
// the bubbles too, whose time begins in 2000.
func certificates() (tls.Certificate, []byte) {
	var chain [][]byte
	var issuer *x509.Certificate
	var issuerKey *ecdsa.PrivateKey
	for _, c := range []*x509.Certificate{
		{Subject: pkix.Name{CommonName: "a private CA"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign},
		{
			Subject:     pkix.Name{CommonName: "the service, as the proxy has it"},
			DNSNames:    []string{"oidc." + region + ".amazonaws.com", "portal.sso." + region + ".amazonaws.com"},
			IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			KeyUsage:    x509.KeyUsageDigitalSignature,
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		},
	} {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			panic(err)
		}
		c.SerialNumber = big.NewInt(int64(len(chain) + 1))
		c.NotBefore = time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC)
		c.NotAfter = time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)
		if issuer == nil {
			issuer, issuerKey = c, key
		}
		der, err := x509.CreateCertificate(rand.Reader, c, issuer, &key.PublicKey, issuerKey)
		if err != nil {
			panic(err)
		}
		chain = append([][]byte{der}, chain...)
		issuer, issuerKey = c, key
	}
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: chain[1]})
	return tls.Certificate{Certificate: chain, PrivateKey: issuerKey}, bytes.Clone(ca)
}

// hosts is a list that is safe for concurrent use.
type hosts struct {
	mu   sync.Mutex
	list []string
}

func (h *hosts) add(host string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, host)
}

// take empties the list.
func (h *hosts) take() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	text := strings.Join(h.list, " ")
	h.list = nil
	return text
}
