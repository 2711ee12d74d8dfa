package compare_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	awsssooidc "github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/smithy-go/auth/bearer"
	"golang.org/x/oauth2"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// signedIn is what a sign-in has left in a folder like ~/.aws/sso/cache: one file, which all contenders share. It
// can be refreshed in process.
type signedIn struct {
	name   string // the sso-session's
	dir    tokencache.Dir
	token  tokencache.Token
	client *http.Client
}

// signIn leaves a token that expires after a while, with texts of so many characters. What refreshes it is one
// answer, for which all may share a client.
func signIn(t testing.TB, folder, name string, expiresIn time.Duration, size int, client *http.Client) signedIn {
	t.Helper()
	text := func(of string) string { return of + strings.Repeat("-", size-len(of)) }
	s := signedIn{name, tokencache.Dir{Path: folder}, tokencache.Token{
		StartURL:              "https://d-0123456789.awsapps.com/start",
		Region:                "us-east-1",
		AccessToken:           text("access-token"),
		ExpiresAt:             time.Now().Add(expiresIn).Truncate(time.Second).UTC(),
		RefreshToken:          text("refresh-token"),
		ClientID:              "client",
		ClientSecret:          text("client-secret"),
		RegistrationExpiresAt: time.Now().Add(90 * 24 * time.Hour).Truncate(time.Second).UTC(),
	}, client}
	s.write(t)
	return s
}

func (s signedIn) write(t testing.TB) {
	t.Helper()
	data, err := json.Marshal(s.token)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path(), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s signedIn) path() string {
	return filepath.Join(s.dir.Path, tokencache.TokenKey(s.name)+".json")
}

func (s signedIn) session() (*login.Session, error) {
	return login.New(login.Config{
		Name: s.name, StartURL: s.token.StartURL, Region: s.token.Region, Cache: s.dir, HTTPClient: s.client,
	})
}

// provider is AWS's, which reads the file at each call. It is not safe for concurrent use.
func (s signedIn) provider() *ssocreds.SSOTokenProvider {
	client := awsssooidc.New(awsssooidc.Options{Region: s.token.Region, HTTPClient: s.client})
	return ssocreds.NewSSOTokenProvider(client, s.path())
}

// holders hand out a token and keep it in memory; holding makes one of each. The floor holds nothing, and only looks
// at the clock.
var (
	holderNames = []string{"ours", "aws", "oauth2", "floor"}
	holders     = []func(testing.TB, signedIn) func(context.Context) error{holdOurs, holdAWS, holdOAuth2, holdNothing}
)

// holding makes holders that have the token in memory.
func holding(t testing.TB, s signedIn) (list []contender) {
	t.Helper()
	for i, hold := range holders {
		c := contender{holderNames[i], hold(t, s)}
		if err := c.call(context.Background()); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		list = append(list, c)
	}
	return list
}

func holdOurs(t testing.TB, s signedIn) func(context.Context) error {
	session, err := s.session()
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context) error {
		token, err := session.Token(ctx)
		return given(token.AccessToken, err)
	}
}

// holdAWS is AWS's provider behind AWS's cache, with the options that their config package sets.
func holdAWS(_ testing.TB, s signedIn) func(context.Context) error {
	cache := bearer.NewTokenCache(s.provider(), func(o *bearer.TokenCacheOptions) {
		o.RefreshBeforeExpires = 5 * time.Minute
		o.RetrieveBearerTokenTimeout = 30 * time.Second
	})
	return func(ctx context.Context) error {
		token, err := cache.RetrieveBearerToken(ctx)
		return given(token.Value, err)
	}
}

// holdOAuth2 starts with the token, and knows no file.
func holdOAuth2(_ testing.TB, s signedIn) func(context.Context) error {
	source := oauth2.ReuseTokenSource(&oauth2.Token{AccessToken: s.token.AccessToken, Expiry: s.token.ExpiresAt}, refresher(s))
	return func(context.Context) error {
		token, err := source.Token()
		if err != nil {
			return err
		}
		return given(token.AccessToken, nil)
	}
}

func holdNothing(testing.TB, signedIn) func(context.Context) error {
	return func(context.Context) error {
		if time.Now().IsZero() {
			return errWrong
		}
		return nil
	}
}

// given checks that there is a token where there is no error.
func given(token string, err error) error {
	if err == nil && token == "" {
		return errWrong
	}
	return err
}

// refresher is an oauth2.TokenSource that asks the service, and keeps nothing.
type refresher signedIn

func (s refresher) Token() (*oauth2.Token, error) {
	client, err := ssooidc.New(ssooidc.Options{Region: s.token.Region, HTTPClient: s.client})
	if err != nil {
		return nil, err
	}
	out, err := client.CreateToken(context.Background(), &ssooidc.CreateTokenRequest{
		ClientID: s.token.ClientID, ClientSecret: s.token.ClientSecret,
		GrantType: ssooidc.GrantTypeRefreshToken, RefreshToken: s.token.RefreshToken,
	})
	if err != nil {
		return nil, err
	}
	return &oauth2.Token{AccessToken: out.AccessToken, Expiry: time.Now().Add(time.Duration(out.ExpiresIn) * time.Second)}, nil
}

// readers have only the file, each time. The floor reads it into a struct.
func readers(s signedIn) []contender {
	provider := s.provider() // made once: its client is for a refresh only
	return []contender{
		{"ours", func(ctx context.Context) error {
			session, err := s.session()
			if err != nil {
				return err
			}
			token, err := session.Token(ctx)
			return s.same(token.AccessToken, err)
		}},
		{"aws", func(ctx context.Context) error {
			token, err := provider.RetrieveBearerToken(ctx)
			return s.same(token.Value, err)
		}},
		{"floor", func(context.Context) error {
			data, err := os.ReadFile(s.path())
			if err != nil {
				return err
			}
			var token struct {
				AccessToken  string    `json:"accessToken"`
				ExpiresAt    time.Time `json:"expiresAt"`
				RefreshToken string    `json:"refreshToken"`
				ClientID     string    `json:"clientId"`
				ClientSecret string    `json:"clientSecret"`
			}
			err = json.Unmarshal(data, &token)
			if time.Now().After(token.ExpiresAt) {
				return errors.Join(err, errWrong)
			}
			return s.same(token.AccessToken, err)
		}},
	}
}

// same checks that a token is the one in the file.
func (s signedIn) same(token string, err error) error {
	if err == nil && token != s.token.AccessToken {
		return errWrong
	}
	return err
}
