package interop_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// clientName is too long for a phone's line, and has no place to break it.
const clientName = "Deploy_Tool_Of_The_Platform_Team_0123456789"

// TestPages: in a real browser a person signs in, or does not, on the pages of the service and of login.
func TestPages(t *testing.T) {
	t.Parallel()
	needChromium(t)
	s := newService(t, ssooidctest.Options{})
	browser := startBrowser(t, s)
	for _, screen := range []screen{desktop, phone, darkPhone} {
		for name, test := range map[string]func(*testing.T, *service, *tab){
			"device code typed and approved":  codeTyped,
			"device code followed and denied": codeDenied,
			"browser flow approved":           consentApproved,
			"browser flow denied":             consentDenied,
		} {
			t.Run(screen.name+"/"+name, func(t *testing.T) { // one by one: a browser paints only the tab in front
				test(t, s, browser.open(t, screen))
			})
		}
	}
}

// signIn signs in with a cache of its own. act is the person, on the challenge.
func signIn(t *testing.T, s *service, flow login.Flow, act func(login.Challenge)) error {
	t.Helper()
	challenges := make(chan login.Challenge, 1)
	session := s.session(t, func(c *login.Config) {
		c.Flow = flow
		c.ClientName = clientName
		c.Cache = new(tokencache.Memory)
		c.Prompt = func(_ context.Context, c login.Challenge) error {
			challenges <- c
			return nil
		}
	})
	ended := make(chan error, 1)
	go func() {
		_, err := session.Login(t.Context())
		ended <- err
	}()
	select {
	case c := <-challenges:
		act(c)
	case err := <-ended:
		t.Fatalf("Login ended before it asked: %v", err)
	}
	return <-ended
}

func codeTyped(t *testing.T, s *service, tab *tab) {
	must(t, signIn(t, s, login.FlowDeviceCode, func(c login.Challenge) {
		tab.visit(c.CodeURL)
		tab.see("code", "Enter your code", "ABCD-EFGH")
		tab.write("AAAA-AAAA")
		tab.see("code-unknown", "Enter your code", "That code is not known")
		typed := strings.ToLower(strings.ReplaceAll(c.UserCode, "-", " "))
		tab.write(typed)
		tab.see("device", "Is this your code?", c.UserCode, clientName, "sso:account:access")
		tab.press("Approve")
		tab.see("device-approved", "Request approved")
		tab.visit(c.URL)
		tab.see("device-again", "Already answered")
	}))
}

func codeDenied(t *testing.T, s *service, tab *tab) {
	err := signIn(t, s, login.FlowDeviceCode, func(c login.Challenge) {
		tab.visit(c.URL)
		tab.see("device-complete", "Is this your code?", c.UserCode)
		tab.press("Deny")
		tab.see("device-denied", "Request denied")
	})
	if !errors.Is(err, login.ErrDenied) {
		t.Errorf("Login ended with %v", err)
	}
}

func consentApproved(t *testing.T, s *service, tab *tab) {
	must(t, signIn(t, s, login.FlowBrowser, func(c login.Challenge) {
		tab.visit(c.URL)
		tab.see("consent", "Allow access?", clientName, "sso:account:access")
		tab.press("Approve")
		tab.see("callback", "Request approved", "go back to the program")
	}))
}

func consentDenied(t *testing.T, s *service, tab *tab) {
	err := signIn(t, s, login.FlowBrowser, func(c login.Challenge) {
		tab.visit(c.URL)
		tab.see("consent-to-deny", "Allow access?")
		tab.press("Deny")
		tab.see("callback-denied", "You are not signed in", "access_denied")
	})
	var e *login.AuthorizationError
	if !errors.As(err, &e) || e.Code != "access_denied" {
		t.Errorf("Login ended with %v", err)
	}
}
