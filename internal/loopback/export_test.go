package loopback

// What the tests see of the inside.

const MaxConns = maxConns

// Parse is parseQuery: the code, or the error and whether it carries our state.
func Parse(rawQuery, state string) (code string, failure *ErrorResponse, verified bool) {
	r := parseQuery(rawQuery, state)
	return r.code, r.failure, r.outcome == refused
}

// ParseAddress is what Submit does with an address before it ends the sign-in, for a listener on any port.
func ParseAddress(port int, state, address string) (code string, err error) {
	return (&Listener{port: port, state: state}).parseAddress(address)
}

// OpenConns returns how many connections hold a place.
func (l *Listener) OpenConns() int {
	l.conns.mu.Lock()
	defer l.conns.mu.Unlock()
	return len(l.conns.open)
}
