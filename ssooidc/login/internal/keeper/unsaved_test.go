package keeper_test

import (
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login/internal/keeper"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// TestFate has a row for each thing that the store can hold when a result is to
// be saved.
func TestFate(t *testing.T) {
	t.Parallel()
	token := func(access string) tokencache.Token {
		t := aToken
		t.AccessToken, t.RefreshToken = access, "refresh-"+access
		return t
	}
	read := func(e keeper.Entry) keeper.Entry { return keeper.Parse(parser(), e.Data()) }
	refuses := keeper.Refusal{Endpoint: here, Refresh: true}

	before := read(must(keeper.SignedIn(token("before"), noon.Add(-time.Hour))))
	refreshed := must(keeper.Renewed(before, token("refreshed"), noon))
	twice := must(keeper.Renewed(refreshed, token("twice"), noon))
	elsewhere := read(must(keeper.Renewed(before, token("elsewhere"), noon)))
	marked := must(keeper.Marked(before, refuses))
	signedIn := must(keeper.SignedIn(token("signed in"), noon))
	earlier := read(must(keeper.SignedIn(token("earlier"), noon.Add(-time.Minute))))
	later := read(must(keeper.SignedIn(token("later"), noon.Add(time.Minute))))
	another := entryOf(t, token("of another tool"))
	field := edited(before, `"ssooidcGo"`, `"dropped"`) // by a tool that has added a field
	torn := keeper.Parse(parser(), []byte("{"))
	other := keeper.Parse(parser(), []byte(`{"region":"eu-west-1"}`))
	var none keeper.Entry

	for _, tt := range []struct {
		name                            string
		held                            keeper.Entry
		signIn, refresh, mark, refresh2 keeper.Fate // refresh2: of what was refreshed in memory
	}{
		{"nothing any more", none, keeper.IsGone, keeper.IsGone, keeper.IsGone, keeper.IsGone},
		{"the same as when it was made", before, keeper.MustWrite, keeper.MustWrite, keeper.MustWrite, keeper.MustWrite},
		{"the tokens, with another field", field, keeper.MustWait, keeper.MustWrite, keeper.MustWrite, keeper.MustWrite},
		{"another refresh of the same sign-in", elsewhere, keeper.MustWrite, keeper.IsTheirs, keeper.IsTheirs, keeper.MustWrite},
		{"the mark", read(marked), keeper.MustWrite, keeper.MustWrite, keeper.IsSaved, keeper.MustWrite},
		{"the refresh", read(refreshed), keeper.MustWrite, keeper.IsSaved, keeper.IsTheirs, keeper.MustWrite},
		{"an earlier sign-in", earlier, keeper.MustWrite, keeper.IsTheirs, keeper.IsTheirs, keeper.IsTheirs},
		{"a later sign-in", later, keeper.IsTheirs, keeper.IsTheirs, keeper.IsTheirs, keeper.IsTheirs},
		{"another tool's", another, keeper.MustWait, keeper.IsTheirs, keeper.IsTheirs, keeper.IsTheirs},
		{"half an entry", torn, keeper.MustWait, keeper.MustWait, keeper.MustWait, keeper.MustWait},
		{"another configuration's", other, keeper.MustWait, keeper.IsTheirs, keeper.IsTheirs, keeper.IsTheirs},
		{"the sign-in", read(signedIn), keeper.IsSaved, keeper.IsTheirs, keeper.IsTheirs, keeper.IsTheirs},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for what, got := range map[string][2]keeper.Fate{
				"sign-in":       {keeper.FateOf(true, before.SignIn(), signedIn, before, tt.held), tt.signIn},
				"refresh":       {keeper.FateOf(false, "", refreshed, before, tt.held), tt.refresh},
				"mark":          {keeper.FateOf(false, "", marked, before, tt.held), tt.mark},
				"two refreshes": {keeper.FateOf(false, "", twice, before, tt.held), tt.refresh2},
			} {
				if got[0] != got[1] {
					t.Errorf("%s: %v, want %v", what, got[0], got[1])
				}
			}
		})
	}
	for name, held := range map[string]keeper.Entry{"torn": torn, "another configuration's": other, "another tool's": another} {
		if got := keeper.FateOf(true, "", signedIn, held, held); got != keeper.MustWrite {
			t.Errorf("a sign-in over an entry that is %s, as it was: %v", name, got)
		}
	}
	if got := keeper.FateOf(true, "", signedIn, none, none); got != keeper.MustWrite {
		t.Errorf("a sign-in where nobody was: %v", got)
	}
}
