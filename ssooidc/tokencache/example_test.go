package tokencache_test

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// A program that only wants to know whether somebody is signed in reads the AWS CLI's entry. The zero Dir is the CLI's
// own folder; a Memory stands in for it here.
func Example() {
	ctx := context.Background()
	var store tokencache.Store = &tokencache.Memory{}
	key := tokencache.TokenKey("my-sso")

	data, err := store.Load(ctx, key)
	fmt.Println("signed out:", data == nil, err)

	token := tokencache.Token{
		StartURL: "https://my-company.awsapps.com/start", Region: "us-east-1",
		AccessToken: "secret", ExpiresAt: time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC),
	}
	if data, err = json.Marshal(token); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := store.CompareAndSwap(ctx, key, nil, data); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(data))
	fmt.Println(token)
	// Output:
	// signed out: true <nil>
	// {"startUrl":"https://my-company.awsapps.com/start","region":"us-east-1","accessToken":"secret","expiresAt":"2026-11-23T13:00:00Z"}
	// {StartURL:https://my-company.awsapps.com/start Region:us-east-1 AccessToken:[redacted] ExpiresAt:2026-11-23 13:00:00 +0000 UTC RefreshToken: ClientID: ClientSecret: RegistrationExpiresAt:0001-01-01 00:00:00 +0000 UTC Extra:map[]}
}

// A swap replaces an entry only if it is still the one that was read.
func ExampleStore() {
	ctx := context.Background()
	store, key := &tokencache.Memory{}, tokencache.TokenKey("my-sso")
	replace := func(old, new []byte) {
		swapped, err := store.CompareAndSwap(ctx, key, old, new)
		fmt.Println(swapped, err)
	}

	replace(nil, []byte("mine"))
	replace([]byte("old"), []byte("new")) // someone else has been faster
	replace([]byte("mine"), []byte("new"))
	replace([]byte("new"), nil) // removed
	// Output:
	// true <nil>
	// false <nil>
	// true <nil>
	// true <nil>
}

// A web server keeps the sessions of all its users in one store.
func ExampleForOwner() {
	ctx := context.Background()
	shared, key := &tokencache.Memory{}, tokencache.TokenKey("my-sso")
	for _, user := range []string{"alice", "bob"} {
		store := tokencache.ForOwner(shared, user)
		if _, err := store.CompareAndSwap(ctx, key, nil, []byte(user+"'s token")); err != nil {
			fmt.Println(err)
		}
	}
	data, err := tokencache.ForOwner(shared, "alice").Load(ctx, key)
	fmt.Println(string(data), err)
	// Output: alice's token <nil>
}

func ExampleSessions() {
	ctx := context.Background()
	store := new(tokencache.Memory)
	data, _ := json.Marshal(tokencache.Token{StartURL: "https://d-1234567890.awsapps.com/start", AccessToken: "secret"})
	store.CompareAndSwap(ctx, tokencache.TokenKey("my-sso"), nil, data)

	for token, err := range tokencache.Sessions(ctx, store) {
		fmt.Println(token.StartURL, err)
	}
	// Output: https://d-1234567890.awsapps.com/start <nil>
}
