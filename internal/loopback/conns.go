package loopback

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"
)

const (
	// maxConns bounds the connections that are open at once, and so goroutines, memory and descriptors.
	maxConns = 256

	// turn is how long a connection may keep its place when others wait for one. A browser sends its request at once.
	turn = 100 * time.Millisecond
)

// boundedListener keeps at most maxConns connections open. When one more arrives, the oldest that has not sent a
// whole request makes room for it, so that connections which are slow on purpose can't keep the browser out; and
// since each has its turn first, a flood of new ones can't push the browser out either.
type boundedListener struct {
	*net.TCPListener
	freed chan struct{} // one token when a connection was closed

	mu       sync.Mutex
	open     []*conn // oldest first
	draining bool
}

// conn is a connection of a boundedListener. It embeds the TCP connection itself, whose CloseWrite net/http looks for.
type conn struct {
	*net.TCPConn
	owner  *boundedListener
	opened time.Time
	busy   bool // a request has arrived whole and is being answered; guarded by owner.mu
}

func newBoundedListener(tcp *net.TCPListener) *boundedListener {
	return &boundedListener{TCPListener: tcp, freed: make(chan struct{}, 1)}
}

// Accept returns the next connection once there is room for it.
func (b *boundedListener) Accept() (net.Conn, error) {
	tcp, err := b.AcceptTCP()
	if err != nil {
		return nil, err
	}
	c := &conn{TCPConn: tcp, owner: b}
	for {
		wait := b.admit(c)
		if wait <= 0 {
			return c, nil
		}
		select {
		case <-b.freed:
		case <-time.After(wait):
		}
	}
}

// admit gives c a place, or returns how long to wait before the next try.
func (b *boundedListener) admit(c *conn) (wait time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.draining {
		c.TCPConn.Close() // net/http sees a connection that is gone
		return 0
	}
	now := time.Now()
	if len(b.open) >= maxConns {
		// Where all are being answered, which takes no time, one that does not read its page has to go.
		i := max(0, slices.IndexFunc(b.open, func(c *conn) bool { return !c.busy }))
		oldest := b.open[i]
		if wait := turn - now.Sub(oldest.opened); wait > 0 {
			return wait
		}
		oldest.TCPConn.Close()
		b.open = slices.Delete(b.open, i, i+1)
	}
	c.opened = now
	b.open = append(b.open, c)
	return 0
}

// drain closes all connections but those that are being answered, and every new one.
func (b *boundedListener) drain() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.draining = true
	for _, c := range b.open {
		if !c.busy {
			c.TCPConn.Close() // net/http then calls c.Close
		}
	}
	b.signal()
}

func (b *boundedListener) signal() {
	select {
	case b.freed <- struct{}{}:
	default:
	}
}

// Close gives the place back.
func (c *conn) Close() error {
	b := c.owner
	b.mu.Lock()
	if i := slices.Index(b.open, c); i >= 0 {
		b.open = slices.Delete(b.open, i, i+1)
	}
	b.mu.Unlock()
	b.signal()
	return c.TCPConn.Close()
}

// answering says that the request is here: the connection is no longer one to make room.
func (c *conn) answering() {
	c.owner.mu.Lock()
	c.busy = true
	c.owner.mu.Unlock()
}

type connKey struct{}

// withConn is an http.Server's ConnContext; connOf returns the connection that it stored.
func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

func connOf(ctx context.Context) *conn { return ctx.Value(connKey{}).(*conn) }
