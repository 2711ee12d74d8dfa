package tokencache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
)

// Sessions yields the tokens in a store: to list the sessions, or to sign out of
// all of them. It skips client registrations and blobs that are no token. A blob
// that can't be read is an error, and the next blobs follow. If the store is no
// [Lister], the one error is [errors.ErrUnsupported].
func Sessions(ctx context.Context, store Store) iter.Seq2[Token, error] {
	return func(yield func(Token, error) bool) {
		lister, ok := store.(Lister)
		if !ok {
			yield(Token{}, fmt.Errorf("tokencache: this store can't list its keys: %w", errors.ErrUnsupported))
			return
		}
		for key, err := range lister.Keys(ctx) {
			var data []byte
			if err == nil {
				data, err = store.Load(ctx, key)
			}
			var token Token
			if err == nil && (json.Unmarshal(data, &token) != nil || token.AccessToken == "") {
				continue
			}
			if !yield(token, err) {
				return
			}
		}
	}
}
