package terminal

import (
	"context"
	"sync"
)

// device tells one terminal from another, also where it is open twice.
type device string

// ownDevice is the one that controls this program, which has at most one.
const ownDevice device = "its own"

// turns are the terminals that are being read, each with what is closed when that ends.
var turns = struct {
	sync.Mutex
	until map[device]chan struct{}
}{until: map[device]chan struct{}{}}

// takeTurn waits until nobody else in this program reads a terminal: two would each get half of what is typed. It
// reports false if ctx ends before.
func takeTurn(ctx context.Context, d device) (leave func(), ok bool) {
	mine := make(chan struct{})
	for ctx.Err() == nil {
		turns.Lock()
		until, taken := turns.until[d]
		if !taken {
			turns.until[d] = mine
		}
		turns.Unlock()
		if !taken {
			return func() {
				turns.Lock()
				delete(turns.until, d)
				turns.Unlock()
				close(mine)
			}, true
		}
		select {
		case <-until:
		case <-ctx.Done():
		}
	}
	return nil, false
}
