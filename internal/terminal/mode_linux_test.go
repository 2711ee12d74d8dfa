package terminal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"

	"github.com/ssooidc/ssooidc-go/internal/terminal"
	"github.com/ssooidc/ssooidc-go/internal/terminal/terminaltest"
)

// reading is a ReadLines that goes on.
type reading struct {
	lines  chan string
	ended  chan error
	cancel context.CancelFunc
}

func read(t *testing.T, tty *os.File) *reading {
	ctx, cancel := context.WithCancel(t.Context())
	r := &reading{make(chan string, 100), make(chan error, 1), cancel}
	go func() { r.ended <- terminal.ReadLines(ctx, tty, func(line string) { r.lines <- line }) }()
	return r
}

func (r *reading) want(t *testing.T, line string) {
	t.Helper()
	select {
	case got := <-r.lines:
		if got != line {
			t.Fatalf("read %q, want %q", got, line)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("%q is not read", line)
	}
}

func (r *reading) end(t *testing.T) {
	t.Helper()
	r.cancel()
	select {
	case err := <-r.ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("ReadLines does not return")
	}
}

// open opens a terminal, and returns its mode too.
func open(t *testing.T) (person, tty *os.File, before unix.Termios) {
	person, tty = terminaltest.Open(t)
	return person, tty, mode(t, tty)
}

func mode(t *testing.T, tty *os.File) unix.Termios {
	t.Helper()
	m, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return *m
}

func setMode(t *testing.T, tty *os.File, m unix.Termios) {
	t.Helper()
	if err := unix.IoctlSetTermios(int(tty.Fd()), unix.TCSETS, &m); err != nil {
		t.Fatal(err)
	}
}

// waitUntilNot returns when the terminal's mode is another one.
func waitUntilNot(t *testing.T, tty *os.File, m unix.Termios) {
	t.Helper()
	for start := time.Now(); mode(t, tty) == m; runtime.Gosched() {
		if time.Since(start) > 10*time.Second {
			t.Fatal("the terminal's mode does not change")
		}
	}
}

// TestModeChanged: another program changes the mode while we read. We go on, can be ended, and leave what it has set.
func TestModeChanged(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(ours, before unix.Termios) (theirs, after unix.Termios)
	}{
		{"to the usual one", func(ours, before unix.Termios) (theirs, after unix.Termios) {
			return before, before
		}},
		{"to one of their own", func(ours, before unix.Termios) (theirs, after unix.Termios) {
			before.Iflag ^= unix.IXON
			before.Cc[unix.VMIN] = 3
			return before, before
		}},
		{"to show what is typed", func(ours, before unix.Termios) (theirs, after unix.Termios) {
			ours.Lflag |= unix.ECHO
			return ours, before
		}},
		{"to lines", func(ours, before unix.Termios) (theirs, after unix.Termios) {
			ours.Lflag |= unix.ICANON
			ours.Cc[unix.VMIN] = 1
			return ours, before
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			person, tty, before := open(t)
			r := read(t, tty)
			waitUntilNot(t, tty, before)
			ours := mode(t, tty)
			theirs, after := tt.change(ours, before)

			setMode(t, tty, theirs)
			waitUntilNot(t, tty, theirs)
			if again := mode(t, tty); again.Lflag != ours.Lflag {
				t.Errorf("the mode is %+v, and was %+v", again, ours)
			}
			io.WriteString(person, "pasted\r")
			r.want(t, "pasted")

			r.end(t)
			if got := mode(t, tty); got != after {
				t.Errorf("in the end the mode is\n%+v, want\n%+v", got, after)
			}

			setMode(t, tty, before)
			r = read(t, tty)
			waitUntilNot(t, tty, before)
			setMode(t, tty, theirs) // just before the end
			io.WriteString(person, "half")
			r.end(t)
			if got := mode(t, tty); got != after {
				t.Errorf("in the end the mode is\n%+v, want\n%+v", got, after)
			}
		})
	}
}

// TestModeChangedAllTheTime: also then, nothing is stuck in a read that only Enter would end.
func TestModeChangedAllTheTime(t *testing.T) {
	t.Parallel()
	_, tty, before := open(t)
	for range 100 {
		r := read(t, tty)
		for range 300 {
			setMode(t, tty, before)
		}
		r.end(t)
	}
	if got := mode(t, tty); got != before {
		t.Errorf("in the end the mode is\n%+v, want\n%+v", got, before)
	}
}

// TestTwoPrograms: two programs read one terminal, which we can't prevent. It is as it was when both have ended.
func TestTwoPrograms(t *testing.T) {
	t.Parallel()
	for _, firstEnds := range []bool{true, false} {
		t.Run(fmt.Sprint("the first ends first: ", firstEnds), func(t *testing.T) {
			t.Parallel()
			person, tty, before := open(t)
			r := read(t, tty)
			waitUntilNot(t, tty, before)
			other := exec.CommandContext(t.Context(), os.Args[0])
			other.Env = append(os.Environ(), "TERMINAL_TEST_PROGRAM=until stdin ends")
			other.ExtraFiles = []*os.File{tty}
			input, err := other.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			output, err := other.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := other.Start(); err != nil {
				t.Fatal(err)
			}
			reads := make(chan error, 1)
			go func() {
				_, err := output.Read(make([]byte, 100))
				reads <- err
			}()
			for isReading := false; !isReading; { // either gets a line
				io.WriteString(person, "x\r")
				select {
				case err := <-reads:
					if err != nil {
						t.Fatal(err)
					}
					isReading = true
				case <-r.lines:
				}
			}
			endOther := func() {
				input.Close()
				if err := other.Wait(); err != nil {
					t.Error(err)
				}
			}
			if firstEnds {
				r.end(t)
				waitUntilNot(t, tty, before) // the other goes on
				endOther()
			} else {
				endOther()
				r.end(t)
			}
			if got := mode(t, tty); got != before {
				t.Errorf("in the end the mode is\n%+v, want\n%+v", got, before)
			}
		})
	}
}

// TestTurns: of those who read one terminal, one gets all that is typed, until it is the next one's turn.
func TestTurns(t *testing.T) {
	t.Parallel()
	person, tty, before := open(t)
	again, err := os.OpenFile(tty.Name(), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	first := read(t, tty)
	waitUntilNot(t, tty, before)
	second, third := read(t, again), read(t, tty)
	for i := range 20 {
		line := fmt.Sprint("line ", i)
		io.WriteString(person, line+"\r")
		first.want(t, line)
	}
	otherPerson, otherTTY, otherBefore := open(t)
	other := read(t, otherTTY)
	waitUntilNot(t, otherTTY, otherBefore)
	io.WriteString(otherPerson, "another terminal\r")
	other.want(t, "another terminal")
	other.end(t)

	third.end(t) // it was never its turn
	first.end(t)
	waitUntilNot(t, tty, before)
	io.WriteString(person, "next\r")
	second.want(t, "next")
	second.end(t)
	if got := mode(t, tty); got != before {
		t.Errorf("in the end the mode is\n%+v, want\n%+v", got, before)
	}
}

// TestCallbackFails: the terminal is as it was, whatever becomes of those who are told of a line.
func TestCallbackFails(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(string){
		"panic":  func(string) { panic("no") },
		"Goexit": func(string) { runtime.Goexit() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			person, tty, before := open(t)
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				defer func() { recover() }()
				terminal.ReadLines(t.Context(), tty, fail)
			}()
			waitUntilNot(t, tty, before)
			io.WriteString(person, "x\r")
			<-ended
			if got := mode(t, tty); got != before {
				t.Errorf("in the end the mode is\n%+v, want\n%+v", got, before)
			}
			next := read(t, tty) // it is the next one's turn
			waitUntilNot(t, tty, before)
			next.end(t)
		})
	}
}

// TestNothingLeft: a context ends the reading at once, and then there is no goroutine and no open file more than before.
// It is not parallel, since it counts all that the process has.
func TestNothingLeft(t *testing.T) {
	_, tty, before := open(t)
	files := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	goroutinesBefore, filesBefore := runtime.NumGoroutine(), files()
	var took time.Duration
	for range 30 {
		r := read(t, tty)
		waitUntilNot(t, tty, before)
		start := time.Now()
		r.end(t)
		took += time.Since(start)
	}
	if took > time.Second { // a look at ctx every now and then would take 3 s
		t.Errorf("it took %v to end 30 times", took)
	}
	for start := time.Now(); runtime.NumGoroutine() > goroutinesBefore; runtime.Gosched() { // ours that has sent r.ended
		if time.Since(start) > 5*time.Second {
			t.Fatalf("there are %d goroutines, and were %d", runtime.NumGoroutine(), goroutinesBefore)
		}
	}
	if n := files(); n != filesBefore {
		t.Errorf("%d files are open, and were %d", n, filesBefore)
	}
}

// TestOwnTerminal: a program's own terminal has two names.
func TestOwnTerminal(t *testing.T) {
	t.Parallel()
	person, p := startOn(t, "also /dev/tty")
	p.waitFor(t, "ready")
	for i := range 20 {
		io.WriteString(person, fmt.Sprintf("%d\r", i))
		p.waitFor(t, fmt.Sprintf("line %d\r\n", i))
	}
	io.WriteString(person, "\x1c")
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
}

// TestBackground: a program that has been sent to the background can end there. To change the terminal's mode would stop it.
func TestBackground(t *testing.T) {
	t.Parallel()
	_, p := startOn(t, "as a shell")
	if err := p.Wait(); err != nil {
		p.waitFor(t, "\n")
		t.Errorf("%v: %s", err, p.seen)
	}
}

// program is one that runs on a terminal of its own.
type program struct {
	*exec.Cmd
	person *os.File
	seen   string
}

func startOn(t *testing.T, how string) (person *os.File, p *program) {
	person, tty := terminaltest.Open(t)
	p = &program{Cmd: exec.CommandContext(t.Context(), os.Args[0]), person: person}
	p.Env = append(os.Environ(), "TERMINAL_TEST_PROGRAM="+how)
	p.Stdin, p.Stdout, p.Stderr = tty, tty, tty
	p.SysProcAttr = controllingTerminal()
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return person, p
}

func (p *program) waitFor(t *testing.T, text string) {
	t.Helper()
	p.person.SetReadDeadline(time.Now().Add(20 * time.Second))
	buffer := make([]byte, 4096)
	for !strings.Contains(p.seen, text) {
		n, err := p.person.Read(buffer)
		if err != nil {
			t.Fatalf("%q: %v", p.seen, err)
		}
		p.seen += string(buffer[:n])
	}
}

func init() {
	programs["until stdin ends"] = readUntilInputEnds
	programs["also /dev/tty"] = readTwice
	programs["as a shell"] = sendToBackground
}

// readUntilInputEnds reads its file 3, a terminal.
func readUntilInputEnds() error {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return terminal.ReadLines(ctx, os.NewFile(3, "tty"), func(line string) { fmt.Println("line", line) })
}

// readTwice reads standard input and /dev/tty at once, which are the same.
func readTwice() error {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return err
	}
	before, err := term.GetState(0)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGQUIT)
	defer stop()
	ended := make(chan error)
	go func() {
		ended <- terminal.ReadLines(ctx, os.Stdin, func(line string) { fmt.Println("line", line) })
	}()
	if err := untilNot(before); err != nil {
		return err
	}
	go func() {
		ended <- terminal.ReadLines(ctx, tty, func(line string) { fmt.Println("the other", line) })
	}()
	fmt.Println("ready")
	return errors.Join(<-ended, <-ended)
}

// sendToBackground runs a program in the foreground, which reads the terminal, and as a shell does sends it to the
// background, and ends it there.
func sendToBackground() error {
	before, err := term.GetState(0)
	if err != nil {
		return err
	}
	job := exec.Command(os.Args[0])
	job.Env = append(os.Environ(), "TERMINAL_TEST_PROGRAM=until SIGQUIT")
	job.Stdin, job.Stdout = os.Stdin, os.Stdout
	job.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Foreground: true}
	if err := job.Start(); err != nil {
		return err
	}
	defer job.Process.Kill()
	if err := untilNot(before); err != nil {
		return err
	}
	signal.Ignore(syscall.SIGTTOU) // after the start: a program inherits it
	if err := unix.IoctlSetPointerInt(0, unix.TIOCSPGRP, os.Getpid()); err != nil {
		return err
	}
	if err := job.Process.Signal(syscall.SIGQUIT); err != nil {
		return err
	}
	var status syscall.WaitStatus
	if _, err := syscall.Wait4(job.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil {
		return err
	}
	if status.Stopped() || status.ExitStatus() != 0 {
		return fmt.Errorf("it was stopped: %t, or ended with %d", status.Stopped(), status.ExitStatus())
	}
	return nil
}

func untilNot(before *term.State) error {
	for {
		if now, err := term.GetState(0); err != nil || *now != *before {
			return err
		}
		runtime.Gosched()
	}
}
