//go:build unix

package browser_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/ssooidc/ssooidc-go/internal/browser"
)

const address = "https://example.com/authorize?state=5tate-4f1c&scopes=a%20b"

// The test binary also plays the browser, and the program that opens one.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 1 && os.Args[1] == "program":
		fmt.Print(openError(browser.Open(context.Background(), address)))
		os.Exit(0)
	case os.Getenv("FAKE_BROWSER") != "" && !strings.HasPrefix(strings.Join(os.Args[1:], " "), "-test."):
		fakeBrowser(os.Args[1:])
	}
	os.Exit(m.Run())
}

func openError(err error) string {
	if err != nil {
		return err.Error()
	}
	return ""
}

// fakeBrowser says how it was called to the test, at the address in FAKE_BROWSER. It is noisy, as browsers are.
func fakeBrowser(args []string) {
	fmt.Println("Opening in existing browser session.")
	fmt.Fprintln(os.Stderr, "Gtk-WARNING")
	c, err := net.Dial("tcp", os.Getenv("FAKE_BROWSER"))
	if err != nil {
		os.Exit(4)
	}
	input, err := io.ReadAll(os.Stdin)
	fmt.Fprintf(c, "%s input=%d,%v\n", strings.Join(args, " "), len(input), err)
	if os.Getenv("FAKE_BROWSER_STAYS") != "" {
		io.Copy(io.Discard, c) // until the test ends
	}
	os.Exit(0)
}

// fake makes the test binary, or another program, the one that opens an address on this system.
func fake(t *testing.T, program string) *net.TCPListener {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	l.SetDeadline(time.Now().Add(10 * time.Second))
	opener := "xdg-open"
	if browser.System().OS == "darwin" {
		opener = "open"
	}
	folder := t.TempDir()
	if program != "" {
		if err := os.Symlink(program, folder+"/"+opener); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GORACE", "atexit_sleep_ms=0") // or each fake takes a second to end
	t.Setenv("FAKE_BROWSER", l.Addr().String())
	t.Setenv("PATH", folder) // no real browser
	return l
}

func self(t *testing.T) string {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// called returns how the fake browser was called, and the connection that it keeps open while it runs.
func called(t *testing.T, l *net.TCPListener) (string, net.Conn) {
	t.Helper()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(10 * time.Second))
	line, err := bufio.NewReader(c).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line), c
}

func TestOpen(t *testing.T) {
	for _, address := range []string{address, "https://example.com/?a='$(id)';b&c=*"} { // no shell reads this
		l := fake(t, self(t))
		if err := browser.Open(t.Context(), address); err != nil {
			t.Fatal(err)
		}
		if got, _ := called(t, l); got != address+" input=0,<nil>" {
			t.Errorf("called with %s", got)
		}
	}
}

func TestOutputStaysClean(t *testing.T) {
	l := fake(t, self(t))
	var out, errOut strings.Builder
	cmd := exec.Command(self(t), "program")
	cmd.Stdout, cmd.Stderr = &out, &errOut
	if err := cmd.Run(); err != nil {
		t.Fatal(err)
	}
	if got, _ := called(t, l); !strings.HasPrefix(got, address) {
		t.Errorf("called with %s", got)
	}
	if out.String() != "" || errOut.String() != "" {
		t.Errorf("standard output %q, standard error %q", out.String(), errOut.String())
	}
}

func TestNothingToOpenWith(t *testing.T) {
	fake(t, "")
	if err := browser.Open(t.Context(), address); !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("Open: %v", err)
	}
}

func TestBrowserThatFails(t *testing.T) {
	broken, err := exec.LookPath("false")
	if err != nil {
		t.Fatal(err)
	}
	fake(t, broken)
	err = browser.Open(t.Context(), address)
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || strings.Contains(err.Error(), "5tate") {
		t.Errorf("Open: %v", err)
	}
}

func TestRefusedAddressStartsNothing(t *testing.T) {
	l := fake(t, self(t))
	for _, bad := range []string{"file:///etc/passwd", "javascript:alert(1)", "--help", "http://example.com/"} {
		if err := browser.Open(t.Context(), bad); err == nil {
			t.Errorf("%s is opened", bad)
		}
	}
	if err := browser.Open(t.Context(), address); err != nil {
		t.Fatal(err)
	}
	if got, _ := called(t, l); !strings.HasPrefix(got, address) {
		t.Errorf("called first with %s", got)
	}
}

// checkRuns fails if the fake browser has ended.
func checkRuns(t *testing.T, c net.Conn) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("the browser is gone: %v", err)
	}
}

func TestBrowserThatStays(t *testing.T) {
	l := fake(t, self(t))
	t.Setenv("FAKE_BROWSER_STAYS", "1")
	ctx, cancel := context.WithCancel(t.Context())
	begin := time.Now()
	if err := browser.Open(ctx, address); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begin); took < browser.Settle {
		t.Errorf("Open took %v", took)
	}
	_, c := called(t, l)
	cancel() // the sign-in is over; the person's browser is not
	checkRuns(t, c)
}

func TestCancelledWhileOpening(t *testing.T) {
	l := fake(t, self(t))
	t.Setenv("FAKE_BROWSER_STAYS", "1")
	ctx, cancel := context.WithCancel(t.Context())
	opened := make(chan error)
	go func() { opened <- browser.Open(ctx, address) }()
	_, c := called(t, l)
	cancel()
	if err := <-opened; err != context.Canceled {
		t.Errorf("Open: %v", err)
	}
	checkRuns(t, c)
}
