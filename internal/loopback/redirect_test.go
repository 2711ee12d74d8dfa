package loopback_test

import (
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/ssooidc/ssooidc-go/internal/loopback"
)

func TestSubmit(t *testing.T) {
	t.Parallel()
	const (
		copyAll   = "copy the whole address"
		openAgain = "it holds an error in place of a code"
		another   = "it belongs to another sign-in"
	)
	const right = "code=" + testCode + "&state=" + testState
	tests := []struct{ name, address, problem string }{
		{"empty", "", copyAll},
		{"blank", " \r\n\t", copyAll},
		{"the code alone", testCode, copyAll},
		{"the query alone", "?" + right, copyAll},
		{"no scheme", "HOST/oauth/callback?" + right, copyAll},
		{"https", "https://HOST/oauth/callback?" + right, copyAll},
		{"another scheme", "ftp://HOST/oauth/callback?" + right, copyAll},
		{"opaque", "http:HOST/oauth/callback?" + right, copyAll},
		{"localhost", "http://localhost:PORT/oauth/callback?" + right, copyAll},
		{"another host", "http://evil.example:PORT/oauth/callback?" + right, copyAll},
		{"another port", "http://127.0.0.1:1/oauth/callback?" + right, copyAll},
		{"no port", "http://127.0.0.1/oauth/callback?" + right, copyAll},
		{"a user name", "http://user@HOST/oauth/callback?" + right, copyAll},
		{"our host as a user name", "http://HOST@evil.example/oauth/callback?" + right, copyAll},
		{"another path", "http://HOST/oauth/callback/?" + right, copyAll},
		{"an escaped path", "http://HOST/oauth/callbac%6b?" + right, copyAll},
		{"a space", "http://HOST/oauth/callback?" + right + " x", copyAll},
		{"two addresses", "http://HOST/oauth/callback?" + right + " http://HOST/oauth/callback?" + right, copyAll},
		{"a line break", "http://HOST/oauth/callback?code=" + testCode + "\n&state=" + testState, copyAll},
		{"an escape sequence", "\x1b[200~http://HOST/oauth/callback?" + right, copyAll},
		{"not ASCII", "http://HOST/oauth/callback?x=é&" + right, copyAll},
		{"too long", "http://HOST/oauth/callback?" + right + "&x=" + strings.Repeat("x", 16<<10), copyAll},
		{"no query", "http://HOST/oauth/callback", copyAll},
		{"no code", "http://HOST/oauth/callback?state=" + testState, copyAll},
		{"an empty code", "http://HOST/oauth/callback?code=&state=" + testState, copyAll},
		{"two codes", "http://HOST/oauth/callback?code=other&" + right, copyAll},
		{"two states", "http://HOST/oauth/callback?" + right + "&state=" + testState, copyAll},
		{"a bad escape", "http://HOST/oauth/callback?" + right + "&x=%zz", copyAll},
		{"no state", "http://HOST/oauth/callback?code=" + testCode, copyAll},
		{"the state in the fragment", "http://HOST/oauth/callback?code=" + testCode + "#state=" + testState, copyAll},
		{"a wrong state", "http://HOST/oauth/callback?code=" + testCode + "&state=wrong", another},
		{"an error", "http://HOST/oauth/callback?error=access_denied&state=" + testState, openAgain},
		{"an error with a code", "http://HOST/oauth/callback?error=access_denied&" + right, openAgain},
		{"an error without a state", "http://HOST/oauth/callback?error=access_denied", openAgain},
	}
	l := listen(t, loopback.Options{})
	host := address(l)
	fill := strings.NewReplacer("HOST", host, "PORT", host[strings.Index(host, ":")+1:])
	for _, test := range tests {
		err := l.Submit(fill.Replace(test.address))
		var wrong *loopback.AddressError
		if !errors.As(err, &wrong) || !strings.HasPrefix(wrong.Problem, test.problem) {
			t.Errorf("%s: %v, want %q", test.name, err, test.problem)
			continue
		}
		checkNoSecret(t, err.Error())
		if strings.Contains(err.Error(), "evil") || strings.Contains(err.Error(), "access_denied") {
			t.Errorf("%s: the error repeats the address: %v", test.name, err)
		}
	}
	checkWaiting(t, l)
	if err := l.Submit("\n  " + l.RedirectURI() + "?" + right + "&extra=1#/ \r\n"); err != nil {
		t.Fatal(err)
	}
	if code, err := wait(t, l); code != testCode || err != nil {
		t.Errorf("Wait: %q, %v", code, err)
	}
}

func TestPort80(t *testing.T) {
	t.Parallel()
	// Browsers leave out the port that http has anyway.
	for _, host := range []string{"127.0.0.1", "127.0.0.1:80"} {
		code, err := loopback.ParseAddress(80, testState, "http://"+host+"/oauth/callback?code=c&state="+testState)
		if code != "c" || err != nil {
			t.Errorf("%s: %q, %v", host, code, err)
		}
	}
	if _, err := loopback.ParseAddress(8080, testState, "http://127.0.0.1/oauth/callback?code=c&state="+testState); err == nil {
		t.Error("port 80 is taken for port 8080")
	}
}

func FuzzQuery(f *testing.F) {
	for _, query := range []string{
		"", "code=c&state=s", "state=s&code=c&code=d", "state=s&state=s&code=c", "error=access_denied&state=s",
		"error=e&error_description=%1b%5b31m%e2%80%ae%ff&state=s", "error=e", "error=%00", "error=e&state=", "code=c;state=s",
		"state=%73&code=%63", "error=e&error_description=" + strings.Repeat("s+", 1000), "code=%80&state=s", "&&=&state=s&code=c",
	} {
		f.Add(query, "s")
	}
	f.Fuzz(func(t *testing.T, query, state string) {
		if state == "" {
			return // Listen refuses it
		}
		code, failure, verified := loopback.Parse(query, state)
		values, err := url.ParseQuery(query)
		ours := err == nil && slices.Equal(values["state"], []string{state})
		if code != "" && (!ours || !slices.Equal(values["code"], []string{code}) || values.Get("error") != "") {
			t.Errorf("took a code from %q with the state %q", query, state)
		}
		if code != "" && (failure != nil || verified) {
			t.Errorf("both a code and an error in %q", query)
		}
		if verified && (!ours || failure == nil) {
			t.Errorf("took an error from %q with the state %q", query, state)
		}
		if failure == nil {
			return
		}
		if !verified && values.Get("state") != "" {
			t.Errorf("%q has a state", query)
		}
		if failure.Code == "" || len(failure.Code) > len("...")+64 || len(failure.Description) > len("...")+400 {
			t.Errorf("%+v has the wrong length", failure)
		}
		if strings.ContainsFunc(failure.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q is not printable", failure)
		}
	})
}

func FuzzAddress(f *testing.F) {
	const begin = "http://127.0.0.1:8400/oauth/callback"
	for _, address := range []string{
		"", begin, begin + "?code=c&state=s", begin + "?code=c&state=t", begin + "?error=e&state=s", begin + "?code=c&code=d&state=s",
		"HTTP://127.0.0.1:8400/oauth/callback?code=c&state=s", "http://127.0.0.1:8400@evil/oauth/callback?code=c&state=s",
		" " + begin + "?state=s&code=c#x\n", "http://127.0.0.1:08400/oauth/callback?code=c&state=s", begin + "/..?code=c&state=s",
	} {
		f.Add(address)
	}
	var known []string
	for _, address := range []string{"", begin + "?code=c&state=t", begin + "?error=e"} {
		_, err := loopback.ParseAddress(8400, "s", address)
		known = append(known, err.Error())
	}
	f.Fuzz(func(t *testing.T, address string) {
		code, err := loopback.ParseAddress(8400, "s", address)
		if err != nil {
			var wrong *loopback.AddressError
			if !errors.As(err, &wrong) || !slices.Contains(known, err.Error()) {
				t.Errorf("%q: %v", address, err)
			}
			return
		}
		rest, ok := strings.CutPrefix(strings.TrimSpace(address)[len("http"):], begin[len("http"):]+"?")
		query, _, _ := strings.Cut(rest, "#")
		want, _, _ := loopback.Parse(query, "s")
		if !ok || code == "" || code != want {
			t.Errorf("took %q from %q", code, address)
		}
	})
}
