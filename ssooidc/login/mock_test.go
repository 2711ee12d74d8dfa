package login_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// mock is the service as a user's test writes it by hand.
type mock struct {
	register  func() (*ssooidc.RegisterClientResponse, error)
	start     func() (*ssooidc.StartDeviceAuthorizationResponse, error)
	token     func(call int) (*ssooidc.CreateTokenResponse, error)
	authorize func() (string, error)
	calls     int
}

func (m *mock) RegisterClient(context.Context, *ssooidc.RegisterClientRequest) (*ssooidc.RegisterClientResponse, error) {
	if m.register != nil {
		return m.register()
	}
	return &ssooidc.RegisterClientResponse{ClientID: "id", ClientSecret: "secret"}, nil
}

func (m *mock) StartDeviceAuthorization(context.Context, *ssooidc.StartDeviceAuthorizationRequest) (*ssooidc.StartDeviceAuthorizationResponse, error) {
	if m.start != nil {
		return m.start()
	}
	return &ssooidc.StartDeviceAuthorizationResponse{DeviceCode: "device", UserCode: "ABCD-EFGH", VerificationURI: "https://x.example", Interval: 1}, nil
}

func (m *mock) CreateToken(context.Context, *ssooidc.CreateTokenRequest) (*ssooidc.CreateTokenResponse, error) {
	m.calls++
	return m.token(m.calls)
}

func (m *mock) AuthorizeURL(*ssooidc.AuthorizeURLRequest) (string, error) {
	if m.authorize != nil {
		return m.authorize()
	}
	return "https://x.example/authorize", nil
}

func mockConfig(m *mock) login.Config {
	return login.Config{
		StartURL: startURL, Region: region, Client: m, Flow: login.FlowDeviceCode, Cache: new(tokencache.Memory),
		Prompt: func(context.Context, login.Challenge) error { return nil },
		Browse: func(context.Context, string) error { return nil },
	}
}

// TestBareExceptions: a mock returns exceptions without anything in them.
func TestBareExceptions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		err  error
		is   error // what Login's error is; nil: the same again
		goOn bool
	}{
		{name: "pending", err: &ssooidc.AuthorizationPendingException{}, goOn: true},
		{name: "slow down", err: &ssooidc.SlowDownException{}, goOn: true},
		{name: "internal", err: &ssooidc.InternalServerException{}, goOn: true},
		{name: "transport", err: &ssooidc.TransportError{}, goOn: true},
		{name: "time-out", err: context.DeadlineExceeded, goOn: true},
		{name: "denied", err: &ssooidc.AccessDeniedException{}, is: login.ErrDenied},
		{name: "expired", err: &ssooidc.ExpiredTokenException{}, is: login.ErrExpired},
		{name: "grant", err: &ssooidc.InvalidGrantException{}},
		{name: "unknown", err: &ssooidc.ServiceError{Code: "NewException"}},
		{name: "not the service's", err: &ssooidc.ResponseError{StatusCode: 200}},
		{name: "anything", err: errors.New("anything")},
	}
	for _, tt := range tests {
		for at := 1; at <= 2; at++ { // at the silent attempt, and at a poll
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					m := &mock{token: func(call int) (*ssooidc.CreateTokenResponse, error) {
						switch {
						case call < at:
							return nil, &ssooidc.AuthorizationPendingException{}
						case call == at:
							return nil, tt.err
						}
						return &ssooidc.CreateTokenResponse{AccessToken: "token", ExpiresIn: 60}, nil
					}}
					token, err := newSession(t, mockConfig(m)).Login(t.Context())
					if tt.goOn {
						if err != nil || token.AccessToken != "token" {
							t.Errorf("Login: %v, %v", token, err)
						}
						return
					}
					if !errors.Is(err, tt.err) || tt.is != nil && !errors.Is(err, tt.is) || m.calls != at {
						t.Errorf("Login: %v after %d calls", err, m.calls)
					}
				})
			})
		}
	}
}

// TestEmptyAnswers: neither a result nor an error, or a result without what it is for.
func TestEmptyAnswers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		mock mock
	}{
		{"RegisterClient", mock{register: func() (*ssooidc.RegisterClientResponse, error) { return nil, nil }}},
		{"StartDeviceAuthorization", mock{start: func() (*ssooidc.StartDeviceAuthorizationResponse, error) { return nil, nil }}},
		{"CreateToken", mock{token: func(int) (*ssooidc.CreateTokenResponse, error) { return nil, nil }}},
		{"RegisterClient", mock{register: func() (*ssooidc.RegisterClientResponse, error) { return &ssooidc.RegisterClientResponse{}, nil }}},
		{"StartDeviceAuthorization", mock{start: func() (*ssooidc.StartDeviceAuthorizationResponse, error) {
			return &ssooidc.StartDeviceAuthorizationResponse{DeviceCode: "x"}, nil
		}}},
		{"CreateToken", mock{token: func(int) (*ssooidc.CreateTokenResponse, error) { return &ssooidc.CreateTokenResponse{}, nil }}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, err := newSession(t, mockConfig(&tt.mock)).Login(t.Context())
				want := "login: the sign-in to " + startURL + " failed: " + tt.name + ": the client returned no error, but not what was asked for either: check Config.Client, and any endpoint or proxy that is configured"
				if err == nil || err.Error() != want {
					t.Errorf("Login: %v, want %s", err, want)
				}
			})
		})
	}
}

// TestNoLifetime: a token without one is handed to those who asked for it, and kept by nobody.
func TestNoLifetime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := &mock{token: func(int) (*ssooidc.CreateTokenResponse, error) {
			return &ssooidc.CreateTokenResponse{AccessToken: "token", RefreshToken: "refresh"}, nil
		}}
		session := newSession(t, mockConfig(m))
		token, err := session.Login(t.Context())
		if err != nil || token.AccessToken != "token" || !token.ExpiresAt.Equal(time.Now()) {
			t.Fatalf("Login: %v, %v", token, err)
		}
		for i := range 3 {
			token, err := session.Token(t.Context())
			if err != nil || token.AccessToken != "token" || m.calls != i+2 {
				t.Errorf("Token: %v, %v, after %d calls", token, err, m.calls)
			}
		}
	})
}
