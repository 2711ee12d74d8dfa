package tokencache_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func TestTokenJSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		token tokencache.Token
		want  string
	}{
		{"all fields, in the CLI's order", tokencache.Token{
			StartURL: "https://d-abc123.awsapps.com/start", Region: "us-west-2", AccessToken: "AT",
			ExpiresAt: noon.Add(time.Hour + 999*time.Millisecond).In(time.FixedZone("", 3600)), RefreshToken: "RT",
			ClientID: "CI", ClientSecret: "CS", RegistrationExpiresAt: noon.AddDate(0, 0, 90),
			Extra: map[string]json.RawMessage{"zone": json.RawMessage(`null`), "receivedAt": json.RawMessage(`"now"`),
				"scopes": json.RawMessage(`["a"]`)},
		}, `{"startUrl":"https://d-abc123.awsapps.com/start","region":"us-west-2","accessToken":"AT",` +
			`"expiresAt":"2026-11-23T13:00:00Z","clientId":"CI","clientSecret":"CS",` +
			`"registrationExpiresAt":"2027-02-21T12:00:00Z","refreshToken":"RT",` +
			`"receivedAt":"now","scopes":["a"],"zone":null}`},
		{"legacy", tokencache.Token{StartURL: "u", Region: "r", AccessToken: "AT", ExpiresAt: noon},
			`{"startUrl":"u","region":"r","accessToken":"AT","expiresAt":"2026-11-23T12:00:00Z"}`},
		{"zero", tokencache.Token{}, `{"accessToken":"","expiresAt":"0001-01-01T00:00:00Z"}`},
		{"extra can't double a field", tokencache.Token{AccessToken: "AT", ExpiresAt: noon,
			Extra: map[string]json.RawMessage{"accessToken": json.RawMessage(`"other"`), "refreshToken": json.RawMessage(`"other"`)}},
			`{"accessToken":"AT","expiresAt":"2026-11-23T12:00:00Z"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			extra := maps.Clone(tt.token.Extra)
			data, err := json.Marshal(tt.token)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(extra, tt.token.Extra); diff != "" {
				t.Errorf("the token itself has changed (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, string(data)); diff != "" {
				t.Errorf("written (-want +got):\n%s", diff)
			}
			want := tt.token
			want.ExpiresAt = want.ExpiresAt.Truncate(time.Second)
			delete(want.Extra, "accessToken")
			delete(want.Extra, "refreshToken")
			if len(want.Extra) == 0 {
				want.Extra = nil
			}
			var got tokencache.Token
			if err := json.Unmarshal(data, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRegistrationJSON(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		reg  tokencache.Registration
		want string
	}{
		{"browser", tokencache.Registration{ClientID: "CI", ClientSecret: "CS", ExpiresAt: noon,
			Scopes: []string{"sso:account:access"}, GrantTypes: []string{"authorization_code", "refresh_token"}},
			`{"clientId":"CI","clientSecret":"CS","expiresAt":"2026-11-23T12:00:00Z","scopes":["sso:account:access"],` +
				`"grantTypes":["authorization_code","refresh_token"]}`},
		{"device code, as old tools write it", tokencache.Registration{ClientID: "CI", ClientSecret: "CS", ExpiresAt: noon},
			`{"clientId":"CI","clientSecret":"CS","expiresAt":"2026-11-23T12:00:00Z"}`},
		{"lists without elements, extra", tokencache.Registration{ClientID: "CI", ClientSecret: "CS", ExpiresAt: noon,
			Scopes: []string{}, GrantTypes: []string{}, Extra: map[string]json.RawMessage{"tool": json.RawMessage(`{"n":1}`)}},
			`{"clientId":"CI","clientSecret":"CS","expiresAt":"2026-11-23T12:00:00Z","scopes":[],"grantTypes":[],"tool":{"n":1}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			data, err := json.Marshal(tt.reg)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(data)); diff != "" {
				t.Errorf("written (-want +got):\n%s", diff)
			}
			var got tokencache.Registration
			if err := json.Unmarshal(data, &got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.reg, got); diff != "" {
				t.Errorf("read back (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	want := time.Date(2021, 12, 25, 21, 30, 0, 0, time.UTC)
	tests := []struct {
		text string
		want time.Time
	}{
		{"2021-12-25T21:30:00Z", want},
		{"2021-12-25T21:30:00.123Z", want.Add(123 * time.Millisecond)},
		{"2021-12-25T21:30:00+00:00", want},
		{"2021-12-25T21:30:00UTC", want},
		{"2021-12-25T21:30:00", want},
		{"2021-12-25T21:30:00.123456", want.Add(123456 * time.Microsecond)},
		{"2021-12-25T23:30:00+02:00", want},
		{"", time.Time{}},
	}
	for _, tt := range tests {
		data := fmt.Sprintf(`{"accessToken":"x","expiresAt":%q,"registrationExpiresAt":%[1]q}`, tt.text)
		var token tokencache.Token
		if err := json.Unmarshal([]byte(data), &token); err != nil {
			t.Errorf("%q: %v", tt.text, err)
			continue
		}
		for _, got := range []time.Time{token.ExpiresAt, token.RegistrationExpiresAt} {
			if !got.Equal(tt.want) || got.Location() != time.UTC {
				t.Errorf("%q read as %v, want %v", tt.text, got, tt.want)
			}
		}
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		data  string
		token tokencache.Token
		err   string
	}{
		{data: `{}`},
		{data: `{"startUrl":null,"expiresAt":null,"refreshToken":null,"region":""}`},
		{data: `{"accessToken":"x","AccessToken":"y"}`, token: tokencache.Token{AccessToken: "x",
			Extra: map[string]json.RawMessage{"AccessToken": json.RawMessage(`"y"`)}}},
		{data: `{"accessToken":"s3cret","accessToken":"x"}`, token: tokencache.Token{AccessToken: "x"}},
		{data: `null`, err: "tokencache: the entry is not a JSON object: sign in again to replace it"},
		{data: `["s3cret"]`, err: "tokencache: the entry is not a JSON object: sign in again to replace it"},
		{data: `{"accessToken":53}`, err: "tokencache: the entry's accessToken is not a string: sign in again to replace it"},
		{data: "{\"accessToken\":\"x\xff\"}", token: tokencache.Token{AccessToken: "x\ufffd"}},
		{data: `{"startUrl":7}`, err: "tokencache: the entry's startUrl is not a string: sign in again to replace it"},
		{data: `{"expiresAt":1700000000}`, err: "tokencache: the entry's expiresAt is not a string: sign in again to replace it"},
		{data: `{"expiresAt":"soon"}`, err: `tokencache: the entry's expiresAt is no time like 2006-01-02T15:04:05Z: "soon": sign in again to replace it`},
		{data: `{"expiresAt":"0000-01-01T00:00:00+14:00"}`,
			err: `tokencache: the entry's expiresAt is no time like 2006-01-02T15:04:05Z: "0000-01-01T00:00:00+14:00": sign in again to replace it`},
	}
	for _, tt := range tests {
		before := tokencache.Token{AccessToken: "before"}
		got := before
		err := json.Unmarshal([]byte(tt.data), &got)
		if tt.err != "" {
			var e *tokencache.ParseError
			if !errors.As(err, &e) || err.Error() != tt.err {
				t.Errorf("%s: %v, want %s", tt.data, err, tt.err)
			}
			tt.token = before
		} else if err != nil {
			t.Errorf("%s: %v", tt.data, err)
		}
		if diff := cmp.Diff(tt.token, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.data, diff)
		}
	}

	reg := tokencache.Registration{ClientID: "before"}
	err := json.Unmarshal([]byte(`{"clientId":"x","scopes":"s3cret"}`), &reg)
	if err == nil || err.Error() != "tokencache: the entry's scopes is not a list of strings: sign in again to replace it" || reg.ClientID != "before" {
		t.Errorf("registration: %v, %v", reg, err)
	}
}

// TestMisfits: what only a refresh needs does not make an access token useless. It stays as it is until a sign-in replaces it.
func TestMisfits(t *testing.T) {
	t.Parallel()
	const entry = `{"accessToken":"x","expiresAt":"2026-11-23T12:00:00Z"`
	for _, field := range []string{
		`"clientId":7`, `"clientSecret":{"s3cret":true}`, `"refreshToken":["s3cret"]`, `"registrationExpiresAt":"2021-12-25"`,
	} {
		data := entry + "," + field + "}"
		var token tokencache.Token
		if err := json.Unmarshal([]byte(data), &token); err != nil {
			t.Errorf("%s: %v", data, err)
			continue
		}
		want := tokencache.Token{AccessToken: "x", ExpiresAt: noon}
		if diff := cmp.Diff(want, token, cmpopts.IgnoreFields(want, "Extra")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", data, diff)
		}
		if written, err := json.Marshal(token); err != nil || string(written) != data {
			t.Errorf("%s: written as %s, %v", data, written, err)
		}
		token.ClientID, token.ClientSecret, token.RefreshToken, token.RegistrationExpiresAt = "CI", "CS", "RT", noon
		wantData := entry + `,"clientId":"CI","clientSecret":"CS","registrationExpiresAt":"2026-11-23T12:00:00Z","refreshToken":"RT"}`
		if written, err := json.Marshal(token); err != nil || string(written) != wantData {
			t.Errorf("%s, then with all fields: written as %s, %v", data, written, err)
		}
	}
}

func TestMarshalRefuses(t *testing.T) {
	t.Parallel()
	for _, v := range []any{
		tokencache.Token{ExpiresAt: noon.AddDate(8000, 0, 0)},
		tokencache.Token{RegistrationExpiresAt: noon.AddDate(-3000, 0, 0)},
		tokencache.Token{Extra: map[string]json.RawMessage{"x": json.RawMessage(`{"torn":`)}},
		tokencache.Registration{ExpiresAt: noon.AddDate(8000, 0, 0)},
	} {
		if data, err := json.Marshal(v); err == nil {
			t.Errorf("%v marshals to %s", v, data)
		}
	}
}

func TestMatches(t *testing.T) {
	t.Parallel()
	const start = "https://d-abc123.awsapps.com/start"
	tests := []struct {
		startURL, region string // of the token
		want             bool
	}{
		{start, "us-west-2", true},
		{start + "/", "us-west-2", true},
		{start + "#", "us-west-2", true},
		{start + "#/", "us-west-2", true},
		{start + "/#/", "us-west-2", true},
		{"", "us-west-2", true},
		{start, "", true},
		{"", "", true},
		{start, "us-west-1", false},
		{"", "us-west-1", false},
		{start + "x", "us-west-2", false},
		{start + "/x", "us-west-2", false},
		{"https://d-abc124.awsapps.com/start", "us-west-2", false},
		{"https://d-abc124.awsapps.com/start", "", false},
	}
	for _, tt := range tests {
		for _, tail := range []string{"", "/", "#", "#/"} {
			token := tokencache.Token{StartURL: tt.startURL, Region: tt.region}
			if got := token.Matches(start+tail, "us-west-2"); got != tt.want {
				t.Errorf("%q %q matches %s: %t", tt.startURL, tt.region, start+tail, got)
			}
		}
	}
}

// TestNoSecretPrinted plants a secret in each field that may hold one.
func TestNoSecretPrinted(t *testing.T) {
	t.Parallel()
	const planted = "s3cret"
	extra := map[string]json.RawMessage{"idToken": json.RawMessage(`"` + planted + `"`)}
	token := tokencache.Token{StartURL: "https://x.example/start", AccessToken: planted, RefreshToken: planted,
		ClientSecret: planted, Extra: extra}
	reg := tokencache.Registration{ClientID: "https://x.example/start", ClientSecret: planted, Extra: extra}
	for _, v := range []any{token, &token, reg, &reg, []any{token, reg}, map[string]any{"t": token, "r": &reg}} {
		var text strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			fmt.Fprintf(&text, verb+"\n", v)
		}
		slog.New(slog.NewTextHandler(&text, nil)).Info("entry", "value", v)
		if strings.Contains(text.String(), planted) || strings.Contains(text.String(), fmt.Sprintf("%x", planted)) {
			t.Errorf("%T: a secret is in the text:\n%s", v, text.String())
		}
	}
	for _, v := range []any{token, &token, reg, &reg} {
		var text strings.Builder
		slog.New(slog.NewJSONHandler(&text, nil)).Info("entry", "value", v)
		if strings.Contains(text.String(), planted) || !strings.Contains(text.String(), "https://x.example/start") {
			t.Errorf("%T: logged as\n%s", v, text.String())
		}
	}
}

// fuzzJSON: what is read is written such that it reads the same, other tools' fields included.
func fuzzJSON[T any](t *testing.T, data []byte, own func(string) bool) {
	var first, second T
	if json.Unmarshal(data, &first) != nil {
		return
	}
	written, err := json.Marshal(first)
	if err != nil {
		t.Fatalf("%s: %v", data, err)
	}
	if err := json.Unmarshal(written, &second); err != nil {
		t.Fatalf("%s, written as %s: %v", data, written, err)
	}
	again, err := json.Marshal(second)
	if err != nil || string(again) != string(written) {
		t.Fatalf("%s, written as %s, then as %s: %v", data, written, again, err)
	}

	decode := func(text []byte) (fields map[string]any) {
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		if err := dec.Decode(&fields); err != nil {
			t.Fatal(err)
		}
		return fields
	}
	after := decode(written)
	for name, value := range decode(data) {
		if diff := cmp.Diff(value, after[name]); diff != "" && !own(name) {
			t.Fatalf("%s: %q has changed:\n%s", data, name, diff)
		}
	}
}

func FuzzToken(f *testing.F) {
	f.Add([]byte(`{"startUrl":"u","region":"r","accessToken":"a","expiresAt":"2021-12-25T21:30:00.5UTC","scopes":["<&>"]}`))
	f.Add([]byte(`{"accessToken":"\ud800","registrationExpiresAt":"2021-12-25T21:30:00-23:59","":{"\u2028":1e400}}`))
	f.Add([]byte(`{"expiresAt":"9999-12-31T23:59:59-01:00"}`))
	f.Add([]byte(`{"clientId":7,"refreshToken":[ 1 ],"registrationExpiresAt":"soon"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzJSON[tokencache.Token](t, data, func(name string) bool {
			return strings.Contains(" startUrl region accessToken expiresAt clientId clientSecret registrationExpiresAt refreshToken ",
				" "+name+" ")
		})
	})
}

func FuzzRegistration(f *testing.F) {
	f.Add([]byte(`{"clientId":"c","clientSecret":"s","expiresAt":"2021-12-25T21:30:00Z","scopes":[null],"grantTypes":[]}`))
	f.Add([]byte(`{"scopes":null,"x":[ 1 , {"y":"z"} ]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzJSON[tokencache.Registration](t, data, func(name string) bool {
			return strings.Contains(" clientId clientSecret expiresAt scopes grantTypes ", " "+name+" ")
		})
	})
}
