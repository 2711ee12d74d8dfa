package login_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
)

// TestUse: a refused token is refreshed, once, and only one that was refused.
func TestUse(t *testing.T) {
	t.Parallel()
	refused, other := errors.New("refused"), errors.New("no network")
	for _, tt := range []struct {
		name    string
		answers []error // of f, one for each call
		err     error
		revoked bool // the session, for good
	}{
		{name: "taken", answers: []error{nil}},
		{name: "refused once", answers: []error{refused, nil}},
		{name: "another error", answers: []error{other}, err: other},
		{name: "another error later", answers: []error{refused, other}, err: other},
		{name: "refused twice", answers: []error{refused, refused}, err: refused},
		{name: "refused, and no other to be had", answers: []error{refused}, revoked: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := approving()
				session, token := signIn(t, config(s))
				if tt.revoked {
					must(t, s.Revoke(token.AccessToken))
				}
				used := map[string]bool{}
				err := session.Use(t.Context(), func(token login.Token) error {
					if used[token.AccessToken] {
						t.Error("the token that was refused is used again")
					}
					used[token.AccessToken] = true
					return tt.answers[len(used)-1]
				}, func(err error) bool { return err == refused })
				if len(used) != len(tt.answers) || refreshes(s) != len(tt.answers)-1 && !tt.revoked {
					t.Errorf("%d calls and %d refreshes, want %d calls", len(used), refreshes(s), len(tt.answers))
				}
				var required *login.RequiredError
				if errors.As(err, &required) != (tt.err == refused || tt.revoked) || required != nil && required.Session != "dev" {
					t.Errorf("error %v", err)
				}
				if !tt.revoked && !errors.Is(err, tt.err) {
					t.Errorf("error %v, want %v", err, tt.err)
				}
			})
		})
	}

	t.Run("nobody is signed in", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			err := newSession(t, config(approving())).Use(t.Context(), func(login.Token) error {
				t.Error("called without a token")
				return nil
			}, nil)
			if !errors.As(err, new(*login.RequiredError)) {
				t.Errorf("error %v", err)
			}
		})
	})
}
