package ssooidctest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// The service is a handler for any server, and takes requests that no server made.
func TestServiceIsAHandler(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{})
	srv := httptest.NewTLSServer(s)
	defer srv.Close()
	u := user{t, srv.Client(), srv.URL}
	started := u.start(u.register(nil))
	for url, secure := range map[string]bool{"https://host/device": true, "http://host/device": false} {
		resp, err := s.HTTPClient().Get(url)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if (resp.TLS != nil) != secure {
			t.Errorf("%s: TLS %v", url, resp.TLS)
		}
	}
	if got := started.text("verificationUri"); got != srv.URL+"/device" {
		t.Errorf("verificationUri %q, want it below %q", got, srv.URL)
	}
	req, err := http.NewRequest("POST", "https://host/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	rec := httptest.NewRecorder()
	s.ServeHTTP(rec, req)
	if rec.Code != 400 {
		t.Errorf("status %d", rec.Code)
	}
}

func TestServerClose(t *testing.T) {
	t.Parallel()
	srv := ssooidctest.NewServer(ssooidctest.Options{})
	if !strings.HasPrefix(srv.URL, "http://127.0.0.1:") {
		t.Errorf("URL %q", srv.URL)
	}
	came, left := make(chan bool), make(chan bool, 1)
	srv.HandleNext("CreateToken", func(_ http.ResponseWriter, r *http.Request) {
		close(came)
		<-r.Context().Done()
		left <- true
	}, 1)
	failed := make(chan error)
	go func() {
		_, err := http.Post(srv.URL+"/token", "", nil)
		failed <- err
	}()
	<-came
	srv.Close()
	select {
	case <-left:
	default:
		t.Error("Close returned before the handler")
	}
	if <-failed == nil {
		t.Error("the open request did not fail")
	}
	srv.Close()
	if _, err := http.Get(srv.URL); err == nil {
		t.Error("a closed server answers")
	}
}
