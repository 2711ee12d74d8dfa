// Package tokencache keeps the tokens of IAM Identity Center sessions where the
// AWS CLI and AWS's SDKs keep theirs, so that one sign-in serves them all. It
// never touches the network.
//
//	data, err := tokencache.Dir{}.Load(ctx, tokencache.TokenKey("my-sso"))
//	...
//	var token tokencache.Token
//	err = json.Unmarshal(data, &token)
//
// [Dir] is their folder, ~/.aws/sso/cache. [Memory] leaves no file. Any other
// [Store] can stand in their place: [FromKeyValue] makes one of a keyring, and
// [ForOwner] gives each user of a server a store of their own.
//
// An entry is a small JSON text under a key: a [Token] under [TokenKey], or the
// [Registration] that a sign-in made under [RegistrationKey]. [Sessions] lists
// the tokens, and [Adopt] moves an entry to another store.
//
// To replace an entry that you have read, call [Store.CompareAndSwap] with what
// you have read. If it reports false, someone else has signed in or out, or
// refreshed the token: read again.
package tokencache
