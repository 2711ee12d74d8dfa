package main

import (
	"cmp"
	"context"
	"log/slog"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/profile"
	"github.com/ssooidc/ssooidc-go/ssooidc/rolecreds"
)

// session is the one that the flags name, and the role of its profile, if it has one.
func (c *cli) session(ctx context.Context) (*login.Session, rolecreds.Role, error) {
	cfg, role, err := c.config(ctx)
	if err != nil {
		return nil, role, err
	}
	c.used = cfg
	session, err := login.New(cfg)
	return session, role, err
}

func (c *cli) config(ctx context.Context) (login.Config, rolecreds.Role, error) {
	p := profile.Profile{Login: login.Config{StartURL: c.startURL, Region: c.region}}
	if c.startURL == "" {
		var err error
		if p, err = profile.Load(ctx, c.profile); err != nil {
			return login.Config{}, rolecreds.Role{}, err
		}
	}
	cfg := p.Login
	cfg.ClientName = "ssooidc-go sso"
	cfg.Prompt = login.Terminal(c.stdin, c.stderr)
	cfg.Logger = slog.New(slog.NewTextHandler(c.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if c.device {
		cfg.Flow = login.FlowDeviceCode
	}
	if c.endpoint != "" {
		cfg.Endpoint, cfg.PortalEndpoint = c.endpoint, c.endpoint
	}
	role := rolecreds.Role{AccountID: cmp.Or(c.account, p.AccountID), Name: cmp.Or(c.role, p.RoleName)}
	return cfg, role, nil
}

// again is the command line of another command for the same session.
func (c *cli) again(command string) string {
	line := "sso " + command
	switch {
	case c.startURL != "":
		line += " -start-url " + c.startURL + " -region " + c.region
	case c.profile != "":
		line += " -profile " + c.profile
	}
	if c.endpoint != "" {
		line += " -endpoint " + c.endpoint
	}
	return printable(line)
}
