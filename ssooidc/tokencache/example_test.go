package tokencache_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// A program that only wants to know whether somebody is signed in reads the AWS CLI's entry. The zero Dir is the CLI's
// own folder; a Memory stands in for it here.
func Example() {
	ctx := context.Background()
	var store tokencache.Store = &tokencache.Memory{}
	key := tokencache.TokenKey("my-sso")

	_, err := store.Load(ctx, key)
	fmt.Println("signed out:", errors.Is(err, fs.ErrNotExist))

	token := tokencache.Token{
		StartURL: "https://my-company.awsapps.com/start", Region: "us-east-1",
		AccessToken: "secret", ExpiresAt: time.Date(2026, 11, 23, 13, 0, 0, 0, time.UTC),
	}
	data, err := json.Marshal(token)
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := store.Save(ctx, key, data); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(data))
	fmt.Println(token)
	// Output:
	// signed out: true
	// {"startUrl":"https://my-company.awsapps.com/start","region":"us-east-1","accessToken":"secret","expiresAt":"2026-11-23T13:00:00Z"}
	// {StartURL:https://my-company.awsapps.com/start Region:us-east-1 AccessToken:[redacted] ExpiresAt:2026-11-23 13:00:00 +0000 UTC RefreshToken: ClientID: ClientSecret: RegistrationExpiresAt:0001-01-01 00:00:00 +0000 UTC Extra:map[]}
}

// Who replaces an entry that it has read holds the lock, and looks again just before: AWS's own tools take no lock.
func ExampleStore() {
	ctx := context.Background()
	store, key := &tokencache.Memory{}, tokencache.TokenKey("my-sso")
	replace := func(old, new string) error {
		unlock, ok, err := store.TryLock(ctx, key)
		if err != nil || !ok {
			return errors.New("someone else is at it: wait, and read again")
		}
		defer unlock()
		now, err := store.Load(ctx, key)
		if err != nil {
			return err // gone: signed out meanwhile, which is to last
		}
		if string(now) != old {
			return errors.New("changed: signed in meanwhile, use that")
		}
		return store.Save(ctx, key, []byte(new))
	}

	fmt.Println(replace("old", "new"))
	store.Save(ctx, key, []byte("theirs"))
	fmt.Println(replace("old", "new"))
	store.Save(ctx, key, []byte("old"))
	fmt.Println(replace("old", "new"))
	// Output:
	// load 0ad374308c5a4e22f723adf10145eafad7c4031c: file does not exist
	// changed: signed in meanwhile, use that
	// <nil>
}
