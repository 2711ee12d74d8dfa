package ssooidctest_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// refresh goes on with a session.
func (u user) refresh(client object, refreshToken string) reply {
	u.t.Helper()
	return u.post("/token", with(client, object{"grantType": "refresh_token", "refreshToken": refreshToken}))
}

// get asks the portal.
func (u user) get(pathAndQuery, accessToken string) reply {
	u.t.Helper()
	return u.portal(http.MethodGet, pathAndQuery, accessToken)
}

func (u user) portal(method, pathAndQuery, accessToken string) reply {
	u.t.Helper()
	req, err := http.NewRequest(method, u.url+pathAndQuery, nil)
	if err != nil {
		u.t.Fatal(err)
	}
	req.Header.Set("x-amz-sso_bearer_token", accessToken)
	return u.do(req)
}

func TestRotation(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		rotation ssooidctest.Rotation
		renewed  bool   // a refresh brings a new refresh token
		old      string // what the old one then is
	}{
		{ssooidctest.RotationStrict, true, "InvalidGrantException"},
		{ssooidctest.RotationLenient, true, ""},
		{ssooidctest.RotationNone, false, ""},
	} {
		t.Run(tt.rotation.String(), func(t *testing.T) {
			s := ssooidctest.New(ssooidctest.Options{Rotation: tt.rotation})
			u := inProcess(t, s)
			client := u.register(object{"scopes": accountAccess})
			first := u.signIn(s, client)

			second := u.refresh(client, first.text("refreshToken")).ok()
			if second.text("accessToken") == first.text("accessToken") || second.body["expiresIn"] != 3600.0 {
				t.Errorf("the refresh brought %v", second.body)
			}
			if got := second.body["refreshToken"] != nil; got != tt.renewed {
				t.Errorf("a new refresh token: %v, want %v", got, tt.renewed)
			}
			for _, r := range []reply{first, second} {
				u.get("/assignment/accounts", r.text("accessToken")).is("") // old tokens live on
			}
			u.refresh(client, first.text("refreshToken")).is(tt.old)
			if tt.renewed {
				u.refresh(client, second.text("refreshToken")).is("")
			}
		})
	}
}

func TestLifetimes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := ssooidctest.New(ssooidctest.Options{
			Rotation:        ssooidctest.RotationNone,
			TokenLifetime:   time.Minute,
			SessionLifetime: time.Hour,
		})
		u := inProcess(t, s)
		client := u.register(object{"scopes": accountAccess})
		token := u.signIn(s, client)
		if token.body["expiresIn"] != 60.0 {
			t.Errorf("expiresIn %v, want 60", token.body["expiresIn"])
		}
		time.Sleep(59 * time.Second)
		u.get("/assignment/accounts", token.text("accessToken")).is("")
		time.Sleep(time.Second)
		u.get("/assignment/accounts", token.text("accessToken")).is("UnauthorizedException")

		time.Sleep(59*time.Minute - time.Second)
		u.refresh(client, token.text("refreshToken")).is("")
		time.Sleep(time.Second)
		u.refresh(client, token.text("refreshToken")).is("InvalidGrantException")
	})
}

func TestExpireAndRevoke(t *testing.T) {
	t.Parallel()
	s := ssooidctest.New(ssooidctest.Options{Rotation: ssooidctest.RotationLenient})
	u := inProcess(t, s)
	use := func(token reply) reply { return u.get("/assignment/accounts", token.text("accessToken")) }
	do := func(f func(string) error, issued any) {
		t.Helper()
		if err := f(issued.(string)); err != nil {
			t.Error(err)
		}
	}
	client := u.register(object{"scopes": accountAccess})

	token := u.signIn(s, client)
	do(s.Expire, token.body["accessToken"])
	use(token).is("UnauthorizedException")
	next := u.refresh(client, token.text("refreshToken")).ok() // only the token was expired
	do(s.Expire, token.body["refreshToken"])
	u.refresh(client, token.text("refreshToken")).is("InvalidGrantException")
	use(next).is("")
	u.refresh(client, next.text("refreshToken")).is("")

	for _, member := range []string{"accessToken", "refreshToken"} { // each stands for the session
		token := u.signIn(s, client)
		next := u.refresh(client, token.text("refreshToken")).ok()
		do(s.Revoke, token.body[member])
		for _, r := range []reply{token, next} {
			use(r).is("UnauthorizedException")
			u.refresh(client, r.text("refreshToken")).is("InvalidGrantException")
		}
	}
	use(next).is("") // of another session

	for _, member := range []string{"deviceCode", "userCode"} {
		started := u.start(client)
		if err := s.Revoke(started.text(member)); err == nil || !strings.Contains(err.Error(), "a code can't be revoked") {
			t.Errorf("revoking a %s: %v", member, err)
		}
		u.poll(client, started).is("AuthorizationPendingException")
		do(s.Expire, started.body[member])
		u.poll(client, started).is("ExpiredTokenException")
	}

	expired, forgotten := u.register(nil), u.register(nil)
	do(s.Expire, expired["clientId"])
	do(s.Revoke, forgotten["clientId"])
	for _, c := range []object{expired, forgotten} {
		u.post("/device_authorization", with(c, object{"startUrl": s.StartURL()})).is("InvalidClientException")
	}
	if s.Expire("nothing") == nil || s.Revoke("nothing") == nil || s.Expire("") == nil {
		t.Error("what was never issued was expired or revoked")
	}
}
