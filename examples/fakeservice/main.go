// Command fakeservice is IAM Identity Center on your own machine, to try a sign-in with: with the AWS CLI, with an
// AWS SDK, or with your own program. It needs no AWS account, and opens none.
//
//	go run ./examples/fakeservice
//
// listens on 127.0.0.1:8111 and prints the lines that point the AWS CLI and the SDKs at it. A person approves or
// denies on its pages; with -auto-approve nobody has to.
//
//	go run ./examples/fakeservice -tls -listen 127.0.0.1:443
//
// speaks TLS, also under the service's real host names, for tools that accept no other.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	s, err := parse(os.Args[1:], os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return
	case err != nil: // the flag package has said it
		os.Exit(2)
	}
	if err := run(ctx, s, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "fakeservice:", err)
		os.Exit(1)
	}
}

// run serves until the context ends.
func run(ctx context.Context, s settings, out io.Writer) error {
	service := ssooidctest.New(s.service)
	l, err := net.Listen("tcp", s.listen)
	if err != nil {
		return fmt.Errorf("%w: choose another address with -listen", err)
	}
	defer l.Close()

	g := guide{settings: s, startURL: service.StartURL(), address: l.Addr().(*net.TCPAddr)}
	server := http.Server{
		Handler:           logged(service, out),
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(out, "", log.Ltime), // clients that don't trust the authority, mostly
	}
	if s.tls {
		ca, err := newAuthority(g.address.IP)
		if err != nil {
			return err
		}
		if g.caFile, err = writeCA(ca, s.caFile); err != nil {
			return err
		}
		if s.caFile == "" {
			defer os.RemoveAll(filepath.Dir(g.caFile))
		}
		l = tls.NewListener(l, &tls.Config{GetCertificate: ca.certificate, NextProtos: []string{"http/1.1"}})
	}
	g.print(out)

	defer context.AfterFunc(ctx, func() { server.Close() })()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// writeCA writes the certificate to trust, into a folder of its own where no file is named.
func writeCA(ca *authority, file string) (string, error) {
	if file == "" {
		folder, err := os.MkdirTemp("", "fakeservice-")
		if err != nil {
			return "", err
		}
		file = filepath.Join(folder, "ca.pem")
	}
	return file, os.WriteFile(file, ca.pem(), 0o644)
}

// logged prints a line for each request, with the exception if there was one. None of it is secret.
func logged(h http.Handler, out io.Writer) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sw := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		h.ServeHTTP(sw, r)
		fmt.Fprintln(out, time.Now().Format(time.TimeOnly), r.Method, r.URL.EscapedPath(), sw.status, w.Header().Get("X-Amzn-ErrorType"))
	})
}

// statusWriter remembers the status.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements [http.ResponseWriter].
func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}
