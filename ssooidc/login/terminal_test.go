package login_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/term"

	"github.com/ssooidc/ssooidc-go/internal/terminal/terminaltest"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
	"github.com/ssooidc/ssooidc-go/ssooidc/ssooidctest"
)

const deviceText = `
Sign in to AWS IAM Identity Center (by device code: no display)

Open this address in a browser, on any device:

  https://device.example/?user_code=ABCD-EFGH

Check that the page shows this code, or type it there:

  ABCD-EFGH

The short address, to type on another device: https://device.example/

Waiting for you to sign in: 2m30s left
Waiting for you to sign in: 1m30s left
Waiting for you to sign in: 30s left
`

const browserText = `
Sign in to AWS IAM Identity Center

Sign in with your browser. If none opens by itself, open this address on this machine:

  https://oidc.example/authorize?x=y

Waiting for you to sign in: 2m30s left
Waiting for you to sign in: 1m30s left
Waiting for you to sign in: 30s left
`

// TestTerminalText: what a person reads where the output is no terminal, line by line.
func TestTerminalText(t *testing.T) {
	t.Parallel()
	device := login.Challenge{Flow: login.FlowDeviceCode, Why: "no display", URL: "https://device.example/?user_code=ABCD-EFGH",
		CodeURL: "https://device.example/", UserCode: "ABCD-EFGH"}
	sameURL := device
	sameURL.URL = device.CodeURL
	hostile := device
	hostile.Why = "no\x1b[2J display"
	hostile.URL = "https://device.example/\x1b]8;;https://evil.example\x07?user_code=ABCD-EFGH\u202e"
	hostile.CodeURL, hostile.UserCode = "https://device.example/\r\n", "ABCD\x00-EFGH\u009b31m"
	browser := login.Challenge{Flow: login.FlowBrowser, URL: "https://oidc.example/authorize?x=y", Submit: func(string) error { return nil }}
	noted := browser
	noted.Why = "SSH session"
	tests := []struct {
		name      string
		in        io.Reader
		challenge login.Challenge
		want      string
	}{
		{"device code", nil, device, deviceText},
		{"device code, one address", nil, sameURL, strings.NewReplacer("?user_code=ABCD-EFGH", "",
			"The short address, to type on another device: https://device.example/\n\n", "").Replace(deviceText)},
		{"control characters", nil, hostile, strings.NewReplacer("no display", "no [2J display",
			"?user_code", " ]8;;https://evil.example ?user_code", "  ABCD-EFGH", "  ABCD -EFGH 31m").Replace(deviceText)},
		{"browser", nil, browser, browserText},
		{"browser, where none was opened", nil, noted, strings.Replace(browserText, "Center", "Center (by browser; note: SSH session)", 1)},
		{"browser, input that is no terminal is not read", noReader{t}, browser, browserText},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 150*time.Second)
				defer cancel()
				tt.challenge.ExpiresAt = time.Now().Add(150 * time.Second)
				var out strings.Builder
				if err := login.Terminal(tt.in, &out)(ctx, tt.challenge); err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(tt.want, out.String()); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			})
		})
	}
}

type noReader struct{ t *testing.T }

func (r noReader) Read([]byte) (int, error) {
	r.t.Error("the input was read")
	return 0, io.EOF
}

// TestTerminalBroken: a person who can't be shown the code can't sign in.
func TestTerminalBroken(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	_, w := io.Pipe()
	w.CloseWithError(full)
	err := login.Terminal(nil, w)(t.Context(), login.Challenge{Flow: login.FlowDeviceCode})
	if err == nil {
		t.Error("no error")
	}
	if err := login.Terminal(nil, nil)(t.Context(), login.Challenge{Flow: login.FlowDeviceCode}); err == nil || !strings.Contains(err.Error(), "os.Stderr") {
		t.Errorf("with nothing to write to: %v", err)
	}
}

// TestTerminalPaste: on a real terminal the time left is one line, written anew, and an address can be pasted that is
// longer than a terminal's usual mode takes in a line. A wrong one is told, and not shown.
func TestTerminalPaste(t *testing.T) {
	t.Parallel()
	person, tty := terminaltest.Open(t)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	address := "http://127.0.0.1:1234/oauth/callback?code=" + strings.Repeat("c", 8000) + "&state=s"
	var submitted []string
	challenge := login.Challenge{Flow: login.FlowBrowser, URL: "https://oidc.example/authorize", ExpiresAt: time.Now().Add(10 * time.Minute),
		Submit: func(line string) error {
			submitted = append(submitted, line)
			if line != address {
				return errors.New("that is another address")
			}
			cancel()
			return nil
		}}
	screen := watch(person)
	ended := make(chan error)
	go func() { ended <- login.Terminal(tty, tty)(ctx, challenge) }()

	screen.waitFor(t, "9m59s left")
	io.WriteString(person, "\r") // Enter by itself means nothing
	io.WriteString(person, "wrong\r")
	screen.waitFor(t, "that is another address")
	io.WriteString(person, address+"\r")
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"wrong", address}, submitted); diff != "" {
		t.Errorf("submitted (-want +got):\n%s", diff)
	}
	tty.WriteString("the end")
	screen.waitFor(t, "the end")
	text := screen.String()
	if strings.Contains(text, "wrong") || strings.Contains(text, "ccc") {
		t.Errorf("what was pasted is shown:\n%q", text)
	}
	for _, want := range []string{"open this address on this machine or another:", "paste the address", "It is not shown.", "\r\x1b[K| Waiting for you to sign in: 10m0s left\r\x1b[K/ Waiting", "left\r\x1b[Kthe end"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not shown:\n%q", want, text)
		}
	}
}

// screen is what a terminal shows.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
}

func watch(person *os.File) *screen {
	s := &screen{more: make(chan struct{}, 1)}
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := person.Read(buffer)
			s.mu.Lock()
			s.text.Write(buffer[:n])
			s.mu.Unlock()
			select {
			case s.more <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	return s
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

func (s *screen) waitFor(t *testing.T, text string) {
	t.Helper()
	s.waitForMany(t, text, 1)
}

func (s *screen) waitForMany(t *testing.T, text string, n int) {
	t.Helper()
	late := time.After(20 * time.Second)
	for strings.Count(s.String(), text) < n {
		select {
		case <-s.more:
		case <-late:
			t.Fatalf("%q is not shown %d times:\n%q", text, n, s.String())
		}
	}
}

// TestTwoSignInsAtOneTerminal: two sessions of a program sign in at one terminal, and both can be finished, in the browser
// or by pasting one address after the other. The terminal then is as it was.
func TestTwoSignInsAtOneTerminal(t *testing.T) {
	t.Parallel()
	for _, pastes := range []bool{false, true} {
		t.Run(fmt.Sprint("by pasting: ", pastes), func(t *testing.T) {
			t.Parallel()
			person, tty := terminaltest.Open(t)
			screen := watch(person)
			before := mode(t, tty)
			s := ssooidctest.New(ssooidctest.Options{})
			start := func(name string) (url string, ended chan error) {
				cfg := browserConfig(s)
				cfg.Name, cfg.Prompt = name, login.Terminal(tty, tty)
				urls := make(chan string, 1)
				cfg.Browse = func(_ context.Context, url string) error {
					urls <- url
					return nil
				}
				session := newSession(t, cfg)
				ended = make(chan error, 1)
				go func() {
					_, err := session.Login(t.Context())
					ended <- err
				}()
				waitUntilReading(t, tty, before)
				url = <-urls
				screen.waitFor(t, url)
				return url, ended
			}
			finish := func(url string, ended chan error) {
				t.Helper()
				if pastes {
					waitUntilReading(t, tty, before)
					address, err := s.Redirect(url)
					must(t, err)
					io.WriteString(person, address+"\r")
				} else {
					must(t, s.Visit(url))
				}
				select {
				case err := <-ended:
					must(t, err)
				case <-time.After(20 * time.Second):
					t.Fatal("the sign-in does not end")
				}
			}
			firstURL, firstEnded := start("first")
			secondURL, secondEnded := start("second")
			screen.waitForMany(t, "left", 8) // both are waiting for a while
			finish(firstURL, firstEnded)
			finish(secondURL, secondEnded)
			if after := mode(t, tty); after != before {
				t.Errorf("the terminal is %v, and was %v", after, before)
			}
		})
	}
}

// TestTerminalCallbackFails: the terminal is as it was before a panic goes on, which may end the program.
func TestTerminalCallbackFails(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(){"panic": func() { panic("no") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			person, tty := terminaltest.Open(t)
			watch(person)
			before := mode(t, tty)
			after := make(chan term.State)
			go func() {
				defer func() {
					recover()
					after <- mode(t, tty)
				}()
				challenge := login.Challenge{Flow: login.FlowBrowser, Submit: func(string) error {
					fail()
					return nil
				}}
				login.Terminal(tty, tty)(t.Context(), challenge)
			}()
			waitUntilReading(t, tty, before)
			io.WriteString(person, "x\r")
			if after := <-after; after != before {
				t.Errorf("the terminal is %v, and was %v", after, before)
			}
		})
	}
}

func mode(t *testing.T, tty *os.File) term.State {
	state, err := term.GetState(int(tty.Fd()))
	if err != nil {
		t.Error(err)
		return term.State{}
	}
	return *state
}

// waitUntilReading returns when the terminal's mode is not as it was.
func waitUntilReading(t *testing.T, tty *os.File, before term.State) {
	t.Helper()
	for start := time.Now(); mode(t, tty) == before; runtime.Gosched() {
		if time.Since(start) > 20*time.Second {
			t.Fatal("the terminal is not read")
		}
	}
}
