package interop_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc/types"
	"github.com/aws/smithy-go"

	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

const (
	verifier    = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk" // of RFC 7636 appendix B
	redirectURI = "http://127.0.0.1:8400/oauth/callback"        // where nothing listens
	application = "arn:aws:sso::123456789012:application/ssoins-1234567890abcdef/apl-1234567890abcdef"
)

// secretKey is the one that the service knows by default.
const secretKey = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"

// goSDK are AWS's clients of both services.
func goSDK(s *service, secretKey string) (*ssooidc.Client, *sso.Client) {
	signer := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: "AKIAIOSFODNN7EXAMPLE", SecretAccessKey: secretKey}, nil
	})
	return ssooidc.New(ssooidc.Options{Region: s.region, HTTPClient: s.client(), Credentials: signer, Retryer: aws.NopRetryer{}}),
		sso.New(sso.Options{Region: s.region, HTTPClient: s.client(), Retryer: aws.NopRetryer{}})
}

// TestGoSDKOperations calls every operation of AWS's Go clients, in both flows, to the end of the session.
func TestGoSDKOperations(t *testing.T) {
	t.Parallel()
	for _, style := range []ssooidctest.ErrorStyle{ssooidctest.ErrorsLive, ssooidctest.ErrorsOpenAPI} {
		t.Run(style.String(), func(t *testing.T) {
			t.Parallel()
			testGoSDKOperations(t, newService(t, ssooidctest.Options{Errors: style, Accounts: accounts}))
		})
	}
}

func testGoSDKOperations(t *testing.T, s *service) {
	ctx := t.Context()
	oidc, portal := goSDK(s, secretKey)

	// Device code, with the exceptions that a client meets on the way.
	reg, err := oidc.RegisterClient(ctx, &ssooidc.RegisterClientInput{
		ClientName: aws.String("interop"), ClientType: aws.String("public"), Scopes: []string{"sso:account:access"},
	})
	must(t, err)
	dev, err := oidc.StartDeviceAuthorization(ctx, &ssooidc.StartDeviceAuthorizationInput{
		ClientId: reg.ClientId, ClientSecret: reg.ClientSecret, StartUrl: aws.String(s.StartURL()),
	})
	must(t, err)
	host := hostNames(s.region)[0]
	if u, err := url.Parse(*dev.VerificationUriComplete); err != nil || u.Host != host || dev.Interval != 1 || dev.ExpiresIn != 600 {
		t.Errorf("StartDeviceAuthorization gave %s, %d, %d", *dev.VerificationUriComplete, dev.Interval, dev.ExpiresIn)
	}
	exchange := &ssooidc.CreateTokenInput{
		ClientId: reg.ClientId, ClientSecret: reg.ClientSecret, DeviceCode: dev.DeviceCode,
		GrantType: aws.String("urn:ietf:params:oauth:grant-type:device_code"),
	}
	_, err = oidc.CreateToken(ctx, exchange)
	if err == nil || s.errors == ssooidctest.ErrorsLive && !errors.As(err, new(*types.AuthorizationPendingException)) {
		t.Errorf("before the approval: %v", err)
	}
	must(t, s.Approve(*dev.UserCode))
	token, err := oidc.CreateToken(ctx, exchange)
	must(t, err)
	if aws.ToString(token.TokenType) != "Bearer" || token.ExpiresIn != 3600 || aws.ToString(token.RefreshToken) == "" {
		t.Errorf("CreateToken: %s, %d", aws.ToString(token.TokenType), token.ExpiresIn)
	}

	// Refresh.
	token, err = oidc.CreateToken(ctx, &ssooidc.CreateTokenInput{
		ClientId: reg.ClientId, ClientSecret: reg.ClientSecret, RefreshToken: token.RefreshToken, GrantType: aws.String("refresh_token"),
	})
	must(t, err)

	// The portal, its lists in pages of one.
	lists := sso.NewListAccountsPaginator(portal, &sso.ListAccountsInput{AccessToken: token.AccessToken, MaxResults: aws.Int32(1)})
	var names []string
	for lists.HasMorePages() {
		page, err := lists.NextPage(ctx)
		must(t, err)
		for _, a := range page.AccountList {
			names = append(names, *a.AccountId+" "+*a.AccountName+" "+*a.EmailAddress)
		}
	}
	if want := []string{accountID + " One one@example.com", "444455556666 Two two@example.com"}; !slices.Equal(names, want) {
		t.Errorf("ListAccounts: %q", names)
	}
	roles := sso.NewListAccountRolesPaginator(portal, &sso.ListAccountRolesInput{
		AccessToken: token.AccessToken, AccountId: aws.String(accountID), MaxResults: aws.Int32(2),
	})
	names = nil
	for roles.HasMorePages() {
		page, err := roles.NextPage(ctx)
		must(t, err)
		for _, r := range page.RoleList {
			names = append(names, *r.RoleName)
		}
	}
	if want := []string{roleName, "Admin", "Dev"}; !slices.Equal(names, want) {
		t.Errorf("ListAccountRoles: %q", names)
	}
	role, err := portal.GetRoleCredentials(ctx, &sso.GetRoleCredentialsInput{
		AccessToken: token.AccessToken, AccountId: aws.String(accountID), RoleName: aws.String(roleName),
	})
	must(t, err)
	if c := role.RoleCredentials; !strings.HasPrefix(*c.AccessKeyId, "ASIA") || *c.SecretAccessKey == "" || *c.SessionToken == "" || c.Expiration == 0 {
		t.Error("GetRoleCredentials gave no credentials")
	}

	// Authorization code, for CreateToken.
	browser, err := oidc.RegisterClient(ctx, &ssooidc.RegisterClientInput{
		ClientName: aws.String("interop"), ClientType: aws.String("public"), Scopes: []string{"sso:account:access"},
		GrantTypes: []string{"authorization_code", "refresh_token"}, IssuerUrl: aws.String(s.StartURL()),
		RedirectUris: []string{"http://127.0.0.1/oauth/callback"},
	})
	must(t, err)
	_, err = oidc.CreateToken(ctx, &ssooidc.CreateTokenInput{
		ClientId: browser.ClientId, ClientSecret: browser.ClientSecret, GrantType: aws.String("authorization_code"),
		Code: s.code(t, *browser.ClientId), CodeVerifier: aws.String(verifier), RedirectUri: aws.String(redirectURI),
	})
	must(t, err)

	// CreateTokenWithIAM: every grant.
	iam := func(in ssooidc.CreateTokenWithIAMInput) *ssooidc.CreateTokenWithIAMOutput {
		t.Helper()
		out, err := oidc.CreateTokenWithIAM(ctx, &in)
		must(t, err)
		if aws.ToString(out.AccessToken) == "" || out.AwsAdditionalDetails == nil || aws.ToString(out.AwsAdditionalDetails.IdentityContext) == "" || len(out.Scope) == 0 {
			t.Error("CreateTokenWithIAM gave an answer that lacks something")
		}
		return out
	}
	jwt := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"me"}`)) + ".x"
	bearer := iam(ssooidc.CreateTokenWithIAMInput{
		ClientId: aws.String(application), GrantType: aws.String("urn:ietf:params:oauth:grant-type:jwt-bearer"), Assertion: aws.String(jwt),
	})
	iam(ssooidc.CreateTokenWithIAMInput{
		ClientId: aws.String(application), GrantType: aws.String("refresh_token"), RefreshToken: bearer.RefreshToken,
	})
	iam(ssooidc.CreateTokenWithIAMInput{
		ClientId: aws.String(application), GrantType: aws.String("urn:ietf:params:oauth:grant-type:token-exchange"),
		SubjectToken: token.AccessToken, SubjectTokenType: aws.String("urn:ietf:params:oauth:token-type:access_token"),
		RequestedTokenType: aws.String("urn:ietf:params:oauth:token-type:refresh_token"),
	})
	iam(ssooidc.CreateTokenWithIAMInput{
		ClientId: browser.ClientId, GrantType: aws.String("authorization_code"),
		Code: s.code(t, *browser.ClientId), CodeVerifier: aws.String(verifier), RedirectUri: aws.String(redirectURI),
	})

	// A signature with another key is refused.
	forger, _ := goSDK(s, "wrong")
	_, err = forger.CreateTokenWithIAM(ctx, &ssooidc.CreateTokenWithIAMInput{ClientId: aws.String(application), GrantType: aws.String("refresh_token")})
	var apiErr smithy.APIError
	if !errors.As(err, &apiErr) || s.errors == ssooidctest.ErrorsLive && apiErr.ErrorCode() != "InvalidSignatureException" {
		t.Errorf("a forged signature: %v", err)
	}

	// Logout ends the session.
	_, err = portal.Logout(ctx, &sso.LogoutInput{AccessToken: token.AccessToken})
	must(t, err)
	_, err = portal.ListAccounts(ctx, &sso.ListAccountsInput{AccessToken: token.AccessToken})
	if !errors.As(err, &apiErr) || apiErr.ErrorCode() != "UnauthorizedException" {
		t.Errorf("after Logout: %v", err)
	}
	s.checkAllCalled(t)
}

// code is an authorization code that a person has approved.
func (s *service) code(t *testing.T, clientID string) *string {
	t.Helper()
	challenge := sha256.Sum256([]byte(verifier))
	to, err := s.Redirect("https://" + hostNames(s.region)[0] + "/authorize?" + url.Values{
		"response_type": {"code"}, "client_id": {clientID}, "redirect_uri": {redirectURI}, "state": {"xyz"},
		"code_challenge_method": {"S256"}, "scopes": {"sso:account:access"},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])},
	}.Encode())
	must(t, err)
	u, err := url.Parse(to)
	must(t, err)
	return aws.String(u.Query().Get("code"))
}

// checkAllCalled fails where an operation of the service or of the portal was not called.
func (s *service) checkAllCalled(t *testing.T) {
	t.Helper()
	for _, operation := range []string{
		"RegisterClient", "StartDeviceAuthorization", "CreateToken", "CreateTokenWithIAM",
		"ListAccounts", "ListAccountRoles", "GetRoleCredentials", "Logout",
	} {
		n := s.count(operation)
		t.Logf("%-24s %d calls", operation, n)
		if n == 0 {
			t.Errorf("%s was not called", operation)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// exceptions are the service's, by their names on the wire, with the type that AWS's client has for each.
var exceptions = map[string]error{
	"AccessDeniedException":          &types.AccessDeniedException{},
	"AuthorizationPendingException":  &types.AuthorizationPendingException{},
	"ExpiredTokenException":          &types.ExpiredTokenException{},
	"InternalServerException":        &types.InternalServerException{},
	"InvalidClientException":         &types.InvalidClientException{},
	"InvalidClientMetadataException": &types.InvalidClientMetadataException{},
	"InvalidGrantException":          &types.InvalidGrantException{},
	"InvalidRedirectUriException":    &types.InvalidRedirectUriException{},
	"InvalidRequestException":        &types.InvalidRequestException{},
	"InvalidRequestRegionException":  &types.InvalidRequestRegionException{},
	"InvalidScopeException":          &types.InvalidScopeException{},
	"SlowDownException":              &types.SlowDownException{},
	"UnauthorizedClientException":    &types.UnauthorizedClientException{},
	"UnsupportedGrantTypeException":  &types.UnsupportedGrantTypeException{},
}

// TestGoSDKExceptions: in live style AWS's own client has the right type for every exception of every operation, with
// the OAuth code and the description in it.
func TestGoSDKExceptions(t *testing.T) {
	t.Parallel()
	s := newService(t, ssooidctest.Options{})
	oidc, _ := goSDK(s, secretKey)
	operations := map[string]func() error{
		"RegisterClient": func() error {
			_, err := oidc.RegisterClient(t.Context(), &ssooidc.RegisterClientInput{ClientName: aws.String("x"), ClientType: aws.String("public")})
			return err
		},
		"StartDeviceAuthorization": func() error {
			_, err := oidc.StartDeviceAuthorization(t.Context(), &ssooidc.StartDeviceAuthorizationInput{
				ClientId: aws.String("x"), ClientSecret: aws.String("x"), StartUrl: aws.String("x"),
			})
			return err
		},
		"CreateToken": func() error {
			_, err := oidc.CreateToken(t.Context(), &ssooidc.CreateTokenInput{
				ClientId: aws.String("x"), ClientSecret: aws.String("x"), GrantType: aws.String("x"),
			})
			return err
		},
		"CreateTokenWithIAM": func() error {
			_, err := oidc.CreateTokenWithIAM(t.Context(), &ssooidc.CreateTokenWithIAMInput{ClientId: aws.String("x"), GrantType: aws.String("x")})
			return err
		},
	}
	for name, kind := range exceptions {
		for operation, call := range operations {
			s.FailNext(operation, name, 1)
			err := call()
			var apiErr smithy.APIError
			if !errors.As(err, &apiErr) || apiErr.ErrorCode() != name || reflect.TypeOf(apiErr) != reflect.TypeOf(kind) {
				t.Errorf("%s, %s: %v", operation, name, err)
				continue
			}
			fields := reflect.ValueOf(apiErr).Elem()
			for _, field := range []string{"Error_", "Error_description"} {
				if text, _ := fields.FieldByName(field).Interface().(*string); aws.ToString(text) == "" {
					t.Errorf("%s, %s: %s is empty", operation, name, field)
				}
			}
		}
		t.Logf("%-31s is %T for %d operations", name, kind, len(operations))
	}
	if len(exceptions) != 14 {
		t.Errorf("%d exceptions are tested", len(exceptions))
	}
}

// TestGoSDKOtherRegion: a CreateTokenWithIAM that was signed for another region is told the right one.
func TestGoSDKOtherRegion(t *testing.T) {
	t.Parallel()
	s := newService(t, ssooidctest.Options{Region: "eu-south-2"})
	oidc, _ := goSDK(s, secretKey)
	_, err := oidc.CreateTokenWithIAM(t.Context(), &ssooidc.CreateTokenWithIAMInput{ClientId: aws.String(application), GrantType: aws.String("refresh_token")})
	var e *types.InvalidRequestRegionException
	if !errors.As(err, &e) || aws.ToString(e.Region) != "eu-south-2" || !strings.HasPrefix(aws.ToString(e.Endpoint), "https://oidc.eu-south-2.") {
		t.Errorf("got %v, %s", err, fmt.Sprint(e))
	}
}
