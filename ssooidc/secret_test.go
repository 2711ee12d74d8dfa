package ssooidc_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// secretFields are the secrets that the house names, by the fields that hold them.
var secretFields = []string{"ClientSecret", "DeviceCode", "Code", "CodeVerifier", "AccessToken", "RefreshToken", "IDToken", "SubjectToken", "Assertion", "IdentityContext"}

// TestTypesShowNoSecret fills every field of every type that has a secret, and prints it in every way, alone and
// inside other values.
func TestTypesShowNoSecret(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	for name, typ := range schemas {
		v := reflect.New(typ).Elem()
		fill(v, found)
		value, pointer := v.Interface(), v.Addr().Interface()
		wantNoSecret(t, value, pointer, fmt.Errorf("wrapped: %v", value))
		for _, nested := range []any{[]any{value}, map[string]any{"k": pointer}, struct{ V any }{value}, [1]any{pointer}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
				if text := fmt.Sprintf(verb, nested); strings.Contains(text, planted) {
					t.Errorf("%s inside a %T is shown by %s: %s", name, nested, verb, text)
				}
			}
		}
	}
	for _, field := range secretFields {
		if !found[field] {
			t.Errorf("no type has a %s", field)
		}
	}
}

func fill(v reflect.Value, found map[string]bool) {
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("shown")
			for _, name := range secretFields {
				if v.Type().Field(i).Name == name {
					f.SetString(planted)
					found[name] = true
				}
			}
		case reflect.Struct:
			fill(f, found)
		}
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	statuses := []int{502, 200}
	c := stub(t, func(r *http.Request) (*http.Response, error) {
		status := statuses[0]
		statuses = statuses[1:]
		resp := respond(status, successes["CreateToken"])
		resp.Header.Add("X-Amzn-Requestid", "second")
		if status == 502 {
			resp.Header.Set("X-Amzn-Requestid", "id\n-"+tokenRequest.Code)
		}
		return resp, nil
	}, withAnyRetryer, func(o *ssooidc.Options) { o.Logger = logger })
	if _, err := c.CreateToken(t.Context(), tokenRequest); err != nil {
		t.Fatal(err)
	}
	text := log.String()
	for _, want := range []string{"operation=CreateToken", "attempt=1", "attempt=2", "status=502", "status=200", "request_id=request-1", `request_id="id -[redacted]"`, "duration=", "error="} {
		if !strings.Contains(text, want) {
			t.Errorf("the log lacks %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, planted) {
		t.Errorf("a secret is logged:\n%s", text)
	}
}

// TestRequestSecrets: what is taken out of texts is all that is tagged.
func TestRequestSecrets(t *testing.T) {
	t.Parallel()
	for name, typ := range schemas {
		if !strings.HasSuffix(name, "Request") {
			continue
		}
		in := reflect.New(typ)
		var want []string
		for i := range typ.NumField() {
			if typ.Field(i).Tag.Get("secret") == "true" {
				secret := fmt.Sprintf("%s-in-clear-%d", planted, i)
				in.Elem().Field(i).SetString(secret)
				want = append(want, secret)
			} else if f := in.Elem().Field(i); f.Kind() == reflect.String {
				f.SetString("x")
			}
		}
		echo := stub(t, always(502, strings.Join(want, " ")))
		out := reflect.ValueOf(echo).MethodByName(strings.TrimSuffix(name, "Request")).Call([]reflect.Value{reflect.ValueOf(t.Context()), in})
		err := out[1].Interface().(error)
		if strings.Contains(err.Error(), planted) || len(want) > 0 && !strings.Contains(err.Error(), "[redacted]") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
