// Package loopback receives the redirect that ends an authorization-code sign-in in a browser: an HTTP listener on
// 127.0.0.1 (RFC 8252 section 7.3) that takes one answer and is then closed.
//
// Anyone on the machine can send it requests, and so can any page in the person's browser. Only the state that the
// caller chose tells the true answer apart; everything else is answered, ignored, and can't hold up the true one.
package loopback

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Path is the path of every redirect address. The service demands a registered redirect address of http://127.0.0.1
// plus a path, and ignores the port (RFC 8252 section 7.3); this is the AWS CLI's.
const Path = "/oauth/callback"

const (
	requestTimeout = 5 * time.Second // for the headers, and for all of the request
	answerTimeout  = 5 * time.Second // for writing a page
	closeTimeout   = time.Second     // for pages that are being written when Close is called

	// net/http reads 4,096 bytes more than MaxHeaderBytes, so this makes 16 KiB.
	maxHeaderBytes = 16<<10 - 4096

	// maxLogged bounds what strangers can make us log.
	maxLogged = 10
)

// ErrClosed is what Wait and Submit return once the listener is closed and there was no answer.
var ErrClosed = errors.New("the sign-in is over: nothing more is needed for it")

// ErrorResponse is an error that arrived in place of a code (RFC 6749 section 4.1.2.1). Both texts come from outside;
// they are cut to a bounded length of printable characters.
type ErrorResponse struct {
	Code        string // such as "access_denied"
	Description string // may be empty
}

// Error names the code and the description.
func (e *ErrorResponse) Error() string {
	if e.Description == "" {
		return "the sign-in service answered with " + e.Code
	}
	return "the sign-in service answered with " + e.Code + ": " + e.Description
}

// Options configure Listen.
type Options struct {
	State  string       // required: what a redirect must carry to be ours (RFC 6749 section 10.12); see NewState
	Port   int          // 0: any free port
	Logger *slog.Logger // nil: silent. Errors that came without a state; never a code or a state
}

// Listener waits for one redirect. It is safe for concurrent use. Its owner must call Close.
type Listener struct {
	state  string
	port   int
	logger *slog.Logger
	conns  *boundedListener
	server *http.Server
	served chan struct{} // closed when the accept loop has ended

	over chan struct{} // closed once code or err is set; both stay as they are from then on
	code string
	err  error

	mu         sync.Mutex // guards what follows, and the closing of over
	unverified *ErrorResponse
	logged     int
}

// Listen binds 127.0.0.1 and starts to answer; nothing in it waits. A redirect that arrives before Wait is called is
// kept for it.
func Listen(opts Options) (*Listener, error) {
	if opts.State == "" {
		return nil, errors.New("loopback: Options.State is required")
	}
	if opts.Port < 0 || opts.Port > 65535 {
		return nil, fmt.Errorf("loopback: port %d is not between 0 and 65535", opts.Port)
	}
	// tcp4 and a literal address: the service accepts no [::1], and "localhost" may be any address.
	tcp, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: opts.Port})
	if err != nil {
		return nil, fmt.Errorf("no redirect can be received on this machine: %w", err)
	}
	l := &Listener{
		state:  opts.State,
		port:   tcp.Addr().(*net.TCPAddr).Port,
		logger: opts.Logger,
		conns:  newBoundedListener(tcp),
		served: make(chan struct{}),
		over:   make(chan struct{}),
	}
	if l.logger == nil {
		l.logger = slog.New(slog.DiscardHandler)
	}
	l.server = &http.Server{
		Handler:                      http.HandlerFunc(l.answer),
		DisableGeneralOptionsHandler: true, // or OPTIONS * is answered before our checks
		ReadHeaderTimeout:            requestTimeout,
		ReadTimeout:                  requestTimeout,
		WriteTimeout:                 answerTimeout,
		MaxHeaderBytes:               maxHeaderBytes,
		ConnContext:                  withConn,
		ErrorLog:                     log.New(io.Discard, "", 0), // its lines are about strangers' requests
	}
	l.server.SetKeepAlivesEnabled(false) // one request is all that a connection is for
	go func() {
		defer close(l.served)
		l.server.Serve(l.conns)
	}()
	return l, nil
}

// RedirectURI returns the address to send as redirect_uri, such as http://127.0.0.1:41234/oauth/callback.
func (l *Listener) RedirectURI() string {
	return "http://" + net.JoinHostPort("127.0.0.1", strconv.Itoa(l.port)) + Path
}

// Wait returns the code of the first redirect that carries our state, however it arrived, or the *ErrorResponse of
// one that carries an error. It may be called again and then returns the same.
//
// When ctx ends first, the error is ctx's own (for errors.Is) and names what Unverified holds. After Close without an
// answer it is ErrClosed.
func (l *Listener) Wait(ctx context.Context) (code string, err error) {
	select {
	case <-l.over:
		return l.code, l.err
	case <-ctx.Done():
	}
	select {
	case <-l.over: // the answer came as well: it counts
		return l.code, l.err
	default:
	}
	if seen := l.Unverified(); seen != nil {
		return "", fmt.Errorf("the browser did not come back to this sign-in (%w), but something reported that %v", ctx.Err(), seen)
	}
	return "", fmt.Errorf("the browser did not come back: %w", ctx.Err())
}

// Submit takes the redirect address as a person copied it from the browser, for a browser that can't reach this
// machine's loopback, and hands its code to Wait. Wrong input is an *AddressError, and the sign-in goes on; once there
// is an answer, or after Close, the error is ErrClosed.
func (l *Listener) Submit(address string) error {
	code, err := l.parseAddress(address)
	if err != nil {
		return err
	}
	if !l.finish(code, nil) {
		return ErrClosed
	}
	return nil
}

// Unverified returns the last error that arrived without any state, nil if there was none. It may come from the
// service, which is not known to return the state with every error, or from anyone else: it proves nothing, but belongs
// in the message when the sign-in fails.
func (l *Listener) Unverified() *ErrorResponse {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.unverified
}

// Close stops listening and returns when no connection is left. Pages that are on their way to the person are finished
// first, for at most a second. Calling it again does nothing.
func (l *Listener) Close() {
	l.finish("", ErrClosed)
	l.conns.drain()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	if l.server.Shutdown(ctx) != nil {
		l.server.Close()
	}
	<-l.served
}

// finish sets the answer and reports true, unless there is one already: the first one counts.
func (l *Listener) finish(code string, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	select {
	case <-l.over:
		return false
	default:
	}
	l.code, l.err = code, err
	close(l.over)
	return true
}

// remember keeps an error that came without a state, and logs it.
func (l *Listener) remember(ctx context.Context, e *ErrorResponse) {
	l.mu.Lock()
	repeated := l.unverified != nil && *l.unverified == *e
	l.unverified = e
	if !repeated {
		l.logged++
	}
	report := !repeated && l.logged <= maxLogged
	l.mu.Unlock()
	if report {
		l.logger.WarnContext(ctx, "the browser reported an error without a state; the sign-in goes on",
			"error", e.Code, "description", e.Description)
	}
}
