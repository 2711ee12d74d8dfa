package terminal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/term"

	"github.com/ssooidc/ssooidc-go/internal/terminal"
	"github.com/ssooidc/ssooidc-go/internal/terminal/terminaltest"
)

// programs are what this test runs as programs of their own, by the value of TERMINAL_TEST_PROGRAM.
var programs = map[string]func() error{"until SIGQUIT": readUntilQuit}

func TestMain(m *testing.M) {
	name := os.Getenv("TERMINAL_TEST_PROGRAM")
	if name == "" {
		os.Exit(m.Run())
	}
	if err := programs[name](); err != nil {
		fmt.Println(err)
		os.Exit(3)
	}
}

// readUntilQuit reads standard input.
func readUntilQuit() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGQUIT)
	defer stop()
	fmt.Println("ready")
	err := terminal.ReadLines(ctx, os.Stdin, func(line string) { fmt.Println("line " + line) })
	if err == nil && ctx.Err() == nil {
		err = errors.New("the input has ended")
	}
	return err
}

func TestIs(t *testing.T) {
	t.Parallel()
	_, tty := terminaltest.Open(t)
	file, err := os.Create(t.TempDir() + "/file")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for v, want := range map[any]bool{tty: true, file: false, new(bytes.Buffer): false, (*os.File)(nil): false, nil: false} {
		if got := terminal.Is(v); got != want {
			t.Errorf("Is(%v) = %t", v, got)
		}
	}
}

// TestReadLines types into a terminal.
func TestReadLines(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("0123456789abcdef", 1000) // far more than a terminal's usual mode takes in a line
	tests := []struct {
		name  string
		typed string
		want  []string
	}{
		{"Enter", "hello\r", []string{"hello"}},
		{"a pasted line feed", "hello\n", []string{"hello"}},
		{"two lines", "a\rb\r", []string{"a", "b"}},
		{"long", long + "\r", []string{long}},
		{"absurd", strings.Repeat("x", 70<<10) + "\rnext\r", []string{strings.Repeat("x", 64<<10), "next"}},
		{"backspace", "helo\x7f\x7fllo\x08o\r", []string{"hello"}},
		{"backspace on nothing", "\x7f\x7fx\r", []string{"x"}},
		{"Ctrl-U", "wrong\x15right\r", []string{"right"}},
		{"Ctrl-D ends the input", "a\r\x04b\r", []string{"a"}},
		{"Ctrl-D in a line does not", "a\x04b\r", []string{"ab"}},
		{"empty", "\r", []string{""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			person, tty := terminaltest.Open(t)
			fd := int(tty.Fd())
			before, err := term.GetState(fd)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			go func() {
				waitUntilReading(t, fd, before)
				io.WriteString(person, tt.typed)
			}()
			var got []string
			ended := make(chan error)
			go func() {
				ended <- terminal.ReadLines(ctx, tty, func(line string) {
					got = append(got, line)
					if len(got) == len(tt.want) && !strings.Contains(tt.name, "ends") {
						cancel()
					}
				})
			}()
			select {
			case err = <-ended:
			case <-time.After(15 * time.Second):
				t.Fatal("ReadLines does not return")
			}
			if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("%v, %.100q; want %.100q", err, got, tt.want)
			}
			after, err := term.GetState(fd)
			if err != nil || *after != *before {
				t.Errorf("the terminal is %v, and was %v", after, before)
			}
		})
	}
}

// waitUntilReading returns when the terminal is no longer as it was.
func waitUntilReading(t *testing.T, tty int, before *term.State) {
	for t.Context().Err() == nil {
		if now, err := term.GetState(tty); err != nil || *now != *before {
			return
		}
		runtime.Gosched()
	}
}

// TestCancel: nothing is stuck in a read, and nothing that is typed later is taken.
func TestCancel(t *testing.T) {
	t.Parallel()
	person, tty := terminaltest.Open(t)
	fd := int(tty.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() {
		ended <- terminal.ReadLines(ctx, tty, func(line string) { t.Errorf("read %q", line) })
	}()
	waitUntilReading(t, fd, before)
	io.WriteString(person, "half a li")
	cancel()
	start := time.Now()
	if err := <-ended; err != nil || time.Since(start) > time.Second {
		t.Errorf("%v after %v", err, time.Since(start))
	}
	io.WriteString(person, "mine\n")
	var got string
	for buffer := make([]byte, 100); !strings.HasSuffix(got, "mine\n"); { // the half may come by itself, or not at all
		n, err := tty.Read(buffer)
		if err != nil {
			t.Fatalf("the next reader got %q, %v", got, err)
		}
		got += string(buffer[:n])
	}
}

// TestGone: a terminal that is closed ends the reading, or leaves it to ctx.
func TestGone(t *testing.T) {
	t.Parallel()
	person, tty := terminaltest.Open(t)
	person.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := terminal.ReadLines(ctx, tty, func(string) {}); err == nil && ctx.Err() == nil {
		t.Error("no error, and ctx is still on")
	}
}

// TestKeysThatSignal runs a program on a terminal of its own, and presses Ctrl-C and Ctrl-\.
func TestKeysThatSignal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, key, want string }{
		{"Ctrl-C ends a program that does not mind", "\x03", "signal: interrupt"},
		{`Ctrl-\ reaches one that does`, "\x1c", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if signal.Ignored(os.Interrupt) && tt.want != "" {
				t.Skip("Ctrl-C is ignored here, as in a job that a script runs in the background, and a program inherits that")
			}
			person, tty := terminaltest.Open(t)
			fd := int(tty.Fd())
			before, err := term.GetState(fd)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), os.Args[0])
			cmd.Env = append(os.Environ(), "TERMINAL_TEST_PROGRAM=until SIGQUIT")
			cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
			cmd.SysProcAttr = controllingTerminal()
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			output := make([]byte, 4096)
			var seen string
			for !strings.Contains(seen, "line here") {
				if strings.Contains(seen, "ready") && !strings.Contains(seen, "typed") {
					io.WriteString(person, "here\r")
					seen += "typed"
				}
				n, err := person.Read(output)
				if err != nil {
					t.Fatalf("%q: %v", seen, err)
				}
				seen += string(output[:n])
			}
			io.WriteString(person, tt.key)
			err = cmd.Wait()
			if got := errorText(err); got != tt.want {
				t.Errorf("the program ended with %q, want %q", got, tt.want)
			}
			after, err := term.GetState(fd)
			if err != nil || *after != *before {
				t.Errorf("the terminal is %v, and was %v", after, before)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
