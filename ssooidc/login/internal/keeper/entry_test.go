package keeper_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login/internal/keeper"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

const here = "https://service"

func parser() *keeper.Keeper {
	return &keeper.Keeper{Options: keeper.Options{Service: new(process)}}
}

var aToken = tokencache.Token{
	StartURL: "https://x.example/start", Region: "us-east-1", AccessToken: "access", ExpiresAt: noon.Add(time.Hour),
	RefreshToken: "refresh", ClientID: "client", ClientSecret: "secret", RegistrationExpiresAt: noon.Add(24 * time.Hour),
	Extra: map[string]json.RawMessage{"otherTool": json.RawMessage("1")},
}

func entryOf(t *testing.T, token tokencache.Token) keeper.Entry {
	t.Helper()
	data, err := json.Marshal(token)
	if err != nil {
		t.Fatal(err)
	}
	return keeper.Parse(parser(), data)
}

// edited is an entry after another tool has changed its JSON.
func edited(e keeper.Entry, old, new string) keeper.Entry {
	return keeper.Parse(parser(), []byte(strings.Replace(string(e.Data()), old, new, 1)))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func TestParse(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]keeper.Kind{
		"": keeper.TornEntry, "{": keeper.TornEntry, "[]": keeper.TornEntry, "null": keeper.TornEntry,
		`{"accessToken":7}`:      keeper.TornEntry,
		`{"region":"eu-west-1"}`: keeper.Foreign,
		`{"region":"us-east-1"}`: keeper.Ours,
	} {
		if got := keeper.Parse(parser(), []byte(data)).Kind(); got != want {
			t.Errorf("%q is of kind %v, want %v", data, got, want)
		}
	}
	if got := keeper.Parse(parser(), nil).Kind(); got != keeper.None {
		t.Errorf("nothing is of kind %v", got)
	}
}

// TestMember: what we keep of an entry survives refreshes, and ends when another
// tool changes the token, even if that keeps our member.
func TestMember(t *testing.T) {
	t.Parallel()
	signedIn := must(keeper.SignedIn(aToken, noon))
	if strings.Contains(string(signedIn.Data()), "otherTool") {
		t.Error("a sign-in keeps the field of another tool")
	}
	stored := keeper.Parse(parser(), signedIn.Data())
	if m := stored.Member(); m.SignIn == "" || !m.SignedInAt.Equal(noon) || !m.IssuedAt.Equal(noon) || m.Refreshes != 0 {
		t.Errorf("after a sign-in: %+v", m)
	}
	if other := must(keeper.SignedIn(aToken, noon)); other.SignIn() == signedIn.SignIn() {
		t.Error("two sign-ins have one id")
	}

	theirs := edited(stored, `"accessToken"`, `"otherTool":2,"accessToken"`)
	next := aToken
	next.AccessToken, next.ExpiresAt = "next", noon.Add(2*time.Hour)
	renewed := keeper.Parse(parser(), must(keeper.Renewed(theirs, next, noon.Add(time.Hour))).Data())
	if m := renewed.Member(); m.SignIn != stored.Member().SignIn || !m.SignedInAt.Equal(noon) || !m.IssuedAt.Equal(noon.Add(time.Hour)) || m.Refreshes != 1 {
		t.Errorf("after a refresh: %+v", m)
	}
	if !strings.Contains(string(renewed.Data()), `"otherTool":2`) {
		t.Error("a refresh drops the field of another tool")
	}

	foreign := edited(renewed, "2026-11-27T14:00:00Z", "2026-11-27T15:00:00Z")
	if m := foreign.Member(); m.SignIn != "" || m.Refreshes != 0 {
		t.Errorf("another tool's token has our member: %+v", m)
	}
	for _, torn := range []string{`7`, `"x"`, `{}`, `{"expiresAt":"never"}`, `null`} {
		token := aToken
		token.Extra = map[string]json.RawMessage{"ssooidcGo": json.RawMessage(torn)}
		if e := entryOf(t, token); e.Kind() != keeper.Ours || e.Member().SignIn != "" {
			t.Errorf("the member %s is taken for ours", torn)
		}
	}
}

// TestMark: a mark counts for the endpoint that refused, and until the next token.
func TestMark(t *testing.T) {
	t.Parallel()
	e := entryOf(t, aToken) // of another tool
	marked := must(keeper.Marked(e, keeper.Refusal{Endpoint: "https://fake", Refresh: true}))
	read := keeper.Parse(parser(), marked.Data())
	if read.Refused().Refresh || read.SignIn() != e.SignIn() {
		t.Errorf("a fake's refusal counts here: %+v", read.Refused())
	}
	both := keeper.Parse(parser(), must(keeper.Marked(read, keeper.Refusal{Endpoint: here, Refresh: true, Access: true})).Data())
	if !both.Refused().Refresh || !both.Refused().Access || len(both.Member().Refusals) != 2 {
		t.Errorf("refused here: %+v, of %+v", both.Refused(), both.Member())
	}
	if both.Member().SignedInAt != (time.Time{}) {
		t.Error("the time of another tool's sign-in is made up")
	}
	renewed := keeper.Parse(parser(), must(keeper.Renewed(both, aToken, noon)).Data())
	if renewed.Refused() != (keeper.Refusal{}) {
		t.Errorf("a new token is marked: %+v", renewed.Refused())
	}
}

// FuzzParse: whatever an entry holds, it is read or is none, and what is written
// for it can be read.
func FuzzParse(f *testing.F) {
	f.Add(must(keeper.SignedIn(aToken, noon)).Data())
	f.Add([]byte(`{"accessToken":"a","expiresAt":"2026-11-27T12:00:00Z","ssooidcGo":{"expiresAt":"2026-11-27T12:00:00Z","refusals":[{}]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		e := keeper.Parse(parser(), data)
		if e.Kind() != keeper.Ours {
			return
		}
		renewed, err := keeper.Renewed(e, aToken, noon)
		if err != nil {
			return // a field of another tool can't be written again
		}
		if back := keeper.Parse(parser(), renewed.Data()); back.Kind() != keeper.Ours || back.Member().Refreshes != e.Member().Refreshes+1 || back.SignIn() != e.SignIn() {
			t.Errorf("%s\nis written as\n%s", data, renewed.Data())
		}
	})
}
