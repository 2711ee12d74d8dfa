package errortexts_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write testdata/errors.golden")

const golden = "testdata/errors.golden"

// situation is something that goes wrong, and how to bring it about.
type situation struct {
	name    string
	provoke func(w *world) error

	// onSockets is for what needs a real connection, for which the time of a synctest bubble waits. Everything else is in
	// a bubble.
	onSockets bool
}

// room is a package, or a part of one, and its situations.
type room struct {
	name       string
	situations []situation
}

// rooms are all of them, in the order of the file.
var rooms = []room{
	{"ssooidc: making a client", clientSituations},
	{"ssooidc: calling the service", callSituations},
	{"ssooidc: what the service says", exceptionSituations()},
	{"login: making a session", configSituations},
	{"login: signing in by device code", deviceSituations},
	{"login: signing in by browser", browserSituations},
	{"login: pasting the address by hand", submitSituations},
	{"login: getting a token", tokenSituations},
	{"login: signing out", logoutSituations},
	{"tokencache", cacheSituations},
	{"profile", profileSituations},
	{"rolecreds", roleSituations},
	{"ssooidctest", fakeSituations},
}

// told is a situation with the error that it ended with.
type told struct {
	room, name string
	err        error
	text       string // Error's, but for what differs from run to run
}

// provoked are all situations, brought about once for all tests.
func provoked(t *testing.T) []told {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the system has words of its own for its errors, and links need a privilege")
	}
	all.Do(func() {
		for _, r := range rooms {
			for _, s := range r.situations {
				t.Run(r.name+"/"+s.name, func(t *testing.T) {
					bring := func(t *testing.T) {
						w := newWorld(t)
						err := s.provoke(w)
						if err == nil {
							t.Fatal("no error came of it")
						}
						w.checkText(err)
						everything = append(everything, told{r.name, s.name, err, w.scrub(err.Error())})
					}
					if s.onSockets {
						bring(t)
					} else {
						synctest.Test(t, bring)
					}
				})
			}
		}
	})
	return everything
}

var (
	all        sync.Once
	everything []told
)

// TestGolden: what people are told is what has been read and found good.
func TestGolden(t *testing.T) {
	var b strings.Builder
	b.WriteString("What people are told when something goes wrong. Written by: go test ./internal/errortexts -update\n")
	last := ""
	for _, e := range provoked(t) {
		if e.room != last {
			last = e.room
			fmt.Fprintf(&b, "\n== %s\n", e.room)
		}
		fmt.Fprintf(&b, "\n%s\n\t%s\n", e.name, e.text)
	}
	if t.Failed() {
		return
	}
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(b.String(), "\n")); diff != "" {
		t.Errorf("read the texts that have changed, and if they are good: go test ./internal/errortexts -update (-file +now):\n%s", diff)
	}
}

// TestNamesDiffer: each situation is there once.
func TestNamesDiffer(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range rooms {
		for _, s := range r.situations {
			if name := r.name + ": " + s.name; seen[name] {
				t.Errorf("%s is there twice", name)
			} else {
				seen[name] = true
			}
		}
	}
}

// checkText is what holds for the text of any error, in each way that it may be printed.
func (w *world) checkText(err error) {
	w.Helper()
	if problem := flaw(err.Error()); problem != "" {
		w.Errorf("the text %s: %q", problem, err)
	}
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%q", err)} {
		for _, s := range w.secrets() {
			if strings.Contains(text, s) {
				w.Errorf("a secret is in the text: %q", text)
			}
		}
	}
}

// flaw is what is wrong with the form of a text, "" if nothing is.
func flaw(text string) string {
	switch {
	case text == "":
		return "is empty"
	case strings.ContainsAny(text, "\n\r"):
		return "has more than one line"
	case strings.TrimRight(text, " :;,(") != text:
		return "breaks off"
	case strings.Contains(text, "  "), strings.Contains(text, " :"), strings.Contains(text, ": :"), strings.Contains(text, "<nil>"), strings.Contains(text, "%!"):
		return "has a gap"
	}
	return ""
}

// TestFlaws: the check of the form finds what it is for.
func TestFlaws(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "two\nlines", "login: ", "login:", "role  in", "an error: %!w(<nil>)", "account : it"} {
		if flaw(text) == "" {
			t.Errorf("nothing is wrong with %q", text)
		}
	}
	if problem := flaw("login: sign in to dev: nobody is signed in"); problem != "" {
		t.Errorf("a good text %s", problem)
	}
}

// changing is what differs from run to run, and what stands for it in the file.
var changing = []struct {
	what *regexp.Regexp
	is   string
}{
	{regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`), "REQUEST-ID"},
	{regexp.MustCompile(`127\.0\.0\.1:[0-9]+`), "127.0.0.1:PORT"},
	{regexp.MustCompile(`\bport [0-9]+`), "port PORT"},
	// Which of two words net/http has for its own limit, chance decides.
	{regexp.MustCompile(`(net/http: request canceled|context deadline exceeded)( \(Client\.Timeout exceeded while awaiting headers\))`), "context deadline exceeded"},
	{regexp.MustCompile(`\.ssooidc-[A-Z2-7]+\.tmp`), ".ssooidc-RANDOM.tmp"},
}

func (w *world) scrub(text string) string {
	if w.dir != "" {
		text = strings.ReplaceAll(text, w.dir, "DIR")
	}
	for _, c := range changing {
		text = c.what.ReplaceAllString(text, c.is)
	}
	return text
}
