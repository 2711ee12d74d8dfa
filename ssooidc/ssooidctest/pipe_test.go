package ssooidctest_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// A client that has had enough of an endless body closes it, and the handler learns of it.
func TestInProcessEndlessBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // which fails if the handler's goroutine stays
		s := ssooidctest.New(ssooidctest.Options{})
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			for {
				if _, err := w.Write(make([]byte, 1000)); err != nil {
					break
				}
			}
			<-r.Context().Done()
		}, 1)
		resp, err := s.HTTPClient().Post(oidcURL+"/token", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.CopyN(io.Discard, resp.Body, 1<<20); err != nil {
			t.Errorf("read %d: %v", n, err)
		}
		resp.Body.Close()
		if _, err := resp.Body.Read(make([]byte, 1)); err == nil {
			t.Error("a closed body can be read")
		}
	})
}

// TestHandlersNeedNotWait: a client may do something else before it reads what a handler has flushed, or
// has written without a flush, up to what a connection would hold.
func TestHandlersNeedNotWait(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 60_000)
	for name, want := range map[string]string{"flushed": "early", "long": long} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // which fails if the handler waits
				s := ssooidctest.New(ssooidctest.Options{})
				done := make(chan struct{})
				s.HandleNext("CreateToken", func(w http.ResponseWriter, _ *http.Request) {
					io.WriteString(w, want)
					w.(http.Flusher).Flush()
					close(done)
				}, 1)
				resp, err := s.HTTPClient().Post(oidcURL+"/token", "application/json", strings.NewReader("{}"))
				if err != nil {
					t.Fatal(err)
				}
				<-done
				body, err := io.ReadAll(resp.Body)
				resp.Body.Close()
				if string(body) != want || err != nil {
					t.Errorf("got %d bytes, %v", len(body), err)
				}
			})
		})
	}
}

// What a handler writes beyond that waits for the client, all of which arrives.
func TestInProcessBigBody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{})
		var written bool
		s.HandleNext("CreateToken", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, strings.Repeat("0123456789", 20_000))
			written = true
		}, 1)
		resp, err := s.HTTPClient().Post(oidcURL+"/token", "", nil)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if written {
			t.Error("200 kB were taken from a handler without a reader")
		}
		body, err := io.ReadAll(resp.Body)
		if string(body) != strings.Repeat("0123456789", 20_000) || err != nil {
			t.Errorf("got %d bytes, %v", len(body), err)
		}
	})
}
