package ssooidctest_test

import (
	"fmt"
	"io"
	"net/http"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// head asks an address once, without following a redirect.
func head(c *http.Client, address string) string {
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	resp, err := c.Head(address)
	if err != nil {
		return err.Error()
	}
	resp.Body.Close()
	return fmt.Sprint(resp.StatusCode, " ", resp.Header.Get("Location"))
}

// A company's own address, which redirects to the start URL.
func ExampleService_HandleHost() {
	s := ssooidctest.New(ssooidctest.Options{})
	s.HandleHost("sso.example.com", http.RedirectHandler(s.StartURL(), http.StatusFound))
	fmt.Println(head(s.HTTPClient(), "https://sso.example.com"))
	// Output: 302 https://d-0123456789.awsapps.com/start
}

// Addresses that a client must not take for a company's.
func ExampleService_HandleHost_wrong() {
	s := ssooidctest.New(ssooidctest.Options{})
	s.HandleHost("loop.example.com", http.RedirectHandler("https://loop.example.com", http.StatusFound))
	s.HandleHost("other.example.com", http.RedirectHandler("https://example.org", http.StatusMovedPermanently))
	s.HandleHost("page.example.com", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "<html>Welcome")
	}))
	for _, name := range []string{"loop", "other", "page"} {
		fmt.Println(head(s.HTTPClient(), "https://"+name+".example.com"))
	}
	// Output:
	// 302 https://loop.example.com
	// 301 https://example.org
	// 200
}
