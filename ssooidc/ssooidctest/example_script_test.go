package ssooidctest_test

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// The service is busy twice, then well again.
func ExampleService_FailNext() {
	s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	c := s.HTTPClient()
	poll, _ := begin(c, s)
	s.FailNext("CreateToken", "InternalServerException", 2)
	for range 3 {
		_, exception := send(c, endpoint+"/token", poll)
		fmt.Printf("%q\n", exception)
	}
	// Output:
	// "InternalServerException"
	// "InternalServerException"
	// ""
}

// Any other answer: a proxy's page, torn JSON, a dropped connection; and the real one, with a header more.
func ExampleService_HandleNext() {
	s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	c := s.HTTPClient()
	poll, _ := begin(c, s)
	s.HandleNext("CreateToken", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadGateway)
		io.WriteString(w, "<html>bad gateway")
	}, 1)
	s.HandleNext("CreateToken", func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"accessToken":"a`)
	}, 1)
	s.HandleNext("CreateToken", func(http.ResponseWriter, *http.Request) {
		panic(http.ErrAbortHandler)
	}, 1)
	s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Proxy", "example")
		s.ServeHTTP(w, r)
	}, 1)
	for range 4 {
		_, exception := send(c, endpoint+"/token", poll)
		fmt.Printf("%q\n", exception)
	}
	// Output:
	// "status 502, not JSON"
	// "status 200, not JSON"
	// "no answer"
	// ""
}

// An answer that comes late: a client that can't wait gives up, another one gets it.
func ExampleService_HandleNext_late() {
	s := ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove})
	c := s.HTTPClient()
	poll, _ := begin(c, s)
	for _, answer := range []struct{ after, patience time.Duration }{
		{time.Hour, 20 * time.Millisecond},
		{20 * time.Millisecond, time.Minute},
	} {
		s.HandleNext("CreateToken", func(w http.ResponseWriter, r *http.Request) {
			select {
			case <-time.After(answer.after):
				s.ServeHTTP(w, r)
			case <-r.Context().Done(): // the client has gone
			}
		}, 1)
		c.Timeout = answer.patience
		_, exception := send(c, endpoint+"/token", poll)
		fmt.Printf("%q\n", exception)
	}
	// Output:
	// "no answer"
	// ""
}
