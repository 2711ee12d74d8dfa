package rolecreds_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/profile"
	"github.com/ssooidc/ssooidc-go/ssooidc/rolecreds"
)

// From the name of a profile to a configuration that every client of the AWS SDK takes, such as s3.NewFromConfig or
// sts.NewFromConfig. A person is asked only when needed.
func Example() {
	cfg, err := load(context.Background(), "dev")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cfg.Region) // s3.NewFromConfig(cfg)
}

func load(ctx context.Context, name string) (aws.Config, error) {
	p, err := profile.Load(ctx, name)
	if err != nil {
		return aws.Config{}, err
	}
	session, err := login.New(p.Login)
	if err != nil {
		return aws.Config{}, err
	}
	if _, err = session.Token(ctx); errors.As(err, new(*login.RequiredError)) {
		_, err = session.Login(ctx)
	}
	if err != nil {
		return aws.Config{}, err
	}
	credentials := aws.NewCredentialsCache(rolecreds.New(session, rolecreds.Role{AccountID: p.AccountID, Name: p.RoleName}))
	return aws.Config{Region: p.Region, Credentials: credentials, BearerAuthTokenProvider: session}, nil
}
