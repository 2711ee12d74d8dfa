package browser_test

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/internal/browser"
)

func TestAddresses(t *testing.T) {
	t.Parallel()
	good := []string{
		"https://device.sso.us-east-1.amazonaws.com/?user_code=ABCD-EFGH",
		"https://d-abc123.awsapps.com/start/#/device?user_code=ABCD-EFGH",
		"https://oidc.us-east-1.amazonaws.com/authorize?redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Foauth%2Fcallback&scopes=a%20b",
		"HTTPS://example.com", "https://[2001:db8::1]:8443/", "https://example.com:8443/it's,(all)!*$;=+@~",
		"http://127.0.0.1:8080/x", "http://127.9.9.9", "http://[::1]:8080/", "http://localhost:8080/", "http://LOCALHOST/",
	}
	for _, address := range good {
		if err := browser.Check(address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	bad := []string{
		"", " ", "example.com", "//example.com", "/etc/passwd", "https://", "https:///path", "https:example.com", "https://:443/",
		"http://example.com/", "http://127.0.0.1.example.com/", "http://localhost.example.com/", "http://2130706433/",
		"http://0.0.0.0/", "http://10.0.0.1/", "http://0177.0.0.1/", "http://127.1/", "http://[::]/", "http://[::ffff:127.0.0.1]/", "http://[fe80::1%25lo]/", "http://[::1%25lo]/",
		"file:///etc/passwd", "FILE://localhost/etc/passwd", "javascript:alert(1)", "data:text/html,x", "vscode://x/y", "ms-settings:x",
		"about:blank", "ftp://127.0.0.1/", "-https://example.com", "--help", "-a", "@response.file",
		"https://user@example.com/", "https://user:password@example.com/", "https://@example.com/", "http://127.0.0.1@example.com/",
		"https://example.com/a b", " https://example.com/", "https://example.com/\n", "https://example.com/\x00", "https://example.com/\x1b[31m",
		"https://example.com/\x7f", "https://example.com/\u202e", "https://exämple.com/", "https://example.com/\xff",
		`https://example.com\@evil.example/`, `https://example.com/"`, "https://example.com/`id`", "https://example.com/<x>",
		"https://example.com/^x", "https://example.com/{x}", "https://example.com/a|b", "https://example.com/%zz", "https://exam%70le.com:x/",
		"https://example.com/" + strings.Repeat("x", 16<<10),
	}
	for _, address := range bad {
		err := browser.Open(t.Context(), address)
		var refused *browser.AddressError
		if !errors.As(err, &refused) {
			t.Errorf("%q: %v", address, err)
		} else if len(address) > 2 && strings.Contains(err.Error(), address) {
			t.Errorf("the error repeats the address: %v", err)
		}
	}
}

func TestCancelledBefore(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := browser.Open(ctx, "https://example.com/"); err != context.Canceled {
		t.Errorf("Open: %v", err)
	}
}

func FuzzAddress(f *testing.F) {
	for _, address := range []string{
		"https://example.com/?a=b#c", "http://127.0.0.1:8080/", "http://[::1]/", "http://localhost", "file:///etc/passwd",
		"https://a@b/", `https://a\@b/`, "http://127.0.0.1:80:80/", "https://%65xample.com/", "http://[::1%25lo]/", "-x",
	} {
		f.Add(address)
	}
	f.Fuzz(func(t *testing.T, address string) {
		if browser.Check(address) != nil {
			return
		}
		lower := strings.ToLower(address)
		u, err := url.Parse(address)
		if err != nil || u.User != nil || u.Host == "" || strings.ContainsAny(address, " \"\\\n\x00") {
			t.Errorf("%q is let through", address)
		}
		if strings.HasPrefix(lower, "https://") {
			return
		}
		ip := net.ParseIP(u.Hostname())
		if !strings.HasPrefix(lower, "http://") || !strings.EqualFold(u.Hostname(), "localhost") && (ip == nil || !ip.IsLoopback()) {
			t.Errorf("%q is let through", address)
		}
	})
}
