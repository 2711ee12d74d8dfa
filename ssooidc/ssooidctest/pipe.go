package ssooidctest

import (
	"bytes"
	"io"
	"net"
	"sync"
)

// pipe returns the two ends of a connection. It is [net.Pipe], but holds some
// of what the server writes, as a socket does: a handler need not wait for a
// client that reads late.
func pipe() (client, server net.Conn) {
	client, server = net.Pipe()
	h := &held{}
	h.changed.L = &h.mu
	return clientEnd{client, h}, serverEnd{server, h}
}

type clientEnd struct {
	net.Conn
	held *held
}

// Read implements [io.Reader].
func (c clientEnd) Read(p []byte) (int, error) { return c.held.read(p) }

// Close implements [io.Closer].
func (c clientEnd) Close() error { return c.held.close(c.Conn) }

type serverEnd struct {
	net.Conn
	held *held
}

// Write implements [io.Writer].
func (c serverEnd) Write(p []byte) (int, error) { return c.held.write(p) }

// Close implements [io.Closer].
func (c serverEnd) Close() error { return c.held.close(c.Conn) }

// held is what the server has written and the client has not read yet.
type held struct {
	mu      sync.Mutex
	changed sync.Cond
	data    bytes.Buffer
	closed  bool // by either end
}

// room is how much is held at most.
const room = 64 << 10

// write waits while there is no room.
func (h *held) write(p []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for n < len(p) {
		for h.data.Len() == room && !h.closed {
			h.changed.Wait()
		}
		if h.closed {
			return n, io.ErrClosedPipe
		}
		part := p[n:min(len(p), n+room-h.data.Len())]
		h.data.Write(part)
		n += len(part)
		h.changed.Broadcast()
	}
	return n, nil
}

// read waits while nothing is held. After a close it returns the rest.
func (h *held) read(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for h.data.Len() == 0 && !h.closed {
		h.changed.Wait()
	}
	h.changed.Broadcast()
	return h.data.Read(p) // io.EOF if there is none
}

func (h *held) close(end net.Conn) error {
	h.mu.Lock()
	h.closed = true
	h.changed.Broadcast()
	h.mu.Unlock()
	return end.Close()
}
