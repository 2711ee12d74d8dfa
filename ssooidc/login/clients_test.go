package login_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestUnreadableCABundle: without the certificates to trust, every call says why, and no session is lost but by Logout.
func TestUnreadableCABundle(t *testing.T) {
	t.Setenv("AWS_CA_BUNDLE", "/nowhere/ca.pem")
	entry := tokencache.Token{
		StartURL: startURL, Region: region, AccessToken: "s3cret access token", ExpiresAt: time.Now().Add(-time.Minute).Truncate(time.Second).UTC(),
		RefreshToken: "s3cret refresh token", ClientID: "client", ClientSecret: "s3cret of the client",
	}
	for name, call := range map[string]func(*scanned) error{
		"Login":  func(s *scanned) error { _, err := s.Login(t.Context()); return err },
		"Token":  func(s *scanned) error { _, err := s.Token(t.Context()); return err },
		"Logout": func(s *scanned) error { return s.Logout(t.Context()) },
	} {
		for _, flow := range []login.Flow{login.FlowBrowser, login.FlowDeviceCode} {
			cfg := login.Config{Name: "dev", StartURL: startURL, Region: region, Flow: flow, Cache: new(tokencache.Memory)}
			store(t, cfg.Cache, entry)
			err := call(newSession(t, cfg))
			if text := fmt.Sprint(err); !strings.Contains(text, "AWS_CA_BUNDLE can't be read") || strings.Contains(text, "s3cret") {
				t.Errorf("%s, %v: %v", name, flow, err)
			}
			if errors.As(err, new(*login.RequiredError)) {
				t.Errorf("%s, %v: a person is to sign in again: %v", name, flow, err)
			}
			if data, err := cfg.Cache.Load(t.Context(), tokenKey); (data != nil) != (name != "Logout") || err != nil {
				t.Errorf("%s, %v: the entry: %v", name, flow, err)
			}
		}
	}
}
