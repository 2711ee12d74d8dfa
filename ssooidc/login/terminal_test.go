package login_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/internal/terminal/terminaltest"
	"github.com/ssooidc/ssooidc-go/ssooidc/login"
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

Your browser should open. If it does not, open this address:

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
		{"browser", nil, login.Challenge{Flow: login.FlowBrowser, URL: "https://oidc.example/authorize?x=y",
			Submit: func(string) error { return nil }}, browserText},
		{"browser, input that is no terminal is not read", noReader{t}, login.Challenge{Flow: login.FlowBrowser,
			URL: "https://oidc.example/authorize?x=y", Submit: func(string) error { return nil }}, browserText},
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
	for _, want := range []string{"paste the address", "\r\x1b[K| Waiting for you to sign in: 10m0s left\r\x1b[K/ Waiting", "left\r\x1b[Kthe end"} {
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
	late := time.After(20 * time.Second)
	for !strings.Contains(s.String(), text) {
		select {
		case <-s.more:
		case <-late:
			t.Fatalf("%q is not shown:\n%q", text, s.String())
		}
	}
}
