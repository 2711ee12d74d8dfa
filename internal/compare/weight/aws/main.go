// Program aws calls the three public operations through AWS's client.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssooidc"
)

func main() {
	fmt.Println(run(context.Background(), os.Getenv("AWS_REGION"), os.Getenv("START_URL")))
}

func run(ctx context.Context, region, startURL string) error {
	c := ssooidc.New(ssooidc.Options{Region: region})
	client, err := c.RegisterClient(ctx, &ssooidc.RegisterClientInput{
		ClientName: aws.String("weight"), ClientType: aws.String("public"),
	})
	if err != nil {
		return err
	}
	device, err := c.StartDeviceAuthorization(ctx, &ssooidc.StartDeviceAuthorizationInput{
		ClientId: client.ClientId, ClientSecret: client.ClientSecret, StartUrl: &startURL,
	})
	if err != nil {
		return err
	}
	_, err = c.CreateToken(ctx, &ssooidc.CreateTokenInput{
		ClientId: client.ClientId, ClientSecret: client.ClientSecret,
		GrantType: aws.String("urn:ietf:params:oauth:grant-type:device_code"), DeviceCode: device.DeviceCode,
	})
	return err
}
