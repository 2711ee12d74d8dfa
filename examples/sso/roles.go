package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"text/tabwriter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sso"

	"github.com/ssooidc/ssooidc-go/ssooidc/login"
)

// assignment is one role that the person has.
type assignment struct {
	AccountID   string `json:"accountId"`
	AccountName string `json:"accountName"`
	RoleName    string `json:"roleName"`
}

func (c *cli) roles(ctx context.Context) error {
	session, _, err := c.session(ctx)
	if err != nil {
		return err
	}
	var list []assignment
	err = session.Use(ctx, func(token login.Token) (err error) {
		list, err = assignments(ctx, session, token)
		return err
	}, isRefused)
	if err != nil {
		return err
	}
	return c.print(list, table(list))
}

// isRefused reports whether the portal takes the token no more.
func isRefused(err error) bool {
	var answer interface{ HTTPStatusCode() int }
	return errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusUnauthorized
}

// assignments asks the portal for all accounts, and for the roles in each.
func assignments(ctx context.Context, session *login.Session, token login.Token) ([]assignment, error) {
	url, httpClient, err := session.Portal()
	if err != nil {
		return nil, err
	}
	client := sso.New(sso.Options{Region: session.Region(), BaseEndpoint: &url, HTTPClient: httpClient})
	list := []assignment{}
	accounts := sso.NewListAccountsPaginator(client, &sso.ListAccountsInput{AccessToken: &token.AccessToken})
	for accounts.HasMorePages() {
		page, err := accounts.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, account := range page.AccountList {
			roles := sso.NewListAccountRolesPaginator(client, &sso.ListAccountRolesInput{AccessToken: &token.AccessToken, AccountId: account.AccountId})
			for roles.HasMorePages() {
				page, err := roles.NextPage(ctx)
				if err != nil {
					return nil, err
				}
				for _, role := range page.RoleList {
					list = append(list, assignment{aws.ToString(account.AccountId), aws.ToString(account.AccountName), aws.ToString(role.RoleName)})
				}
			}
		}
	}
	return list, nil
}

func table(list []assignment) string {
	if len(list) == 0 {
		return "You have no roles: ask an administrator to assign you some.\n"
	}
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	row := func(cells ...string) {
		for i, cell := range cells {
			cells[i] = printable(cell)
		}
		w.Write([]byte(strings.Join(cells, "\t") + "\n"))
	}
	row("ACCOUNT", "NAME", "ROLE")
	for _, a := range list {
		row(a.AccountID, a.AccountName, a.RoleName)
	}
	w.Flush()
	return text.String()
}
