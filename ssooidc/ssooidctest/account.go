package ssooidctest

import (
	"fmt"
	"maps"
	"slices"
)

// Account is an AWS account that the person can use.
type Account struct {
	ID    string // twelve digits
	Name  string
	Email string
	Roles []string // names of the roles that the person can assume in it

	// Fails is the name of an exception of the portal, such as
	// "ForbiddenException" or "InternalServerException". If it is set, every
	// ListAccountRoles and GetRoleCredentials for this account is answered
	// with it. ListAccounts still lists the account. [Service.HandleNext]
	// gives any other answer.
	Fails string
}

// undeclared is what the portal lists if the test declares no accounts.
var undeclared = []Account{{
	ID:    "111122223333",
	Name:  "Test account",
	Email: "test-account@example.com",
	Roles: []string{"ReadOnlyAccess"},
}}

func (s *Service) accounts() []Account {
	if s.opts.Accounts == nil {
		return undeclared
	}
	return s.opts.Accounts
}

// rolesOf returns the names of the roles of an account.
func (s *Service) rolesOf(id string) ([]string, *exception) {
	if !isAccountID(id) {
		return nil, invalidRequest("account_id is missing, or not twelve digits")
	}
	for _, a := range s.accounts() {
		switch {
		case a.ID != id:
		case a.Fails != "":
			return nil, refuse(a.Fails, portalExceptions[a.Fails].text)
		default:
			return a.Roles, nil
		}
	}
	if s.opts.Accounts == nil {
		return undeclared[0].Roles, nil
	}
	return nil, refuse("ResourceNotFoundException", "No such account")
}

// checkAccounts panics if Options.Accounts is invalid.
func checkAccounts(accounts []Account) {
	seen := map[string]bool{}
	for _, a := range accounts {
		_, known := portalExceptions[a.Fails]
		switch {
		case !isAccountID(a.ID):
			bad("Accounts", fmt.Sprintf("an ID %q", a.ID), "twelve digits")
		case seen[a.ID]:
			bad("Accounts", "a second "+a.ID, "there once")
		case slices.Contains(a.Roles, ""):
			bad("Accounts", "a role without a name in "+a.ID, "named")
		case a.Fails != "" && !known:
			bad("Accounts", fmt.Sprintf("%s, which Fails with %q", a.ID, a.Fails),
				fmt.Sprintf("one of %v", slices.Sorted(maps.Keys(portalExceptions))))
		}
		seen[a.ID] = true
	}
}

// cloneAccounts returns a copy that shares nothing with the caller's.
func cloneAccounts(accounts []Account) []Account {
	accounts = slices.Clone(accounts)
	for i := range accounts {
		accounts[i].Roles = slices.Clone(accounts[i].Roles)
	}
	return accounts
}

func isAccountID(s string) bool {
	if len(s) != 12 {
		return false
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
