package tokencache_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// The wanted keys of both tests come from Python's hashlib and json.dumps(..., sort_keys=True), which the AWS CLI uses.

func TestTokenKey(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, want string }{
		{"my-sso", "0ad374308c5a4e22f723adf10145eafad7c4031c"},
		{"https://d-abc123.awsapps.com/start", "40a89917e3175433e361b710a9d43528d7f1890a"},
		{"https://d-abc123.awsapps.com/start#/", "1d20e6889e22d083cdaba8ccfc0f15209544e0c0"},
		{`a<b>&c "q"`, "596707bf3551d8d7d7cc4e18c7d1651009aa2d09"},
		{"Zürich 🔑 会社", "b5a7775302094b534895e8c75b12a4e78b714116"},
		{"a\x00\n\x7fb", "8fc5bbf6490aeccd39b5ced4c8a2e1adc07cfda5"},
		{"", "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
	}
	for _, tt := range tests {
		if got := tokencache.TokenKey(tt.name); got != tt.want {
			t.Errorf("TokenKey(%q) = %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestRegistrationKey(t *testing.T) {
	t.Parallel()
	tests := []struct {
		startURL, region string
		scopes           []string
		session          string
		want             string
	}{
		{"https://d-abc123.awsapps.com/start", "us-west-2", nil, "", "d75f79f67bab3f92a2b1450471c0c2574de0dca4"},
		{"https://d-abc123.awsapps.com/start", "us-west-2", []string{"sso:account:access"}, "my-sso", "724dd89b7e8db591ee3d643aa99ff3e05679ea41"},
		{"https://d-abc123.awsapps.com/start", "us-west-2", []string{}, "my-sso", "034205e845636ad95e77a6ece77ae85f9ce4ec75"},
		{"https://d-abc123.awsapps.com/start#/", "us-west-2", []string{"a", "b"}, "my-sso", "2a4ead56b981e83fe5ce58a863f7a0a8678572f5"},
		{"https://d-abc123.awsapps.com/start?a=<b>&c='d'", "eu-west-1", []string{"<>&"}, "a<b>&c", "febe0bd9a515a9b9d1f2d0e849b0797d4754d092"},
		{"https://bücher.example/start", "eu-central-1", []string{"söö"}, "Zürich 🔑 会社", "8e5ef12a9b61724b735dbda9cc2dca6d5efb408e"},
		{`https://x.example/"q"\`, "r", []string{`"\`}, `quote " back \ slash /`, "1dd173fc035a191b75da826a916a4f0daf6dc9f5"},
		{"https://x.example/", "r", []string{"\x00\x01\x1f\x7f\u0080\u00a0\u2028\uffff"}, "\b\f\n\r\t\v ~\x7f", "323ce91fbd2f2c97da45561b58d153cd338a2a43"},
		{"", "", []string{""}, "", "a4486c8acf8621309e76f738804ae9ec88fca232"},
	}
	for _, tt := range tests {
		got := tokencache.RegistrationKey(tt.startURL, tt.region, tt.scopes, tt.session)
		if got != tt.want {
			t.Errorf("RegistrationKey(%q, %q, %q, %q) = %s, want %s", tt.startURL, tt.region, tt.scopes, tt.session, got, tt.want)
		}
	}
}

func TestKeyError(t *testing.T) {
	t.Parallel()
	for _, store := range []tokencache.Store{&tokencache.Memory{}, tokencache.Dir{Path: t.TempDir()}} {
		bad := strings.Repeat("../", 1000)
		_, err := store.Load(t.Context(), bad)
		var e *tokencache.KeyError
		if !errors.As(err, &e) || e.Key != bad {
			t.Errorf("%T: %#v, want a *KeyError", store, err)
		}
		const want = `tokencache: the key "../../../../../../../../../../../../../../../../../../../../"... is not 40 lower-case hex digits: make it with TokenKey or RegistrationKey`
		if err.Error() != want {
			t.Errorf("%T: %v, want %s", store, err, want)
		}
	}
}

// TestContextOver: nothing is begun for a caller who has left.
func TestContextOver(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("a cause of its own"))
	for _, store := range []tokencache.Store{&tokencache.Memory{}, tokencache.Dir{Path: t.TempDir()}} {
		key := tokencache.TokenKey("x")
		_, loadErr := store.Load(ctx, key)
		_, swapErr := store.CompareAndSwap(ctx, key, nil, []byte{})
		_, _, lockErr := store.TryLock(ctx, key)
		for call, err := range map[string]error{
			"Load": loadErr, "CompareAndSwap": swapErr, "TryLock": lockErr,
		} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("%T.%s: %v, want context.Canceled", store, call, err)
			}
		}
	}
}
