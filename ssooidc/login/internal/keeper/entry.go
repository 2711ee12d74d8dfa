package keeper

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"github.com/ssooidc/ssooidc-go/ssooidc/tokencache"
)

// entry is what the store held at some moment, or what is to replace it.
type entry struct {
	kind     kind
	data     []byte           // as the store holds it; nil: there is none
	token    tokencache.Token // of ours only; its Extra is without the member
	member   member
	refused  refusal // by the keeper's endpoint
	inMemory bool    // the store has not taken it: only this process has it
}

type kind int

const (
	none    kind = iota // nobody has signed in, or someone has signed out
	torn                // no token: another tool is writing it, or stopped in the middle
	foreign             // of another configuration
	ours
)

// memberName is the name of the one JSON member that we add to an entry. Other
// tools ignore it, or drop it when they rewrite the entry.
const memberName = "ssooidcGo"

// member is what we know of an entry beyond what the AWS CLI keeps. It is zero
// if another tool wrote the entry.
type member struct {
	SignIn     string    `json:"signIn"`              // random; refreshes keep it
	SignedInAt time.Time `json:"signedInAt,omitzero"` // zero: unknown, since another tool signed in
	Refreshes  int       `json:"refreshes,omitempty"` // since SignIn was made
	IssuedAt   time.Time `json:"issuedAt,omitzero"`   // of the access token
	ExpiresAt  time.Time `json:"expiresAt"`           // the same as the entry's, or the member is of an earlier token
	Refusals   []refusal `json:"refusals,omitempty"`  // one for each endpoint
}

// refusal marks tokens that an endpoint has refused.
type refusal struct {
	Endpoint string `json:"endpoint"`
	Refresh  bool   `json:"refreshToken,omitempty"`
	Access   bool   `json:"accessToken,omitempty"`
}

// load reads the store's entry.
func (k *Keeper) load(ctx context.Context) (entry, error) {
	data, err := k.Store.Load(ctx, k.Key)
	if err != nil {
		return entry{}, err
	}
	return k.parse(data), nil
}

func (k *Keeper) parse(data []byte) entry {
	if data == nil {
		return entry{}
	}
	e := entry{kind: torn, data: data}
	if e.token.UnmarshalJSON(data) != nil {
		return e
	}
	if !k.Service.Matches(e.token) {
		return entry{kind: foreign, data: data}
	}
	e.kind = ours
	if raw, ok := e.token.Extra[memberName]; ok {
		delete(e.token.Extra, memberName)
		var m member
		if json.Unmarshal(raw, &m) == nil && m.ExpiresAt.Equal(e.token.ExpiresAt) {
			e.member = m
		}
	}
	for _, r := range e.member.Refusals {
		if r.Endpoint == k.Service.Endpoint() {
			e.refused = r
		}
	}
	return e
}

// encoded returns e with the data that the store is to hold.
func (e entry) encoded() (entry, error) {
	t := e.token
	t.Extra = maps.Clone(t.Extra)
	if t.Extra == nil {
		t.Extra = make(map[string]json.RawMessage, 1)
	}
	raw, err := json.Marshal(e.member)
	if err != nil {
		return e, err
	}
	t.Extra[memberName] = raw
	e.data, err = t.MarshalJSON()
	return e, err
}

// signedIn returns the entry of a new sign-in. It has nothing of an earlier one.
func signedIn(t tokencache.Token, at time.Time) (entry, error) {
	t.Extra = nil
	t.ExpiresAt = t.ExpiresAt.UTC().Truncate(time.Second)
	at = at.UTC()
	return entry{kind: ours, token: t, inMemory: true, member: member{
		SignIn: rand.Text(), SignedInAt: at, IssuedAt: at.Truncate(time.Second), ExpiresAt: t.ExpiresAt,
	}}.encoded()
}

// renewed returns the entry that a refresh of e has led to.
func (e entry) renewed(t tokencache.Token, at time.Time) (entry, error) {
	t.Extra = e.token.Extra
	t.ExpiresAt = t.ExpiresAt.UTC().Truncate(time.Second)
	return entry{kind: ours, token: t, inMemory: true, member: member{
		SignIn: e.signIn(), SignedInAt: e.member.SignedInAt, Refreshes: e.member.Refreshes + 1,
		IssuedAt: at.UTC().Truncate(time.Second), ExpiresAt: t.ExpiresAt,
	}}.encoded()
}

// marked returns e with a refusal of the endpoint.
func (e entry) marked(r refusal) (entry, error) {
	e.inMemory = true
	e.member.SignIn = e.signIn()
	e.member.ExpiresAt = e.token.ExpiresAt
	e.member.Refusals = slices.DeleteFunc(slices.Clone(e.member.Refusals), func(old refusal) bool { return old.Endpoint == r.Endpoint })
	e.member.Refusals = append(e.member.Refusals, r)
	e.refused = r
	return e.encoded()
}

// signIn tells sign-ins apart. The entry of another tool has no id: one is made
// of its refresh token, so that all processes make the same.
func (e entry) signIn() string {
	if e.member.SignIn != "" || e.kind != ours {
		return e.member.SignIn
	}
	secret := e.token.RefreshToken
	if secret == "" {
		secret = e.token.AccessToken
	}
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:8])
}

// hasTokensOf reports whether two entries have the same tokens.
func (e entry) hasTokensOf(other entry) bool {
	return e.kind == ours && other.kind == ours &&
		e.token.AccessToken == other.token.AccessToken && e.token.RefreshToken == other.token.RefreshToken
}

// refreshable reports whether the refresh token can be exchanged at a time.
func (e entry) refreshable(at time.Time) bool {
	t := e.token
	return t.RefreshToken != "" && t.ClientID != "" && t.ClientSecret != "" && !e.refused.Refresh &&
		(t.RegistrationExpiresAt.IsZero() || at.Before(t.RegistrationExpiresAt))
}

// public is the token as callers get it.
func (e entry) public() Token {
	return Token{e.token.AccessToken, e.token.ExpiresAt, e.refreshable(e.token.ExpiresAt)}
}
