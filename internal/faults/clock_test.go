package faults_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
)

// TestClocks: the cache is shared with a machine whose clock is 15 minutes off, and that has signed in or refreshed last.
// Its token says that it ends 15 minutes too late, or too early. Nobody can know; nothing may be lost by it, and who is
// refused by the service gets a good one.
func TestClocks(t *testing.T) {
	t.Parallel()
	const ahead, behind = 15 * time.Minute, -15 * time.Minute
	token := func(s *scene, t *testing.T) (login.Token, error) { return s.session.Token(t.Context()) }
	again := func(s *scene, t *testing.T) (login.Token, error) {
		return s.session.Refresh(t.Context(), s.before.AccessToken)
	}
	asked := func(s *scene, t *testing.T) (login.Token, error) { return s.session.Login(t.Context()) }
	out := func(s *scene, t *testing.T) (login.Token, error) { return login.Token{}, s.session.Logout(t.Context()) }
	for _, row := range []struct {
		name string
		flow *flow
		call func(*scene, *testing.T) (login.Token, error)
		off  time.Duration
		age  time.Duration // of a token that lives for an hour
		end  end
		left string
		sent int
	}{
		{"good", refreshing, token, ahead, 30 * time.Minute, old, allKept, 0},
		{"has ended, and nobody knows", refreshing, token, ahead, 65 * time.Minute, old, allKept, 0},
		{"has ended, and the service said so", refreshing, again, ahead, 65 * time.Minute, succeeds, newToken, 1},
		{"is about to end by the file", refreshing, token, ahead, 71 * time.Minute, succeeds, newToken, 1},
		{"has ended by the file too", refreshing, token, ahead, 76 * time.Minute, succeeds, newToken, 1},
		{"good", refreshing, token, behind, 30 * time.Minute, old, allKept, 0},
		{"is about to end by the file", refreshing, token, behind, 41 * time.Minute, succeeds, newToken, 1},
		{"has ended by the file", refreshing, token, behind, 50 * time.Minute, succeeds, newToken, 1},
		{"was born ended", refreshing, token, behind - 50*time.Minute, 0, succeeds, newToken, 1},
		{"sign-in", deviceCode, asked, ahead, time.Minute, succeeds, newToken, 3},
		{"sign-in", deviceCode, asked, behind, time.Minute, succeeds, newToken, 3},
		{"sign-in", browser, asked, ahead, time.Minute, succeeds, bothNew, 2},
		{"sign-in", browser, asked, behind, time.Minute, succeeds, bothNew, 2},
		{"sign-out", signingOut, out, ahead, 65 * time.Minute, succeeds, noToken, 3},
		{"sign-out", signingOut, out, behind, 50 * time.Minute, succeeds, noToken, 2},
	} {
		t.Run(row.flow.name+", "+row.name+", "+row.off.String(), func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				s := newScene(t, folder, step{flow: row.flow, known: true}, fault{name: "none"})
				s.before.ExpiresAt = time.Now().Add(time.Hour + row.off)
				s.store(t, tokenKey, s.before)
				s.files = s.read(t)
				time.Sleep(row.age)
				var err error
				s.token, err = row.call(s, t)
				if problem := row.end(s, err); problem != "" {
					t.Errorf("it ended otherwise, %s: %v", problem, err)
				}
				if left := s.left(t); left != row.left {
					t.Errorf("what is left: %s, want %s", left, row.left)
				}
				if sent := s.client.sentSoFar(); len(sent) != row.sent {
					t.Errorf("%d requests were sent, want %d: %v", len(sent), row.sent, sent)
				}
				s.wantNoSecret(t, err)
			})
		})
	}
}

// old: the token that was there.
func old(s *scene, err error) string {
	return all(must(err == nil, "it must succeed"), must(s.token.AccessToken == s.before.AccessToken, "it must bring the old token"))
}
