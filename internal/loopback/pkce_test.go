package loopback_test

import (
	"encoding/base64"
	"testing"

	"github.com/ssooidc/ssooidc-go/internal/loopback"
)

func TestCodeChallenge(t *testing.T) {
	t.Parallel()
	// The example of RFC 7636 appendix B.
	got := loopback.CodeChallenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
	if want := "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"; got != want {
		t.Errorf("CodeChallenge: %s, want %s", got, want)
	}
}

func TestRandomValues(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		for _, value := range []string{loopback.NewState(), loopback.NewVerifier()} {
			// This decoding also admits only what RFC 7636 section 4.1 admits.
			if b, err := base64.RawURLEncoding.DecodeString(value); err != nil || len(b) != 32 {
				t.Fatalf("%q has %d bytes, %v", value, len(b), err)
			}
			if seen[value] {
				t.Fatalf("%q came twice", value)
			}
			seen[value] = true
		}
	}
}
