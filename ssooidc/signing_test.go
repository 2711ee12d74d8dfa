package ssooidc_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

// signed is what a signature says about itself.
type signed struct{ Credential, Headers string }

func signature(r *http.Request) signed {
	var s signed
	for _, part := range strings.Split(strings.TrimPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "), ", ") {
		switch name, value, _ := strings.Cut(part, "="); name {
		case "Credential":
			s.Credential = value
		case "SignedHeaders":
			s.Headers = value
		}
	}
	return s
}

func TestSigning(t *testing.T) {
	t.Parallel()
	const headers = "accept;content-length;content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token"
	for _, row := range []struct {
		name      string
		operation string
		opts      ssooidc.Options
		want      signed
	}{
		{"the public operations are not signed", "CreateToken", ssooidc.Options{Region: "us-east-1"}, signed{}},
		{"IAM", "CreateTokenWithIAM", ssooidc.Options{Region: "us-east-1"}, signed{"AKID/20000101/us-east-1/sso-oauth/aws4_request", headers}},
		{"the description's scheme", "CreateToken", ssooidc.Options{Region: "us-east-1", SignAll: true}, signed{"AKID/20000101/us-east-1/awsssooidc/aws4_request", headers}},
		{"RegisterClient", "RegisterClient", ssooidc.Options{Region: "us-east-1", SignAll: true}, signed{"AKID/20000101/us-east-1/awsssooidc/aws4_request", headers}},
		{"StartDeviceAuthorization", "StartDeviceAuthorization", ssooidc.Options{Region: "us-east-1", SignAll: true}, signed{"AKID/20000101/us-east-1/awsssooidc/aws4_request", headers}},
		{"IAM with SignAll", "CreateTokenWithIAM", ssooidc.Options{Region: "us-east-1", SignAll: true}, signed{"AKID/20000101/us-east-1/sso-oauth/aws4_request", headers}},
		{"a pseudo-region", "CreateTokenWithIAM", ssooidc.Options{Region: "us-gov-west-1-fips"}, signed{"AKID/20000101/us-gov-west-1/sso-oauth/aws4_request", headers}},
		{"a custom endpoint", "CreateTokenWithIAM", ssooidc.Options{Region: "eu-west-1", BaseEndpoint: "https://x/y"}, signed{"AKID/20000101/eu-west-1/sso-oauth/aws4_request", headers}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // where the time starts on 2000-01-01
				row.opts.Credentials = credentials
				row.opts.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
					if diff := cmp.Diff(row.want, signature(r)); diff != "" {
						t.Errorf("signature (-want +got):\n%s", diff)
					}
					if row.want.Credential != "" {
						wantSignature(t, r, row.want.Credential)
					}
					return respond(200, successes[row.operation]), nil
				})
				if _, err := operations[row.operation](t.Context(), newClient(t, row.opts)); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// wantSignature signs a request again, from what arrived, and compares.
func wantSignature(t *testing.T, r *http.Request, credential string) {
	t.Helper()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(body)
	hash := hex.EncodeToString(sum[:])
	if got := r.Header.Get("X-Amz-Content-Sha256"); got != hash {
		t.Errorf("X-Amz-Content-Sha256 is %s, the body's is %s", got, hash)
	}
	date, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		t.Fatal(err)
	}
	scope := strings.Split(credential, "/")
	again := r.Clone(t.Context())
	again.Header.Del("Authorization")
	value, _ := credentials.Retrieve(t.Context())
	if err := v4.NewSigner().SignHTTP(t.Context(), value, again, hash, scope[3], scope[2], date); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(again.Header, r.Header); diff != "" {
		t.Errorf("signed again (-want +got):\n%s", diff)
	}
}

func TestEachAttemptIsSignedAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		dates, keys := map[string]bool{}, map[string]bool{}
		n := 0
		renewed := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			n++
			return aws.Credentials{AccessKeyID: "AKID" + string(rune('0'+n)), SecretAccessKey: "s"}, nil
		})
		c := stub(t, func(r *http.Request) (*http.Response, error) {
			dates[r.Header.Get("X-Amz-Date")] = true
			keys[signature(r).Credential[:5]] = true
			if len(r.Header["X-Amz-Date"]) != 1 || len(r.Header["Authorization"]) != 1 {
				t.Errorf("headers of an earlier attempt are left: %v", r.Header)
			}
			time.Sleep(time.Second)
			return respond(500, ""), nil
		}, withDefaultRetryer, func(o *ssooidc.Options) { o.Credentials = renewed })
		_, err := c.CreateTokenWithIAM(t.Context(), iamRequest)
		as[*ssooidc.ServiceError](t, err)
		if len(dates) != 3 || len(keys) != 3 {
			t.Errorf("signed at %v by %v, want three each", dates, keys)
		}
	})
}

func TestSigningFailsBeforeTheNetwork(t *testing.T) {
	t.Parallel()
	errNone := errors.New("no credentials found")
	none := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, errNone })
	empty := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, nil })
	for _, row := range []struct {
		name      string
		operation string
		opts      ssooidc.Options
		field     string
		cause     error
	}{
		{"no credentials", "CreateTokenWithIAM", ssooidc.Options{Region: "us-east-1"}, "Credentials", nil},
		{"anonymous", "CreateTokenWithIAM", ssooidc.Options{Region: "us-east-1", Credentials: aws.AnonymousCredentials{}}, "Credentials", nil},
		{"no region", "CreateTokenWithIAM", ssooidc.Options{BaseEndpoint: "https://x", Credentials: credentials}, "Region", nil},
		{"empty credentials", "CreateTokenWithIAM", ssooidc.Options{Region: "us-east-1", Credentials: empty}, "Credentials", nil},
		{"credentials that fail", "CreateTokenWithIAM", ssooidc.Options{Region: "us-east-1", Credentials: none}, "Credentials", errNone},
		{"SignAll", "CreateToken", ssooidc.Options{Region: "us-east-1", SignAll: true}, "Credentials", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			row.opts.Retryer = anyRetryer{}
			row.opts.HTTPClient = doer(func(*http.Request) (*http.Response, error) {
				t.Error("a request was sent")
				return nil, errReset
			})
			_, err := operations[row.operation](t.Context(), newClient(t, row.opts))
			if e := as[*ssooidc.OptionsError](t, err); e.Field != row.field || row.cause != nil && !errors.Is(err, row.cause) {
				t.Errorf("got %v, want one about %s", err, row.field)
			}
			wantNoSecret(t, err)
		})
	}
}

// TestUnsignedThoughCredentialsAreThere: a signed-out person's credentials must not be asked for.
func TestUnsignedThoughCredentialsAreThere(t *testing.T) {
	t.Parallel()
	c := stub(t, always(200, successes["CreateToken"]), func(o *ssooidc.Options) {
		o.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			t.Error("the credentials were asked for")
			return aws.Credentials{}, nil
		})
	})
	if _, err := c.CreateToken(t.Context(), tokenRequest); err != nil {
		t.Error(err)
	}
}
