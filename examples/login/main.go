// Command login signs in and says for how long.
//
//	go run ./examples/login
//
// needs nothing and nobody: the service runs inside, someone simulated approves after a moment, and all that is
// written is in a temporary folder. It signs in both ways, by device code and by browser, each with one call to
// Session.Login.
//
//	go run ./examples/login -start-url https://d-1234567890.awsapps.com/start -region us-east-1
//
// signs you in, with your browser if there is one, in the cache that the AWS CLI uses too.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

func main() {
	startURL := flag.String("start-url", "", "the AWS access portal to sign in to (default: a service inside this program)")
	region := flag.String("region", "us-east-1", "the region of the portal")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "what is %q? There are flags only:\n", flag.Arg(0))
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()

	var err error
	if *startURL != "" {
		err = signIn(ctx, login.Config{StartURL: *startURL, Region: *region, ClientName: "ssooidc-go example"})
	} else {
		err = demonstrate(ctx, *region)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "interrupted")
		os.Exit(130) // as shells have it
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// signIn is all that a program has to do.
func signIn(ctx context.Context, cfg login.Config) error {
	session, err := login.New(cfg)
	if err != nil {
		return err
	}
	token, err := session.Login(ctx)
	if err != nil {
		return err
	}
	lifetime := time.Until(token.ExpiresAt).Round(time.Second)
	fmt.Printf("Signed in: the token is good for %s, and can be refreshed: %t.\n", lifetime, token.Refreshable)
	return nil
}

// demonstrate signs in to a service that runs inside, over HTTP on loopback.
func demonstrate(ctx context.Context, region string) error {
	folder, err := os.MkdirTemp("", "ssooidc-example-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	service := ssooidctest.NewServer(ssooidctest.Options{})
	defer service.Close()

	cfg := login.Config{
		StartURL: service.StartURL(),
		Region:   region,
		Endpoint: service.URL,
		Cache:    tokencache.Dir{Path: folder},
		Prompt:   login.Terminal(nil, os.Stdout),
		Browse: func(ctx context.Context, address string) error {
			return someone(ctx, service, address)
		},
	}
	for _, flow := range []login.Flow{login.FlowDeviceCode, login.FlowBrowser} {
		fmt.Printf("== %s, at %s\n", flow, service.URL)
		cfg.Flow = flow
		if err := signIn(ctx, cfg); err != nil {
			return err
		}
		fmt.Println()
	}
	return nil
}

// someone takes a moment to approve, in place of a person at the browser that the address was opened in.
func someone(ctx context.Context, service *ssooidctest.Server, address string) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(2 * time.Second):
	}
	fmt.Println("(someone approves)")
	if u, err := url.Parse(address); err == nil && u.Query().Has("user_code") {
		return service.Approve(u.Query().Get("user_code"))
	}
	return service.Visit(address)
}
