package profile_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/profile"
)

func ExampleLoad() {
	p, err := profile.Load(context.Background(), "dev", func(o *config.LoadSharedConfigOptions) {
		o.ConfigFiles = []string{"testdata/config"} // without it, AWS_CONFIG_FILE or ~/.aws/config
	})
	if err != nil {
		log.Fatal(err)
	}
	session, err := login.New(p.Login)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(session)
	fmt.Println(p.RoleName, "in", p.AccountID)
	// Output:
	// login.Session{Name:"corp" StartURL:"https://d-1234567890.awsapps.com/start" Region:"us-east-1"}
	// ReadOnlyAccess in 111122223333
}

func ExampleError() {
	_, err := profile.Load(context.Background(), "prod", func(o *config.LoadSharedConfigOptions) {
		o.ConfigFiles = []string{"testdata/config"}
	})
	var e *profile.Error
	if errors.As(err, &e) {
		fmt.Println(e.File)
		fmt.Println(e.Problem)
	}
	// Output:
	// testdata/config
	// there is no profile "prod" (there is dev): name one that is there, here or in AWS_PROFILE, or make it with "aws configure sso"
}

func ExampleLoadSession() {
	cfg, err := profile.LoadSession(context.Background(), "corp", func(o *config.LoadSharedConfigOptions) {
		o.ConfigFiles = []string{"testdata/config"}
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(cfg.StartURL, cfg.Scopes)
	// Output:
	// https://d-1234567890.awsapps.com/start [sso:account:access]
}
