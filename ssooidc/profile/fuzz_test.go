package profile_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc/profile"
)

// FuzzLoad: whatever a file holds, there is a profile that login takes, or an Error without the secret.
func FuzzLoad(f *testing.F) {
	const secret = "wJalrXUtnFEMIK7MDENG"
	for _, seed := range []string{
		dev + corp, legacy, "", "[", "[]", "[profile dev", "[profile dev]\nx", "[profile dev]\n = \n", "[profile dev]\n\"x\n",
		"[profile dev]\nservices =\n a = b\n c\n", "\ufeff[default]\n", "[profile dev]\nx = `\n" + corp, "[profile dev]\n- = 1\n",
		"[profile dev]\nx = \"\"\"\n" + corp, dev + corp + "sso_registration_scopes = a,\n b:c\n\td # e\n", "[profile 'dev']\nsso_session = corp\n" + corp,
	} {
		f.Add(seed)
	}
	setEnv(f, "")
	f.Fuzz(func(t *testing.T, text string) {
		file := files(write(t, text+"\naws_secret_access_key = "+secret+"\n[other\naws_secret_access_key = `"+secret+"\n"))
		_, err := profile.Load(t.Context(), "dev", file)
		check := func(err error) {
			if err != nil && (!errors.As(err, new(*profile.Error)) || strings.Contains(err.Error(), secret)) {
				t.Errorf("error %#v", err)
			}
		}
		check(err)
		file = files(write(t, text))
		p, err := profile.Load(t.Context(), "dev", file)
		check(err)
		if err != nil || p.Login.Name == "" {
			return
		}
		if cfg, err := profile.LoadSession(t.Context(), p.Login.Name, file); err != nil || cfg.StartURL != p.Login.StartURL || !cmp.Equal(cfg.Scopes, p.Login.Scopes) {
			t.Errorf("LoadSession: %v, %v, but Load: %v", cfg, err, p.Login)
		}
	})
}

// FuzzValue: the scopes, which AWS's package does not read, are read as it reads the other keys.
func FuzzValue(f *testing.F) {
	for _, seed := range []string{"a", " a , b ", `"a,b"`, "'a'", "a # b", "a ;b", "a#b", "a\t#b", "a\t; b", `"a`, `'a"`, `"a" # b`, `""`, "a\\", "%(x)s", "=a", ":a", "\"", "' # b", "`a", "`a`", `"""a"""`} {
		f.Add(seed)
	}
	setEnv(f, "")
	f.Fuzz(func(t *testing.T, value string) {
		if strings.ContainsAny(value, "\r\n\v\f\u0085\x01\x02") {
			return
		}
		text := dev + "sso_role_name = " + value + "\n" + corp + "sso_registration_scopes = " + value + "\n"
		p, err := profile.Load(t.Context(), "dev", files(write(t, text)))
		if err != nil {
			return // no scopes, or no role
		}
		var want []string
		for scope := range strings.SplitSeq(p.RoleName, ",") {
			if scope = strings.TrimSpace(scope); scope != "" {
				want = append(want, scope)
			}
		}
		if diff := cmp.Diff(want, p.Login.Scopes); diff != "" {
			t.Errorf("%q (-role +scopes):\n%s", value, diff)
		}
	})
}
