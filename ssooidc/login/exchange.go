package login

import (
	"cmp"
	"context"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// exchange asks the service for a token, as the client reg, and makes a cache entry of the answer. It fills in the client's
// fields of the request.
func (s *Session) exchange(ctx context.Context, client API, reg tokencache.Registration, in *ssooidc.CreateTokenRequest) (tokencache.Token, error) {
	in.ClientID, in.ClientSecret = reg.ClientID, reg.ClientSecret
	asked := now() // the lifetime counts from the answer, but on the service's side: rather too early than too late
	out, err := client.CreateToken(ctx, in)
	switch {
	case err != nil:
		return tokencache.Token{}, err
	case out == nil || out.AccessToken == "":
		return tokencache.Token{}, emptyAnswer("CreateToken")
	}
	return tokencache.Token{
		StartURL:    s.cfg.StartURL,
		Region:      s.cfg.Region,
		AccessToken: out.AccessToken,
		// Whole seconds, as in the file. Without a lifetime the token serves those who wait for it, and nobody later.
		ExpiresAt:             asked.Add(out.Lifetime()).UTC().Truncate(time.Second),
		RefreshToken:          cmp.Or(out.RefreshToken, in.RefreshToken), // RFC 6749 section 6
		ClientID:              reg.ClientID,
		ClientSecret:          reg.ClientSecret,
		RegistrationExpiresAt: reg.ExpiresAt,
	}, nil
}
