// Package tokencache keeps the tokens of IAM Identity Center sessions where the AWS CLI and AWS's SDKs keep theirs, so that
// one sign-in serves them all. It never touches the network.
//
// [Dir] is their folder, ~/.aws/sso/cache. Any [Store] can stand in its place, [Memory] for one.
//
// An entry is a small JSON text under a key: a [Token] under [TokenKey], the registration that a sign-in made under
// [RegistrationKey]. Reading one is two steps:
//
//	data, err := store.Load(ctx, tokencache.TokenKey("my-sso"))
//	...
//	var token tokencache.Token
//	err = json.Unmarshal(data, &token)
//
// AWS's own tools take no lock and write in place, so an entry can change between any two calls. To replace an entry
// that you have read, take [Store.TryLock] before you read it, and call Load again just before Save. If the entry is gone then, or
// differs from the one that you read, another tool has signed out or in: leave it as it is.
package tokencache
