package ssooidctest

import (
	"bytes"
	"io"
	"sync"
)

// stream carries a long answer from the handler to its client. As a connection does it holds some of it, so
// that a handler need not wait for a client that reads late.
type stream struct {
	mu      sync.Mutex
	changed sync.Cond
	held    bytes.Buffer
	ended   error // why nothing more comes; nil while the handler writes
	hungUp  bool  // the client closed it
}

// room is how much a stream holds.
const room = 64 << 10

func newStream() *stream {
	s := new(stream)
	s.changed.L = &s.mu
	return s
}

// Write implements [io.Writer]. It waits where there is no room.
func (s *stream) Write(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n < len(p) {
		for s.held.Len() == room && s.ended == nil && !s.hungUp {
			s.changed.Wait()
		}
		switch {
		case s.ended != nil:
			return n, s.ended
		case s.hungUp:
			return n, io.ErrClosedPipe
		}
		part := p[n:min(len(p), n+room-s.held.Len())]
		s.held.Write(part)
		n += len(part)
		s.changed.Broadcast()
	}
	return n, nil
}

// Read implements [io.Reader].
func (s *stream) Read(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.held.Len() == 0 && s.ended == nil && !s.hungUp {
		s.changed.Wait()
	}
	switch {
	case s.hungUp:
		return 0, io.ErrClosedPipe
	case s.held.Len() == 0:
		return 0, s.ended
	}
	s.changed.Broadcast()
	return s.held.Read(p)
}

// end is what the client reads after what is held. The first one counts.
func (s *stream) end(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		s.ended = err
	}
	s.changed.Broadcast()
}

// hangUp lets every later Read and Write fail.
func (s *stream) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hungUp = true
	s.held = bytes.Buffer{}
	s.changed.Broadcast()
}
