package rolecreds_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/sso/types"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/rolecreds"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

func TestRetrieve(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := ssooidctest.New(ssooidctest.Options{})
		session, token := signedIn(t, service)
		before := len(service.Requests())
		got, err := rolecreds.New(session, readOnly).Retrieve(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got.AccessKeyID == "" || got.SecretAccessKey == "" || got.SessionToken == "" || got.Source != rolecreds.ProviderName ||
			got.AccountID != "111122223333" || !got.CanExpire || got.Expires.Location() != time.UTC || time.Until(got.Expires).Round(time.Minute) != time.Hour {
			t.Errorf("got %+v", got)
		}
		wantAfter(t, service, before, "GetRoleCredentials")
		r := service.Requests()[before]
		if r.Host != "portal.sso.eu-west-1.amazonaws.com" || r.Query.Get("account_id") != "111122223333" ||
			r.Query.Get("role_name") != "ReadOnlyAccess" || r.Header.Get("X-Amz-Sso_bearer_token") != token.AccessToken {
			t.Errorf("request to %s: %v", r.Host, r.Query)
		}
	})
}

// TestEndpoint: the default client goes where the session's sign-out goes.
func TestEndpoint(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*login.Config)
		host   string
	}{
		"FIPS":        {func(c *login.Config) { c.UseFIPS = true }, "portal.sso-fips.eu-west-1.amazonaws.com"},
		"dual-stack":  {func(c *login.Config) { c.UseDualStack = true }, "portal.sso.eu-west-1.api.aws"},
		"an endpoint": {func(c *login.Config) { c.PortalEndpoint = "https://proxy.example.com/x/" }, "proxy.example.com"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				service := ssooidctest.New(ssooidctest.Options{})
				session, _ := signedIn(t, service, c.change)
				before := len(service.Requests())
				rolecreds.New(session, readOnly).Retrieve(t.Context()) // below /x the service has nothing
				if r := service.Requests()[before]; r.Host != c.host {
					t.Errorf("request to %s, want %s", r.Host, c.host)
				}
			})
		})
	}
}

// TestRefused: only a refused token leads to a refresh, and to one only.
func TestRefused(t *testing.T) {
	t.Parallel()
	const get, refresh = "GetRoleCredentials", "CreateToken"
	for _, c := range []struct {
		name      string
		exception string
		status    int // of the answer that repeats the token, instead of the exception
		times     int
		want      []string
		required  bool
		says      string
	}{
		{name: "401 once", exception: "UnauthorizedException", times: 1, want: []string{get, refresh, get}},
		{name: "401 for good", exception: "UnauthorizedException", times: 9, want: []string{get, refresh, get}, required: true, says: "has ended; sign in again"},
		{name: "401 by its status alone", exception: "Whatever", status: 401, times: 9, want: []string{get, refresh, get}, required: true, says: "sign in"},
		{name: "403", exception: "ForbiddenException", times: 9, want: []string{get}, says: "ask an administrator"},
		{name: "403 that claims to be another", exception: "UnauthorizedException", status: 403, times: 9, want: []string{get}, says: "ask an administrator"},
		{name: "404", exception: "ResourceNotFoundException", times: 9, want: []string{get}, says: "ask an administrator"},
		{name: "429", exception: "TooManyRequestsException", times: 9, want: []string{get, get, get}, says: "try again in a moment"},
		{name: "429 by its status alone", exception: "Whatever", status: 429, times: 9, want: []string{get}, says: "there are too many requests"},
		{name: "400", exception: "InvalidRequestException", status: 400, times: 9, want: []string{get}, says: "ReadOnlyAccess in account 111122223333"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				service := ssooidctest.New(ssooidctest.Options{})
				session, token := signedIn(t, service)
				before := len(service.Requests())
				if c.status != 0 {
					service.HandleNext(get, echo(c.status, c.exception), c.times)
				} else {
					service.FailNext(get, c.exception, c.times)
				}
				_, err := rolecreds.New(session, readOnly).Retrieve(t.Context())
				wantAfter(t, service, before, c.want...)
				if errors.As(err, new(*login.RequiredError)) != c.required || (err == nil) != (c.says == "") {
					t.Fatalf("error %v", err)
				}
				if err == nil {
					return
				}
				if !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), token.AccessToken) || !errors.As(err, new(*rolecreds.Error)) {
					t.Errorf("error %v", err)
				}
				now, _ := session.Token(t.Context())
				of := new(rolecreds.Error)
				errors.As(err, &of)
				var log strings.Builder
				slog.New(slog.NewTextHandler(&log, nil)).Info("", "error", err, "value", *of)
				slog.New(slog.NewJSONHandler(&log, nil)).Info("", "nested", struct{ E any }{of})
				texts := log.String() + fmt.Sprintf("%v %+v %#v %q %x", err, *of, *of, *of, *of)
				for e := err; e != nil; e = errors.Unwrap(e) {
					texts += fmt.Sprintf("%v %+v %#v", e, e, e)
				}
				for _, token := range []string{token.AccessToken, now.AccessToken, fmt.Sprintf("%x", token.AccessToken)} {
					if strings.Contains(texts, token) {
						t.Errorf("a token is in %s", texts)
					}
				}
			})
		})
	}
}

// TestSignedOut: a session that has ended, or never began, needs a person.
func TestSignedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := ssooidctest.New(ssooidctest.Options{})
		session, token := signedIn(t, service)
		if err := service.Revoke(token.AccessToken); err != nil {
			t.Fatal(err)
		}
		provider := rolecreds.New(session, readOnly)
		if _, err := provider.Retrieve(t.Context()); !errors.As(err, new(*login.RequiredError)) {
			t.Errorf("revoked: %v", err)
		}
		if err := session.Logout(t.Context()); err != nil {
			t.Fatal(err)
		}
		before := len(service.Requests())
		if _, err := provider.Retrieve(t.Context()); !errors.As(err, new(*login.RequiredError)) {
			t.Errorf("signed out: %v", err)
		}
		wantAfter(t, service, before)
	})
}

// TestRedirect: the token does not go where the portal points.
func TestRedirect(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := ssooidctest.New(ssooidctest.Options{})
		session, _ := signedIn(t, service)
		before := len(service.Requests())
		service.HandleNext("GetRoleCredentials", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example.com/federation/credentials", http.StatusTemporaryRedirect)
		}, 1)
		if _, err := rolecreds.New(session, readOnly).Retrieve(t.Context()); !errors.As(err, new(*rolecreds.Error)) {
			t.Errorf("error %v", err)
		}
		wantAfter(t, service, before, "GetRoleCredentials")
	})
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := ssooidctest.New(ssooidctest.Options{})
		session, _ := signedIn(t, service)
		before := len(service.Requests())
		service.HandleNext("GetRoleCredentials", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 9)
		var e *rolecreds.Error
		if _, err := rolecreds.New(session, readOnly).Retrieve(t.Context()); !errors.As(err, &e) || e.StatusCode != 0 || e.Role != readOnly {
			t.Errorf("error %v", err)
		}
		wantAfter(t, service, before, "GetRoleCredentials", "GetRoleCredentials", "GetRoleCredentials")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := rolecreds.New(session, readOnly).Retrieve(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
	})
}

// TestCache: in the SDK's cache, the portal is asked once for all, until the credentials are about to expire.
func TestCache(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		service := ssooidctest.New(ssooidctest.Options{})
		session, _ := signedIn(t, service)
		before := len(service.Requests())
		cache := aws.NewCredentialsCache(rolecreds.New(session, readOnly))
		var all sync.WaitGroup
		for range 100 {
			all.Go(func() {
				if _, err := cache.Retrieve(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		wantAfter(t, service, before, "GetRoleCredentials")
		time.Sleep(61 * time.Minute)
		if _, err := cache.Retrieve(t.Context()); err != nil {
			t.Error(err)
		}
		wantAfter(t, service, before, "GetRoleCredentials", "CreateToken", "GetRoleCredentials")
	})
}

// portal is a mock of the portal's client.
type portal func() (*sso.GetRoleCredentialsOutput, error)

func (p portal) GetRoleCredentials(context.Context, *sso.GetRoleCredentialsInput, ...func(*sso.Options)) (*sso.GetRoleCredentialsOutput, error) {
	return p()
}

func TestMock(t *testing.T) {
	t.Parallel()
	session, _ := signedIn(t, ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove}))
	calls := 0
	retrieve := func(out *sso.GetRoleCredentialsOutput, err error) (aws.Credentials, error) {
		calls = 0
		return rolecreds.New(session, readOnly, func(o *rolecreds.Options) {
			o.Client = portal(func() (*sso.GetRoleCredentialsOutput, error) { calls++; return out, err })
		}).Retrieve(t.Context())
	}
	got, err := retrieve(&sso.GetRoleCredentialsOutput{RoleCredentials: &types.RoleCredentials{
		AccessKeyId: aws.String("AKIA"), SecretAccessKey: aws.String("secret"), Expiration: 1_700_000_000_000,
	}}, nil)
	if err != nil || got.AccessKeyID != "AKIA" || !got.Expires.Equal(time.Unix(1_700_000_000, 0)) {
		t.Errorf("got %v, %v", got.AccessKeyID, err)
	}
	for name, out := range map[string]*sso.GetRoleCredentialsOutput{"nothing": nil, "no credentials": {}, "empty ones": {RoleCredentials: &types.RoleCredentials{}}, "no expiry": {RoleCredentials: &types.RoleCredentials{
		AccessKeyId: aws.String("AKIA"), SecretAccessKey: aws.String("secret"),
	}}} {
		if _, err := retrieve(out, nil); !errors.As(err, new(*rolecreds.Error)) || calls != 1 {
			t.Errorf("%s: %v after %d calls", name, err, calls)
		}
	}
	if _, err := retrieve(nil, &types.UnauthorizedException{}); !errors.As(err, new(*login.RequiredError)) || calls != 2 {
		t.Errorf("UnauthorizedException: %v after %d calls", err, calls)
	}
	if _, err := retrieve(nil, &types.ResourceNotFoundException{}); errors.As(err, new(*login.RequiredError)) || calls != 1 {
		t.Errorf("ResourceNotFoundException: %v after %d calls", err, calls)
	}
}

func TestBadArguments(t *testing.T) {
	t.Parallel()
	session, _ := signedIn(t, ssooidctest.New(ssooidctest.Options{Consent: ssooidctest.ConsentApprove}))
	for name, p := range map[string]*rolecreds.Provider{
		"no session": rolecreds.New(nil, readOnly),
		"no account": rolecreds.New(session, rolecreds.Role{Name: "ReadOnlyAccess"}),
		"no role":    rolecreds.New(session, rolecreds.Role{AccountID: "111122223333"}),
	} {
		if _, err := p.Retrieve(t.Context()); !errors.As(err, new(*rolecreds.Error)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
