// Program ours calls the three public operations through our client.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/ssooidc/ssooidc-go/ssooidc"
)

func main() {
	fmt.Println(run(context.Background(), os.Getenv("AWS_REGION"), os.Getenv("START_URL")))
}

func run(ctx context.Context, region, startURL string) error {
	c, err := ssooidc.New(ssooidc.Options{Region: region})
	if err != nil {
		return err
	}
	client, err := c.RegisterClient(ctx, &ssooidc.RegisterClientRequest{
		ClientName: "weight", ClientType: ssooidc.ClientTypePublic,
	})
	if err != nil {
		return err
	}
	device, err := c.StartDeviceAuthorization(ctx, &ssooidc.StartDeviceAuthorizationRequest{
		ClientID: client.ClientID, ClientSecret: client.ClientSecret, StartURL: startURL,
	})
	if err != nil {
		return err
	}
	_, err = c.CreateToken(ctx, &ssooidc.CreateTokenRequest{
		ClientID: client.ClientID, ClientSecret: client.ClientSecret,
		GrantType: ssooidc.GrantTypeDeviceCode, DeviceCode: device.DeviceCode,
	})
	return err
}
