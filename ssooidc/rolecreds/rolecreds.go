package rolecreds

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/sso/types"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
)

// ProviderName is the Source of the credentials.
const ProviderName = "ssooidc-rolecreds"

// Role is a role in an AWS account, as the access portal shows it: not an ARN. Both are required.
type Role struct {
	AccountID string // twelve digits
	Name      string // of the permission set, such as "ReadOnlyAccess"
}

// GetRoleCredentialsAPIClient is what a provider needs of the portal: AWS's [*sso.Client] is one.
type GetRoleCredentialsAPIClient interface {
	GetRoleCredentials(context.Context, *sso.GetRoleCredentialsInput, ...func(*sso.Options)) (*sso.GetRoleCredentialsOutput, error)
}

// Options are for the optFns of [New].
type Options struct {
	// Client calls the portal. The default is AWS's, in the session's region, at the endpoint and with the HTTP client that
	// the session uses for the portal. It must be safe for concurrent use.
	Client GetRoleCredentialsAPIClient
}

// Provider provides the credentials of a role. Make one with [New], and wrap it in [aws.NewCredentialsCache]. It is safe for
// concurrent use.
type Provider struct {
	session *login.Session
	role    Role
	client  GetRoleCredentialsAPIClient
	err     error // why there is no client
}

var _ aws.CredentialsProvider = (*Provider)(nil)

// New makes a provider. It sends nothing; what is wrong with its arguments, Retrieve says.
func New(session *login.Session, role Role, optFns ...func(*Options)) *Provider {
	var opts Options
	for _, fn := range optFns {
		fn(&opts)
	}
	p := &Provider{session: session, role: role, client: opts.Client}
	switch {
	case session == nil:
		p.err = errors.New("there is no session: make one with login.New")
	case role.AccountID == "" || role.Name == "":
		p.err = errors.New("the role lacks its account or its name: set both, as the access portal shows them")
	case p.client == nil:
		p.client, p.err = defaultClient(session)
	}
	return p
}

func defaultClient(session *login.Session) (GetRoleCredentialsAPIClient, error) {
	url, client, err := session.Portal()
	if err != nil {
		return nil, err
	}
	return sso.New(sso.Options{Region: session.Region(), BaseEndpoint: &url, HTTPClient: client}), nil
}

// Retrieve implements [aws.CredentialsProvider]: it asks the portal for credentials of the role, which mostly last an hour, with
// the session's token. A token that the portal refuses (status 401) is refreshed, once.
//
// It fails with a [*login.RequiredError] when a person must sign in, with an [*Error] when the portal could not be asked or does
// not give this role, or else as [login.Session.Token] does. The text of no error holds a token.
func (p *Provider) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if p.err != nil {
		return aws.Credentials{}, p.fail(p.err, "")
	}
	var creds aws.Credentials
	err := p.session.Use(ctx, func(token login.Token) (err error) {
		creds, err = p.get(ctx, token)
		return err
	}, isUnauthorized)
	return creds, err
}

func (p *Provider) get(ctx context.Context, token login.Token) (aws.Credentials, error) {
	out, err := p.client.GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{
		AccessToken: &token.AccessToken,
		AccountId:   &p.role.AccountID,
		RoleName:    &p.role.Name,
	})
	if err != nil {
		return aws.Credentials{}, p.fail(err, token.AccessToken)
	}
	if out == nil || out.RoleCredentials == nil || aws.ToString(out.RoleCredentials.AccessKeyId) == "" || aws.ToString(out.RoleCredentials.SecretAccessKey) == "" {
		return aws.Credentials{}, p.fail(errors.New("the portal's answer holds no credentials: check any endpoint or proxy that is configured"), "")
	}
	if out.RoleCredentials.Expiration <= 0 {
		return aws.Credentials{}, p.fail(errors.New("the portal's answer does not say until when the credentials are good: check any endpoint or proxy that is configured"), "")
	}
	return aws.Credentials{
		AccessKeyID:     *out.RoleCredentials.AccessKeyId,
		SecretAccessKey: *out.RoleCredentials.SecretAccessKey,
		SessionToken:    aws.ToString(out.RoleCredentials.SessionToken),
		Source:          ProviderName,
		CanExpire:       true,
		Expires:         time.UnixMilli(out.RoleCredentials.Expiration).UTC(),
		AccountID:       p.role.AccountID,
	}, nil
}

// isUnauthorized reports whether the portal refused the token itself. An answer of any other status is about something else,
// and a new token would not help.
func isUnauthorized(err error) bool {
	if status := statusOf(err); status != 0 {
		return status == http.StatusUnauthorized
	}
	return errors.As(err, new(*types.UnauthorizedException)) // a mock's, without a response
}

// statusOf is that of the answer, 0 if there was none.
func statusOf(err error) int {
	var answer interface{ HTTPStatusCode() int }
	if errors.As(err, &answer) {
		return answer.HTTPStatusCode()
	}
	return 0
}
