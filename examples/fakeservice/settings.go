package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

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
	s := settings{}
	o := &s.service
	fs := flag.NewFlagSet("fakeservice", flag.ContinueOnError)
	fs.SetOutput(stderr)
	fs.StringVar(&s.listen, "listen", "127.0.0.1:8111", "the `address` to listen on; port 0 is any that is free")
	fs.BoolVar(&s.tls, "tls", false, "speak TLS, with a certificate authority made for this run")
	fs.StringVar(&s.caFile, "ca-file", "", "write the authority's certificate to this `file` (default: one in a temporary folder)")
	fs.StringVar(&s.region, "region", "us-east-1", "the region in what is printed; the service answers for every one")
	fs.StringVar(&o.StartURL, "start-url", "", "the one start `URL` that the service knows (default: it takes every https address)")

	approve := fs.Bool("auto-approve", false, "approve every sign-in, without a person")
	deny := fs.Bool("auto-deny", false, "deny every sign-in, without a person")
	fs.DurationVar(&o.ConsentDelay, "auto-delay", 0, "how long -auto-approve and -auto-deny take to answer")
	fs.Func("account", "an account, as `ID:name:role,role`; again for another one (default: 111122223333 with ReadOnlyAccess)", func(text string) error {
		a, err := parseAccount(text)
		o.Accounts = append(o.Accounts, a)
		return err
	})

	for _, d := range []struct {
		value       *time.Duration
		name, usage string
	}{
		{&o.Interval, "interval", "between two polls with a device code (default 1s)"},
		{&o.DeviceCodeLifetime, "device-code-lifetime", "how long a person has to enter a device code (default 10m)"},
		{&o.CodeLifetime, "code-lifetime", "of an authorization code (default 10m)"},
		{&o.TokenLifetime, "token-lifetime", "of an access token (default 1h, 8h without scopes)"},
		{&o.SessionLifetime, "session-lifetime", "until a sign-in can no longer be refreshed (default 2160h)"},
		{&o.RegistrationLifetime, "registration-lifetime", "of a client registration (default 2160h)"},
	} {
		fs.DurationVar(d.value, d.name, 0, d.usage)
	}
	fs.Func("rotation", "what a refresh does to the refresh token: `strict`, lenient or none (default strict)",
		choice(&o.Rotation, map[string]ssooidctest.Rotation{
			"strict": ssooidctest.RotationStrict, "lenient": ssooidctest.RotationLenient, "none": ssooidctest.RotationNone,
		}))
	fs.Func("errors", "how errors are answered: `live` or openapi, as the description of 2019 has them (default live)",
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
	if len(parts) != 3 || parts[2] == "" {
		return ssooidctest.Account{}, errors.New("an account is its ID, its name and its roles, such as 111122223333:Sandbox:ReadOnlyAccess,AdministratorAccess")
	}
	return ssooidctest.Account{
		ID:    parts[0],
		Name:  parts[1],
		Email: "account-" + parts[0] + "@example.com",
		Roles: strings.Split(parts[2], ","),
	}, nil
}
