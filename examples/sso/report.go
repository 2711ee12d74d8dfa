package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/config"

	"github.com/ssooidc/ssooidc-go/ssooidc"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/profile"
	"github.com/ssooidc/ssooidc-go/ssooidc/rolecreds"
)

// The exit codes, as the documentation has them.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitRequired    = 3
	exitUnfinished  = 4
	exitInterrupted = 130 // as shells have it
)

// report says what went wrong and what to do, and returns the exit code.
func (c *cli) report(ctx context.Context, err error) int {
	if err == nil {
		return exitDone
	}
	if ctx.Err() != nil {
		fmt.Fprintln(c.stderr, "sso: interrupted")
		return exitInterrupted
	}
	code, advice := c.explain(err)
	fmt.Fprintln(c.stderr, "sso: "+printable(textOf(err)))
	if advice != "" {
		fmt.Fprintln(c.stderr, printable(advice))
	}
	return code
}

// textOf is the text of an error, without what is of Go in it.
func textOf(err error) string {
	var required *login.RequiredError
	var setting *login.ConfigError
	switch {
	case errors.As(err, &required) && required.Err != nil:
		return required.Session + ": " + textOf(required.Err) // explain tells how to sign in
	case errors.As(err, new(*profile.Error)):
	case errors.As(err, &setting):
		name, value := setting.Field, ""
		switch setting.Field {
		case "StartURL":
			name = "-start-url"
		case "Region":
			name = "-region"
		case "Endpoint", "PortalEndpoint":
			name = "-endpoint"
		case "HTTPClient": // which is not made here
			return strings.TrimPrefix(setting.Problem, "can't be made: ")
		}
		if setting.Value != "" {
			value = " " + quote(setting.Value)
		}
		return name + value + " " + setting.Problem
	}
	text := err.Error()
	for _, prefix := range []string{"login: ", "profile: ", "rolecreds: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return text
}

// explain knows how each kind of error ends the command, and what to do, where the error does not say it itself.
func (c *cli) explain(err error) (code int, advice string) {
	var usage usageError
	var configuration *profile.Error
	var setting *login.ConfigError
	switch {
	case errors.As(err, &usage):
		return exitUsage, ""
	case errors.As(err, new(config.SharedConfigProfileNotExistError)):
		return exitUsage, "Without a profile: sso login -start-url https://d-1234567890.awsapps.com/start -region us-east-1, with your own values."
	case errors.As(err, &configuration), errors.As(err, &setting):
		return exitUsage, ""
	case errors.As(err, new(*login.RequiredError)):
		return exitRequired, "Sign in with: " + c.again("login")
	case errors.Is(err, login.ErrDenied):
		return exitUnfinished, "To try again: " + c.again("login")
	case errors.Is(err, login.ErrExpired):
		return exitUnfinished, "To try again: " + c.again("login")
	case errors.As(err, new(*ssooidc.TransportError)), errors.As(err, new(*rolecreds.Error)):
		return exitFailed, "" // they say it
	case errors.As(err, new(*url.Error)): // of net/http
		return exitFailed, "Check the network, any proxy (HTTPS_PROXY), and the region (" + c.used.Region + "), which is part of the service's name."
	case errors.As(err, new(*fs.PathError)):
		return exitFailed, "Look at what is there, at the permissions, and at the space on the disk."
	}
	return exitFailed, ""
}

// printable takes out what could drive a terminal: some of the texts are from elsewhere.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}

func quote(text string) string { return strconv.Quote(text) }
