package ssooidctest_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// What a client sees in process is what it sees over a connection.
func TestInProcessAsOverHTTP(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789", 1000)
	zip := func(text string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		io.WriteString(z, text)
		z.Close()
		return b.Bytes()
	}
	for name, h := range map[string]http.HandlerFunc{
		"nothing":     func(http.ResponseWriter, *http.Request) {},
		"a status":    func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) },
		"an odd one":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(480) },
		"early hints": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); io.WriteString(w, "x") },
		"short":       func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") },
		"html":        func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html><p>hello") },
		"long":        func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, long) },
		"2048 bytes":  func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, long[:2048]) },
		"in pieces":   func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "a"); io.WriteString(w, long) },
		"flushed":     func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "a"); w.(http.Flusher).Flush() },
		"flush, then write": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			io.WriteString(w, "<html>late")
		},
		"flush, then gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.(http.Flusher).Flush()
			w.Write(zip(long))
		},
		"too late":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200); w.Header().Set("X-Late", "x") },
		"no content": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204); io.WriteString(w, "x") },
		"a length": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "3")
			io.WriteString(w, "abc")
		},
		"too long": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "3")
			io.WriteString(w, "abcd")
		},
		"too short": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "9")
			io.WriteString(w, "abcd")
		},
		"compressed": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write(zip(long))
		},
		"not gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, "abcd")
		},
		"flushed empty": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(202); w.(http.Flusher).Flush() },
		"dropped":       func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"dropped late": func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, long)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		},
		"dropped soon": func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x"); panic(http.ErrAbortHandler) },
		"the request": func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			r.Header.Del("Accept-Encoding")
			fmt.Fprintln(w, r.Method, r.URL, r.RequestURI, r.Proto, r.ContentLength, r.Header, r.TLS == nil, r.GetBody == nil, string(body), err)
		},
	} {
		for _, method := range []string{"POST", "HEAD"} {
			t.Run(name+" "+method, func(t *testing.T) {
				t.Parallel()
				srv := ssooidctest.NewServer(ssooidctest.Options{})
				defer srv.Close()
				real := &http.Client{Transport: &http.Transport{}}
				defer real.CloseIdleConnections()
				see := func(c *http.Client) object {
					// The service has no operation that a HEAD could reach but the pages.
					path := "/token?a=b"
					srv.HandleNext("CreateToken", h, 1)
					if method == "HEAD" {
						path = "/device?a=b"
						srv.HandleNext("Device", h, 1)
					}
					req, err := http.NewRequest(method, srv.URL+path, strings.NewReader("the body"))
					if err != nil {
						t.Fatal(err)
					}
					if method == "HEAD" {
						req.Body, req.ContentLength = nil, 0
					}
					return seen(req, c)
				}
				inProcess, overHTTP := see(srv.HTTPClient()), see(real)
				if d := cmp.Diff(overHTTP, inProcess); d != "" {
					t.Errorf("over http (-) and in process (+) differ:\n%s", d)
				}
			})
		}
	}
}

// seen is what a client gets for a request.
func seen(req *http.Request, c *http.Client) object {
	resp, err := c.Do(req)
	if err != nil {
		return object{"failed": true}
	}
	defer resp.Body.Close()
	body, readErr := io.ReadAll(resp.Body)
	resp.Header.Del("Date")
	return object{
		"status": resp.Status, "code": resp.StatusCode, "proto": resp.Proto, "header": map[string][]string(resp.Header),
		"length": resp.ContentLength, "encoding": resp.TransferEncoding, "uncompressed": resp.Uncompressed,
		"body": string(body), "torn": readErr != nil, "mine": resp.Request == req,
	}
}

func TestInProcessEndsWithItsContext(t *testing.T) {
	t.Parallel()
	flush := func(w http.ResponseWriter) { io.WriteString(w, "half"); w.(http.Flusher).Flush() }
	wait := func(r *http.Request) { <-r.Context().Done() }
	deaf := func(w http.ResponseWriter) { time.Sleep(2 * time.Minute); io.WriteString(w, strings.Repeat("x", 5000)) }
	for name, tt := range map[string]struct {
		handle func(http.ResponseWriter, *http.Request)
		leaves time.Duration
	}{
		"silent":       {func(w http.ResponseWriter, r *http.Request) { wait(r) }, time.Minute},
		"torn":         {func(w http.ResponseWriter, r *http.Request) { flush(w); wait(r) }, time.Minute},
		"silent, deaf": {func(w http.ResponseWriter, r *http.Request) { deaf(w) }, 2 * time.Minute},
		"torn, deaf":   {func(w http.ResponseWriter, r *http.Request) { flush(w); deaf(w) }, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := ssooidctest.New(ssooidctest.Options{})
				left := make(chan time.Time, 1)
				s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
					tt.handle(w, r)
					left <- time.Now()
				}, 1)
				began := time.Now()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				req, err := http.NewRequestWithContext(ctx, "POST", oidcURL+"/token", nil)
				if err != nil {
					t.Fatal(err)
				}
				resp, err := s.HTTPClient().Do(req)
				if err == nil {
					_, err = io.ReadAll(resp.Body)
				}
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the client saw %v", err)
				}
				if took := time.Since(began); took != time.Minute {
					t.Errorf("the client left after %v, want a minute", took)
				}
				if at := <-left; at.Sub(began) != tt.leaves {
					t.Errorf("the handler left after %v, want %v", at.Sub(began), tt.leaves)
				}
			})
		})
	}
}

// A handler sees that the client has gone, and nothing else of its context.
func TestInProcessHidesTheClientsContext(t *testing.T) {
	t.Parallel()
	type key struct{}
	s := ssooidctest.New(ssooidctest.Options{})
	s.HandleNext("CreateToken", func(_ http.ResponseWriter, r *http.Request) {
		if v := r.Context().Value(key{}); v != nil {
			t.Errorf("the handler sees the client's %v", v)
		}
		if _, ok := r.Context().Deadline(); ok {
			t.Error("the handler sees the client's deadline")
		}
	}, 1)
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "value"), time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "POST", oidcURL+"/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := s.HTTPClient().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
}

// foreign is a context that package context can only watch with a goroutine.
type foreign struct {
	context.Context
	done chan struct{}
}

func (f foreign) Done() <-chan struct{} { return f.done }

// Once a request is over, nothing watches its context any more.
func TestInProcessLetsGoOfItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // which fails if a goroutine stays
		s := ssooidctest.New(ssooidctest.Options{})
		s.HandleNext("CreateToken", func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush() }, 1)
		for range 2 { // streamed, and whole
			req, err := http.NewRequestWithContext(foreign{t.Context(), make(chan struct{})}, "POST", oidcURL+"/token", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := s.HTTPClient().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
}

// closes counts how often a request's body is closed.
type closes struct {
	io.Reader
	n int
}

func (c *closes) Close() error { c.n++; return nil }

func TestInProcessRefuses(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tt := range map[string]struct {
		ctx  context.Context
		url  string
		want string
	}{
		"no host":        {t.Context(), "http:///token", "no Host"},
		"no scheme":      {t.Context(), "//host/token", "scheme"},
		"another scheme": {t.Context(), "ftp://host/token", "scheme"},
		"it is over":     {over, oidcURL + "/token", "context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			body := &closes{Reader: strings.NewReader("x")}
			req, err := http.NewRequestWithContext(tt.ctx, "POST", tt.url, body)
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.HTTPClient().Transport.RoundTrip(req)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
			if body.n != 1 {
				t.Errorf("the body was closed %d times", body.n)
			}
		})
	}
	if n := len(s.Requests()); n != 0 {
		t.Errorf("%d requests arrived", n)
	}
	for want, leave := range map[string]func(){"oh dear": func() { panic("oh dear") }, "dropped the connection": runtime.Goexit} {
		s.HandleNext("CreateToken", func(http.ResponseWriter, *http.Request) { leave() }, 1)
		if _, err := s.HTTPClient().Post(oidcURL+"/token", "", nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
