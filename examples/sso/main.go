// Command sso signs in to AWS IAM Identity Center, and hands out what a sign-in is good for.
//
//	go install github.com/ssooidc/ssooidc-go/examples/sso@latest
//	sso login -profile dev
//	sso roles -profile dev
//
// It shares its sessions with the AWS CLI and AWS's SDKs, which can call it, too, for the credentials of a role:
//
//	[profile app]
//	credential_process = sso credentials -profile dev
//
// Only login asks a person. Standard output has what was asked for and nothing else, and only token and credentials show
// secrets; everything else is on standard error. The exit code is
//
//	0  done
//	1  it failed: no network, or the service said no
//	2  the command line, or the configuration that it names, is wrong
//	3  somebody has to sign in first
//	4  the sign-in was denied, or not finished in time
//	130  interrupted
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
)

func main() {
	// Whichever signal ends a sign-in, the terminal must be left as it was.
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

var signals = []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP}

// cli is one run of the command.
type cli struct {
	stdin          io.Reader
	stdout, stderr io.Writer

	profile, startURL, region, endpoint string
	account, role                       string
	device, json                        bool

	used login.Config   // for report; empty until the configuration is read
	open *login.Session // nil: none was needed
}

// commands, in the order of the usage.
var commands = []struct {
	name, about string
	run         func(*cli, context.Context) error
}{
	{"login", "sign in, in the browser, or with -device by a code on any device", (*cli).login},
	{"status", "say whether somebody is signed in, and until when", (*cli).status},
	{"token", "print the access token", (*cli).token},
	{"credentials", "print the credentials of the profile's role, for credential_process", (*cli).credentials},
	{"roles", "list your accounts and roles", (*cli).roles},
	{"logout", "sign out, here and in every tool that shares the session", (*cli).logout},
}

// run is the whole command, without the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	c := &cli{stdin: stdin, stdout: stdout, stderr: stderr}
	name, err := c.parse(args)
	if errors.Is(err, flag.ErrHelp) {
		c.usage(stdout)
		return exitDone
	}
	if err != nil {
		return c.report(ctx, err)
	}
	for _, command := range commands {
		if command.name == name {
			err := command.run(c, ctx)
			c.finish(ctx)
			return c.report(ctx, err)
		}
	}
	if name == "" {
		c.usage(stderr)
		return exitUsage
	}
	return c.report(ctx, usageError("there is no command "+quote(name)+`: "sso -h" lists them`))
}

// finish waits for a refresh that the command has left, because it was
// interrupted or the token that it had was still valid: the new token must get
// into the cache. A second signal does not wait.
func (c *cli) finish(ctx context.Context) {
	if ctx.Err() != nil {
		signal.Reset(signals...)
	}
	_ = c.open.Close() // what it would say, the command has said
}

// usageError is a mistake in the command line.
type usageError string

func (e usageError) Error() string { return string(e) }

// parse takes the flags from before and after the command.
func (c *cli) parse(args []string) (command string, err error) {
	flags := c.flags()
	if err := flags.Parse(args); err != nil {
		return "", wrongFlag(err)
	}
	if command = flags.Arg(0); command == "" {
		return "", nil
	}
	if err := flags.Parse(flags.Args()[1:]); err != nil {
		return "", wrongFlag(err)
	}
	switch {
	case flags.NArg() > 0:
		return "", usageError("what is " + quote(flags.Arg(0)) + `? A command takes flags only: "sso -h" lists them`)
	case command == "help":
		return "", flag.ErrHelp
	case c.profile != "" && c.startURL != "":
		return "", usageError("-profile and -start-url name a session each: give one of them")
	case c.startURL != "" && c.region == "":
		return "", usageError("-start-url needs -region: the region of the IAM Identity Center, such as us-east-1")
	case c.startURL == "" && c.region != "":
		return "", usageError("-region goes with -start-url: a profile has its own")
	case c.device && command != "login":
		return "", usageError("-device is for login alone")
	case (c.account != "" || c.role != "") && command != "credentials":
		return "", usageError("-account and -role are for credentials alone")
	case (c.account == "") != (c.role == ""):
		return "", usageError(`-account and -role go together: "sso roles" lists yours`)
	}
	return command, nil
}

func wrongFlag(err error) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	return usageError(err.Error() + `: "sso -h" lists the flags`)
}

func (c *cli) flags() *flag.FlagSet {
	flags := flag.NewFlagSet("sso", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // report and usage say it
	flags.StringVar(&c.profile, "profile", "", "the `NAME` of a profile in ~/.aws/config (default: AWS_PROFILE, or else \"default\")")
	flags.StringVar(&c.startURL, "start-url", "", "instead of a profile, the `URL` of your AWS access portal")
	flags.StringVar(&c.region, "region", "", "with -start-url, the `REGION` of the IAM Identity Center, such as us-east-1")
	flags.StringVar(&c.account, "account", "", "another `ACCOUNT` than the profile's, for credentials")
	flags.StringVar(&c.role, "role", "", "another `ROLE` than the profile's, for credentials")
	flags.BoolVar(&c.device, "device", false, "for login: by a code on any device, not in this machine's browser")
	flags.BoolVar(&c.json, "json", false, "print JSON")
	flags.StringVar(&c.endpoint, "endpoint", "", "for tests: the `URL` of a service to use instead of AWS's")
	return flags
}

func (c *cli) usage(w io.Writer) {
	fmt.Fprint(w, "Usage: sso command [flags]\n\nSigns in to AWS IAM Identity Center.\n\nCommands:\n")
	for _, command := range commands {
		fmt.Fprintf(w, "  %-12s %s\n", command.name, command.about)
	}
	fmt.Fprint(w, "\nFlags:\n")
	flags := c.flags()
	flags.SetOutput(w)
	flags.PrintDefaults()
	fmt.Fprint(w, "\nExit codes: 0 done, 1 failed, 2 wrong flags or configuration, 3 sign in first,\n4 denied or not finished in time, 130 interrupted.\n")
}
