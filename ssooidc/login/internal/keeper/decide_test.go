package keeper_test

import (
	"strings"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login/internal/keeper"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

var (
	noon   = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	window = 5 * time.Minute
)

// grid has a cell for each combination of an access token (a row) and a refresh
// token (a column). The columns are: usable; usable, but the store is read-only;
// usable, read-only, and only in memory; marked; none; no client; and an expired
// registration.
const grid = `
good      use      use      use      use          use            use            use
due       both     use      both     use          use            use            use
expired   refresh  ReadOnly refresh  SessionEnded NotRefreshable NotRefreshable NotRefreshable
refused   refresh  ReadOnly refresh  SessionEnded NotRefreshable NotRefreshable NotRefreshable
marked    refresh  ReadOnly refresh  SessionEnded NotRefreshable NotRefreshable NotRefreshable
none      refresh  ReadOnly refresh  SessionEnded NotRefreshable NotRefreshable NotRefreshable
`

var reasons = map[string]keeper.Reason{
	"SessionEnded": keeper.SessionEnded, "NotRefreshable": keeper.NotRefreshable, "ReadOnly": keeper.ReadOnly,
}

func TestDecide(t *testing.T) {
	t.Parallel()
	access := map[string]func(*tokencache.Token, *keeper.Refusal){
		"good":    func(*tokencache.Token, *keeper.Refusal) {},
		"due":     func(t *tokencache.Token, _ *keeper.Refusal) { t.ExpiresAt = noon.Add(window) },
		"expired": func(t *tokencache.Token, _ *keeper.Refusal) { t.ExpiresAt = noon },
		"refused": func(t *tokencache.Token, _ *keeper.Refusal) { t.AccessToken = "refused" },
		"marked":  func(_ *tokencache.Token, r *keeper.Refusal) { r.Access = true },
		"none":    func(t *tokencache.Token, _ *keeper.Refusal) { t.AccessToken = "" },
	}
	refresh := []func(*tokencache.Token, *keeper.Refusal){
		func(*tokencache.Token, *keeper.Refusal) {},
		func(*tokencache.Token, *keeper.Refusal) {},
		func(*tokencache.Token, *keeper.Refusal) {},
		func(_ *tokencache.Token, r *keeper.Refusal) { r.Refresh = true },
		func(t *tokencache.Token, _ *keeper.Refusal) { t.RefreshToken = "" },
		func(t *tokencache.Token, _ *keeper.Refusal) { t.ClientSecret = "" },
		func(t *tokencache.Token, _ *keeper.Refusal) { t.RegistrationExpiresAt = noon },
	}
	cells := 0
	for line := range strings.Lines(strings.TrimSpace(grid)) {
		words := strings.Fields(line)
		for column, want := range words[1:] {
			token := tokencache.Token{
				AccessToken: "access", ExpiresAt: noon.Add(time.Hour), RefreshToken: "refresh",
				ClientID: "client", ClientSecret: "secret", RegistrationExpiresAt: noon.Add(time.Hour * 24),
			}
			var r keeper.Refusal
			access[words[0]](&token, &r)
			refresh[column](&token, &r)
			e := keeper.MakeEntry(keeper.Ours, token, keeper.Member{}, r, column == 2)
			use, isRefresh, reason := keeper.Decide(e, noon, "refused", window, column != 1 && column != 2)
			wantUse, wantRefresh := want == "use" || want == "both", want == "refresh" || want == "both"
			if use != wantUse || isRefresh != wantRefresh || reason != reasons[want] {
				t.Errorf("%s, column %d: use %t, refresh %t, reason %v; want %s", words[0], column, use, isRefresh, reason, want)
			}
			cells++
		}
	}
	if cells != 6*7 {
		t.Errorf("%d cells", cells)
	}
	for kind, want := range map[keeper.Kind]keeper.Reason{
		keeper.None: keeper.NotSignedIn, keeper.TornEntry: keeper.Torn, keeper.Foreign: keeper.OtherConfiguration,
	} {
		for _, canSave := range []bool{true, false} {
			use, refresh, reason := keeper.Decide(keeper.MakeEntry(kind, tokencache.Token{}, keeper.Member{}, keeper.Refusal{}, false), noon, "", window, canSave)
			if use || refresh || reason != want {
				t.Errorf("kind %v: use %t, refresh %t, reason %v; want %v", kind, use, refresh, reason, want)
			}
		}
	}
}

// TestDue: a token is refreshed the window before its expiry, but not in the
// first half of its life, if that is known.
func TestDue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		issued time.Duration // before noon; 0: unknown
		window time.Duration
		want   time.Duration // after noon; the token expires an hour after noon
	}{
		{"the window", time.Hour, window, 55 * time.Minute},
		{"never early", time.Hour, -1, time.Hour},
		{"half of a life of an hour", time.Nanosecond, time.Hour, 30 * time.Minute},
		{"half of a life of two hours", time.Hour, 24 * time.Hour, 0},
		{"an unknown life", 0, time.Hour, 0},
		{"an unknown life, and a longer window", 0, 2 * time.Hour, -time.Hour},
		{"a life that has not begun, by a clock that has jumped", -2 * time.Hour, window, 55 * time.Minute},
		{"a window beyond all times", time.Hour, 1<<63 - 1, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := keeper.Member{IssuedAt: noon.Add(-tt.issued)}
			if tt.issued == 0 {
				m = keeper.Member{}
			}
			e := keeper.MakeEntry(keeper.Ours, tokencache.Token{ExpiresAt: noon.Add(time.Hour)}, m, keeper.Refusal{}, false)
			if got := e.Due(tt.window).Sub(noon).Round(time.Second); got != tt.want {
				t.Errorf("due %v after noon, want %v", got, tt.want)
			}
		})
	}
}

// FuzzDecide: no input makes a keeper refresh without a usable refresh token, or
// use a token that has expired or was refused.
func FuzzDecide(f *testing.F) {
	f.Add("access", "refresh", "client", "secret", int64(3600), int64(86400), int64(0), "", int64(300), true, false, false, false)
	f.Add("access", "", "client", "secret", int64(-1), int64(0), int64(-7200), "access", int64(-1), false, true, true, true)
	f.Fuzz(func(t *testing.T, access, refresh, client, secret string, expires, registration, issued int64, refused string, window int64,
		canSave, refusedAccess, refusedRefresh, inMemory bool) {
		at := func(seconds int64) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }
		token := tokencache.Token{
			AccessToken: access, ExpiresAt: at(expires), RefreshToken: refresh, ClientID: client, ClientSecret: secret,
			RegistrationExpiresAt: at(registration),
		}
		if registration == 0 {
			token.RegistrationExpiresAt = time.Time{}
		}
		r := keeper.Refusal{Access: refusedAccess, Refresh: refusedRefresh}
		e := keeper.MakeEntry(keeper.Ours, token, keeper.Member{IssuedAt: at(issued)}, r, inMemory)
		use, isRefresh, reason := keeper.Decide(e, noon, refused, time.Duration(window)*time.Second, canSave)
		if use && (access == "" || access == refused || refusedAccess || !noon.Before(token.ExpiresAt)) {
			t.Error("it uses a token that is not good")
		}
		if isRefresh && (refresh == "" || client == "" || secret == "" || refusedRefresh ||
			!token.RegistrationExpiresAt.IsZero() && !noon.Before(token.RegistrationExpiresAt)) {
			t.Error("it refreshes without a usable refresh token")
		}
		if isRefresh && !canSave && !inMemory {
			t.Error("it refreshes what others own")
		}
		if (use || isRefresh) == (reason != 0) {
			t.Errorf("use %t, refresh %t, and reason %v", use, isRefresh, reason)
		}
	})
}
