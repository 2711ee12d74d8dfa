package mocking_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/examples/mocking"
	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// mock has the one operation that the code under test calls. It embeds the interface, so that it still compiles
// when the service gets another; calling one that it lacks panics, which fails the test.
type mock struct {
	ssooidc.API
	registerClient func(*ssooidc.RegisterClientRequest) (*ssooidc.RegisterClientResponse, error)
}

func (m mock) RegisterClient(_ context.Context, in *ssooidc.RegisterClientRequest) (*ssooidc.RegisterClientResponse, error) {
	return m.registerClient(in)
}

func TestRegisterFor(t *testing.T) {
	t.Parallel()
	now := time.Unix(1_800_000_000, 0)
	m := mock{registerClient: func(in *ssooidc.RegisterClientRequest) (*ssooidc.RegisterClientResponse, error) {
		if in.ClientName != "my-cli" || in.ClientType != ssooidc.ClientTypePublic {
			t.Errorf("registered %+v", in)
		}
		return &ssooidc.RegisterClientResponse{ClientID: "id", ClientSecretExpiresAt: now.Add(time.Hour).Unix()}, nil
	}}
	id, left, err := mocking.RegisterFor(t.Context(), m, "my-cli", now)
	if id != "id" || left != time.Hour || err != nil {
		t.Errorf("got %q, %s, %v", id, left, err)
	}
}

func TestRegisterForFails(t *testing.T) {
	t.Parallel()
	other := errors.New("no network")
	for _, row := range []struct{ answer, want error }{
		{&ssooidc.InvalidClientMetadataException{}, mocking.ErrRefused}, // an exception needs no fields
		{other, other},
	} {
		m := mock{registerClient: func(*ssooidc.RegisterClientRequest) (*ssooidc.RegisterClientResponse, error) {
			return nil, row.answer
		}}
		if _, _, err := mocking.RegisterFor(t.Context(), m, "my-cli", time.Time{}); !errors.Is(err, row.want) {
			t.Errorf("got %v, want %v", err, row.want)
		}
	}
}
