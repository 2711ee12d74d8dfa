package main

import (
	"cmp"
	"context"
	"log/slog"
	"strings"
	"unicode"

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
	c.open, err = login.New(cfg)
	return c.open, role, err
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
	cfg.Logger = slog.New(warnings{c.stderr})
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
	add := func(flag, value string) {
		if value != "" {
			line += " " + flag + " " + forShell(value)
		}
	}
	if c.startURL != "" {
		add("-start-url", c.startURL)
		add("-region", c.region)
	}
	add("-profile", c.profile)
	if c.device && command == "login" {
		line += " -device"
	}
	add("-endpoint", c.endpoint)
	return printable(line)
}

// forShell puts an argument in quotes that a shell would not take as one.
func forShell(argument string) string {
	isPlain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-_./:=@%+,", r)
	}
	if argument != "" && strings.TrimFunc(argument, isPlain) == "" {
		return argument
	}
	return "'" + strings.ReplaceAll(argument, "'", `'\''`) + "'"
}
