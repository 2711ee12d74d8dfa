package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/endpoint"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

// settings are what the command line says.
type settings struct {
	listen  string
	tls     bool
	caFile  string // "": one in a temporary folder
	region  string
	service ssooidctest.Options
}

// parse reads the command line. What is wrong with it, it also prints, with the flags that there are.
func parse(args []string, stderr io.Writer) (settings, error) {
	s := settings{region: "us-east-1"}
	o := &s.service
	o.KeepRequests = 1 // nobody asks for them, and this may run for weeks
	fs := flag.NewFlagSet("fakeservice", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&s.listen, "listen", "127.0.0.1:8111", "the `address` to listen on; port 0 is any that is free")
	fs.BoolVar(&s.tls, "tls", false, "speak TLS, with a certificate authority made for this run")
	fs.StringVar(&s.caFile, "ca-file", "", "write the authority's certificate to this `file` (default: one in a temporary folder)")
	fs.Func("region", "the `region` in what is printed; the service answers for every one (default us-east-1)", func(text string) error {
		if !endpoint.IsHostLabel(text) {
			return errors.New("it must be a name such as eu-west-1")
		}
		s.region = text
		return nil
	})
	fs.Func("start-url", "the one start `URL` that the service knows (default: it takes every https address)", func(text string) error {
		u, err := url.Parse(text)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil {
			return errors.New("it must be an https address")
		}
		o.StartURL = text
		return nil
	})

	approve := fs.Bool("auto-approve", false, "approve every sign-in, without a person")
	deny := fs.Bool("auto-deny", false, "deny every sign-in, without a person")
	fs.Func("auto-delay", "the `duration` that -auto-approve and -auto-deny take to answer (default none)", duration(&o.ConsentDelay, 1))
	fs.Func("account", "an account, as `ID:name:role,role`; again for another one (default: 111122223333 with ReadOnlyAccess)", func(text string) error {
		a, err := parseAccount(text)
		if slices.ContainsFunc(o.Accounts, func(other ssooidctest.Account) bool { return other.ID == a.ID }) {
			return errors.New("that account is there already")
		}
		o.Accounts = append(o.Accounts, a)
		return err
	})

	fs.Func("scope", "a `scope` that clients may register besides those that AWS documents; again for another one", func(text string) error {
		bad := func(c rune) bool { return c <= ' ' || c > '~' || c == '"' || c == '\\' }
		if text == "" || strings.ContainsFunc(text, bad) {
			return errors.New("it must be visible ASCII, without quotes and backslashes")
		}
		o.Scopes = append(o.Scopes, text)
		return nil
	})

	for _, d := range []struct {
		value       *time.Duration
		name, usage string
	}{
		{&o.Interval, "interval", "the `duration` between two polls with a device code (default 1s)"},
		{&o.DeviceCodeLifetime, "device-code-lifetime", "the `duration` that a person has to enter a device code (default 10m)"},
		{&o.CodeLifetime, "code-lifetime", "the `duration` of an authorization code (default 10m)"},
		{&o.TokenLifetime, "token-lifetime", "the `duration` of an access token (default 1h, 8h without scopes)"},
		{&o.SessionLifetime, "session-lifetime", "the `duration` after which a sign-in can no longer be refreshed (default 2160h)"},
		{&o.RegistrationLifetime, "registration-lifetime", "the `duration` of a client registration (default 2160h)"},
	} {
		fs.Func(d.name, d.usage, duration(d.value, time.Second))
	}
	fs.Func("rotation", "the `mode` of refreshing, which is what it does to the refresh token: strict, lenient or none (default strict)",
		choice(&o.Rotation, map[string]ssooidctest.Rotation{
			"strict": ssooidctest.RotationStrict, "lenient": ssooidctest.RotationLenient, "none": ssooidctest.RotationNone,
		}))
	fs.Func("errors", "the `style` of errors: live, or openapi, as the description of 2019 has them (default live)",
		choice(&o.Errors, map[string]ssooidctest.ErrorStyle{
			"live": ssooidctest.ErrorsLive, "openapi": ssooidctest.ErrorsOpenAPI,
		}))

	if err := fs.Parse(args); err != nil {
		return s, err
	}
	var problem string
	switch {
	case fs.NArg() > 0:
		problem = "unexpected argument: " + fs.Arg(0)
	case *approve && *deny:
		problem = "-auto-approve and -auto-deny don't go together"
	case *approve:
		o.Consent = ssooidctest.ConsentApprove
	case *deny:
		o.Consent = ssooidctest.ConsentDeny
	case o.ConsentDelay != 0:
		problem = "-auto-delay needs -auto-approve or -auto-deny"
	}
	if problem != "" {
		fmt.Fprintln(stderr, problem)
		fs.Usage()
		return s, errors.New(problem)
	}
	return s, nil
}

// duration sets a duration that is a multiple of a unit: the service tells its lifetimes in whole seconds.
func duration(to *time.Duration, unit time.Duration) func(string) error {
	return func(text string) error {
		d, err := time.ParseDuration(text)
		switch {
		case err != nil:
			return errors.New("it must be a duration such as 90s, 10m or 2h")
		case d < 0:
			return errors.New("it must not be negative")
		case d%unit != 0:
			return errors.New("it must be whole seconds")
		}
		*to = d
		return nil
	}
}

// choice sets an enum by name.
func choice[E any](to *E, choices map[string]E) func(string) error {
	return func(name string) error {
		chosen, ok := choices[name]
		if !ok {
			return fmt.Errorf("it must be one of %v", slices.Sorted(maps.Keys(choices)))
		}
		*to = chosen
		return nil
	}
}

func parseAccount(text string) (ssooidctest.Account, error) {
	parts := strings.SplitN(text, ":", 3)
	if len(parts) != 3 || slices.Contains(strings.Split(parts[2], ","), "") {
		return ssooidctest.Account{}, errors.New("an account is its ID, its name and its roles, such as 111122223333:Sandbox:ReadOnlyAccess,AdministratorAccess")
	}
	if len(parts[0]) != 12 || strings.Trim(parts[0], "0123456789") != "" {
		return ssooidctest.Account{}, errors.New("an account's ID must be twelve digits")
	}
	return ssooidctest.Account{
		ID:    parts[0],
		Name:  parts[1],
		Email: "account-" + parts[0] + "@example.com",
		Roles: strings.Split(parts[2], ","),
	}, nil
}
