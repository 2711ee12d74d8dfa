package login_test

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestSwitchingProtocols: a 101 is no answer. Each call that gets one fails at
// once, though the connection stays open on the other side.
func TestSwitchingProtocols(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var open []net.Conn
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "other")
		w.WriteHeader(http.StatusSwitchingProtocols)
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			mu.Lock()
			defer mu.Unlock()
			open = append(open, conn)
		}
	}))
	t.Cleanup(func() {
		server.Close()
		mu.Lock()
		defer mu.Unlock()
		for _, conn := range open {
			conn.Close()
		}
	})
	cfg := login.Config{
		Name: "dev", StartURL: startURL, Region: region, Flow: login.FlowDeviceCode, Cache: new(tokencache.Memory),
		Endpoint: server.URL, PortalEndpoint: server.URL,
	}
	store(t, cfg.Cache, tokencache.Token{
		AccessToken: "access", ExpiresAt: time.Now().Add(-time.Hour), RefreshToken: "refresh", ClientID: "client", ClientSecret: "secret",
	})
	session := newSession(t, cfg)
	start := time.Now()
	_, err := session.Token(t.Context())
	var answer *ssooidc.ResponseError
	if !errors.As(err, &answer) || answer.StatusCode != http.StatusSwitchingProtocols {
		t.Errorf("Token: %v", err)
	}
	holdLock(t, cfg.Cache, tokenKey)() // is free again
	if _, err := session.Login(t.Context()); !errors.As(err, &answer) {
		t.Errorf("Login: %v", err)
	}
	store(t, cfg.Cache, tokencache.Token{AccessToken: "access", ExpiresAt: time.Now().Add(time.Hour)})
	if err := session.Logout(t.Context()); err == nil {
		t.Error("Logout: nil")
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
}
