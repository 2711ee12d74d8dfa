package ssooidc

import (
	"net/url"
	"strings"
)

// AuthorizeURLRequest is the input of [Client.AuthorizeURL].
type AuthorizeURLRequest struct {
	ClientID      string   // required: from a RegisterClient with GrantTypeAuthorizationCode
	RedirectURI   string   // required: the registered one, on http://127.0.0.1, now with the port that is listened on (RFC 8252 section 7.3)
	State         string   // required: unguessable, and the same in the redirect (RFC 6749 section 10.12)
	CodeChallenge string   // required: the S256 challenge of a code verifier (RFC 7636 section 4.2)
	Scopes        []string // those of the registration
}

func (in *AuthorizeURLRequest) missing() []string {
	if in == nil {
		in = new(AuthorizeURLRequest)
	}
	return missing("ClientID", in.ClientID, "RedirectURI", in.RedirectURI, "State", in.State, "CodeChallenge", in.CodeChallenge)
}

// AuthorizeURL is the address to open in the person's browser for the authorization code flow with PKCE
// (RFC 6749 section 4.1.1, RFC 7636 section 4.3). The browser comes back to RedirectURI with a code for
// CreateToken, or with an error.
//
// It makes no request. It fails with a [*ValidationError], or an [*OptionsError] for a client that [New] did not make.
func (c *Client) AuthorizeURL(in *AuthorizeURLRequest) (string, error) {
	if m := in.missing(); m != nil {
		return "", &ValidationError{Operation: "AuthorizeURL", Missing: m}
	}
	if c == nil || c.base == nil {
		return "", errNoClient
	}
	// The parameters in the order in which the AWS CLI sends them, spaces as %20: the service has been
	// seen with nothing else. It names the scopes "scopes", not RFC 6749's "scope".
	var q strings.Builder
	for _, p := range [...][2]string{
		{"response_type", "code"},
		{"client_id", in.ClientID},
		{"redirect_uri", in.RedirectURI},
		{"state", in.State},
		{"code_challenge_method", "S256"},
		{"scopes", strings.Join(in.Scopes, " ")},
		{"code_challenge", in.CodeChallenge},
	} {
		if p[1] == "" {
			continue
		}
		if q.Len() > 0 {
			q.WriteByte('&')
		}
		q.WriteString(p[0] + "=" + strings.ReplaceAll(url.QueryEscape(p[1]), "+", "%20"))
	}
	u := c.url("/authorize", q.String())
	return u.String(), nil
}
