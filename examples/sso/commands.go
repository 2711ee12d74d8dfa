package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/rolecreds"
)

func (c *cli) login(ctx context.Context) error {
	session, _, err := c.session(ctx)
	if err != nil {
		return err
	}
	token, err := session.Login(ctx)
	if err != nil {
		return err
	}
	if err := c.checkSaved(ctx, token); err != nil {
		return err
	}
	return c.print(statusOf(token), "Signed in "+until(token)+".\n")
}

// checkSaved makes sure that the next command will find the token: a session goes on without its cache, but a process ends.
func (c *cli) checkSaved(ctx context.Context, token login.Token) error {
	cfg := c.used
	cfg.Logger = nil       // what it would say has been said
	cfg.RefreshWindow = -1 // the token as it is
	session, err := login.New(cfg)
	if err != nil {
		return err
	}
	if saved, err := session.Token(ctx); err == nil && saved.AccessToken == token.AccessToken {
		return nil
	}
	return errors.New("the sign-in worked, but could not be saved in ~/.aws/sso/cache, where the next command would look for it: " +
		"look at the permissions of that folder, and at the space on the disk, then sign in again")
}

// status asks nobody, but it does refresh a token that is due.
func (c *cli) status(ctx context.Context) error {
	session, _, err := c.session(ctx)
	if err != nil {
		return err
	}
	token, err := session.Token(ctx)
	if errors.As(err, new(*login.RequiredError)) {
		if err := c.print(status{}, "Not signed in.\n"); err != nil {
			return err
		}
	}
	if err != nil {
		return err
	}
	return c.print(statusOf(token), "Signed in "+until(token)+".\n")
}

// status is what login and status print with -json.
type status struct {
	SignedIn    bool       `json:"signedIn"`
	ExpiresAt   *time.Time `json:"expiresAt,omitempty"`
	Refreshable bool       `json:"refreshable"` // whether the session goes on after that without a person
}

func statusOf(t login.Token) status { return status{true, &t.ExpiresAt, t.Refreshable} }

func until(t login.Token) string {
	left := time.Until(t.ExpiresAt).Round(time.Minute)
	text := fmt.Sprintf("until %s (%dh%02dm left)", t.ExpiresAt.Local().Format("2006-01-02 15:04 MST"), left/time.Hour, left%time.Hour/time.Minute)
	if t.Refreshable {
		text += ", and it goes on from there by itself"
	}
	return text
}

func (c *cli) token(ctx context.Context) error {
	session, _, err := c.session(ctx)
	if err != nil {
		return err
	}
	token, err := session.Token(ctx)
	if err != nil {
		return err
	}
	return c.print(struct {
		AccessToken string    `json:"accessToken"`
		ExpiresAt   time.Time `json:"expiresAt"`
	}{token.AccessToken, token.ExpiresAt}, token.AccessToken+"\n")
}

// credentials prints what AWS's tools expect of a credential_process, with or without -json.
func (c *cli) credentials(ctx context.Context) error {
	session, role, err := c.session(ctx)
	switch {
	case err != nil:
		return err
	case role.AccountID == "" && c.startURL != "":
		return usageError(`credentials are those of a role: name one with -account and -role ("` + c.again("roles") + `" lists yours)`)
	case role.AccountID == "":
		return usageError("the profile names no role: write sso_account_id and sso_role_name into it, or name one with -account and -role (\"" + c.again("roles") + `" lists yours)`)
	}
	creds, err := rolecreds.New(session, role).Retrieve(ctx) // once, and so without aws.NewCredentialsCache
	if err != nil {
		return err
	}
	return json.NewEncoder(c.stdout).Encode(struct {
		Version         int    // 1: docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
		AccessKeyID     string `json:"AccessKeyId"`
		SecretAccessKey string
		SessionToken    string
		Expiration      time.Time
		AccountID       string `json:"AccountId"`
	}{1, creds.AccessKeyID, creds.SecretAccessKey, creds.SessionToken, creds.Expires, creds.AccountID})
}

func (c *cli) logout(ctx context.Context) error {
	session, _, err := c.session(ctx)
	if err != nil {
		return err
	}
	was, err := session.Status(ctx)
	if err := session.Logout(ctx); err != nil {
		return err
	}
	if err == nil && was.Reason == login.NotSignedIn {
		return c.print(status{}, "Nobody was signed in.\n")
	}
	return c.print(status{}, "Signed out.\n")
}

// print writes a result: as JSON, or as text for people.
func (c *cli) print(v any, text string) error {
	if c.json {
		return json.NewEncoder(c.stdout).Encode(v)
	}
	_, err := fmt.Fprint(c.stdout, text)
	return err
}
