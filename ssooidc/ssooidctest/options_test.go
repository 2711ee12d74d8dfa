package ssooidctest_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// panics is what f panics with; "" where it does not.
func panics(f func()) (text string) {
	defer func() {
		if p := recover(); p != nil {
			text = fmt.Sprint(p)
		}
	}()
	f()
	return ""
}

func TestNewRefusesBadOptions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		opts ssooidctest.Options
		want string // "": it is fine
	}{
		{ssooidctest.Options{}, ""},
		{ssooidctest.Options{Interval: time.Minute, ConsentDelay: time.Millisecond}, ""},
		{ssooidctest.Options{Interval: -time.Second}, "Options.Interval is -1s: it must be whole seconds, and not negative"},
		{ssooidctest.Options{Interval: time.Millisecond}, "Options.Interval is 1ms"},
		{ssooidctest.Options{DeviceCodeLifetime: 1500 * time.Millisecond}, "Options.DeviceCodeLifetime is 1.5s"},
		{ssooidctest.Options{CodeLifetime: 1}, "Options.CodeLifetime is 1ns"},
		{ssooidctest.Options{TokenLifetime: -time.Hour}, "Options.TokenLifetime is -1h0m0s"},
		{ssooidctest.Options{SessionLifetime: -1}, "Options.SessionLifetime is -1ns"},
		{ssooidctest.Options{RegistrationLifetime: -1}, "Options.RegistrationLifetime is -1ns"},
		{ssooidctest.Options{ConsentDelay: -1}, "Options.ConsentDelay is -1ns: it must be not negative"},
		{ssooidctest.Options{KeepRequests: -1}, "Options.KeepRequests is -1: it must be not negative"},
		{ssooidctest.Options{Errors: 2}, "Options.Errors is 2: it must be one of [ErrorsLive ErrorsOpenAPI]"},
		{ssooidctest.Options{Rotation: -1}, "Options.Rotation is -1"},
		{ssooidctest.Options{Consent: 3}, "Options.Consent is 3"},
		{ssooidctest.Options{StartURL: "http://example.com"}, "Options.StartURL is http://example.com: it must be an https address"},
		{ssooidctest.Options{Credentials: ssooidctest.Credentials{AccessKeyID: "AKIA"}}, "Options.Credentials"},
		{ssooidctest.Options{Accounts: []ssooidctest.Account{{ID: "12345678901x"}}}, `Options.Accounts is an ID "12345678901x": it must be twelve digits`},
		{ssooidctest.Options{Accounts: []ssooidctest.Account{{ID: "123456789012"}, {ID: "123456789012"}}},
			"Options.Accounts is a second 123456789012: it must be there once"},
		{ssooidctest.Options{Accounts: []ssooidctest.Account{{ID: "123456789012", Roles: []string{"A", ""}}}},
			"Options.Accounts is a role without a name in 123456789012: it must be named"},
		{ssooidctest.Options{Accounts: []ssooidctest.Account{{ID: "123456789012", Fails: "Forbidden"}}},
			`Options.Accounts is 123456789012, which Fails with "Forbidden": it must be one of [ForbiddenException InternalServerException`},
		{ssooidctest.Options{PortalRate: -1}, "Options.PortalRate is -1: it must be not negative"},
		{ssooidctest.Options{Region: "eu-west-1", Scopes: []string{"mine:read"}}, ""},
		{ssooidctest.Options{Region: "x y/@evil"}, `Options.Region is "x y/@evil": it must be a name such as eu-west-1`},
		{ssooidctest.Options{Region: "-x"}, "Options.Region"},
		{ssooidctest.Options{Region: "x-"}, "Options.Region"},
		{ssooidctest.Options{Region: strings.Repeat("x", 64)}, "Options.Region"},
		{ssooidctest.Options{Scopes: []string{""}}, `Options.Scopes is [""]: it must be scopes of visible ASCII`},
		{ssooidctest.Options{Scopes: []string{"a b"}}, "Options.Scopes"},
	} {
		got := panics(func() { ssooidctest.New(tt.opts) })
		if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
			t.Errorf("%+v: panics with %q, want %q", tt.opts, got, tt.want)
		}
	}
}

func TestEnumStrings(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]fmt.Stringer{
		"ErrorsLive": ssooidctest.ErrorsLive, "ErrorsOpenAPI": ssooidctest.ErrorsOpenAPI, "ErrorStyle(-1)": ssooidctest.ErrorStyle(-1),
		"RotationStrict": ssooidctest.RotationStrict, "RotationLenient": ssooidctest.RotationLenient,
		"RotationNone": ssooidctest.RotationNone, "Rotation(3)": ssooidctest.Rotation(3),
		"ConsentAsk": ssooidctest.ConsentAsk, "ConsentApprove": ssooidctest.ConsentApprove,
		"ConsentDeny": ssooidctest.ConsentDeny, "Consent(9)": ssooidctest.Consent(9),
	} {
		if value.String() != want {
			t.Errorf("String is %q, want %q", value.String(), want)
		}
	}
}

// A service keeps nothing of the slices that it was given.
func TestOptionsAreCopied(t *testing.T) {
	t.Parallel()
	accounts := []ssooidctest.Account{{ID: "000000000001", Roles: []string{"Admin"}}}
	u, token := signedIn(t, ssooidctest.Options{Accounts: accounts})
	accounts[0].Roles[0] = "x"
	accounts[0].ID = "x"
	u.get("/federation/credentials?account_id=000000000001&role_name=Admin", token).is("")
}
