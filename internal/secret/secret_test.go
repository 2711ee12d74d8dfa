package secret_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ssooidc/ssooidc-go/internal/secret"
)

type inner struct {
	Token string `secret:"true"`
	Kind  string
}

func (v inner) Format(f fmt.State, verb rune) { secret.Format(f, verb, v) }
func (v inner) LogValue() slog.Value          { return secret.LogValue(v) }

type outer struct {
	Name   string
	Secret string `secret:"true"`
	Empty  string `secret:"true"`
	Inner  inner
	List   []inner
	Bytes  []byte `secret:"true"`
	hidden string
}

func (v outer) Format(f fmt.State, verb rune) { secret.Format(f, verb, v) }
func (v outer) LogValue() slog.Value          { return secret.LogValue(v) }

var value = outer{
	Name: "n", Secret: "PLANTED", Inner: inner{"PLANTED", "k"}, List: []inner{{"PLANTED", "l"}},
	Bytes: []byte("PLANTED"), hidden: "PLANTED",
}

func TestFormat(t *testing.T) {
	t.Parallel()
	const plain = `{Name:n Secret:[redacted] Empty: Inner:{Token:[redacted] Kind:k} List:[{Token:[redacted] Kind:l}] Bytes:[redacted]}`
	const syntax = `secret_test.outer{Name:"n", Secret:"[redacted]", Empty:"", Inner:secret_test.inner{Token:"[redacted]", Kind:"k"}, ` +
		`List:[]secret_test.inner{secret_test.inner{Token:"[redacted]", Kind:"l"}}, Bytes:"[redacted]"}`
	for verb, want := range map[string]string{"%v": plain, "%+v": plain, "%s": plain, "%q": plain, "%x": plain, "%d": plain, "%#v": syntax} {
		for _, v := range []any{value, &value} {
			if diff := cmp.Diff(want, fmt.Sprintf(verb, v)); diff != "" {
				t.Errorf("%s of a %T (-want +got):\n%s", verb, v, diff)
			}
		}
	}
	for _, nested := range []any{[]outer{value}, map[string]outer{"k": value}, struct{ V outer }{value}, struct{ V *inner }{&value.Inner}, []any{value, &value}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if text := fmt.Sprintf(verb, nested); strings.Contains(text, "PLANTED") {
				t.Errorf("%s of a %T shows a secret: %s", verb, nested, text)
			}
		}
	}
	if got := fmt.Sprintf("%v", (*inner)(nil)); got != "<nil>" {
		t.Errorf("a nil pointer prints %q", got)
	}
}

func TestLogValue(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", value, "p", &value)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", value.Inner, "p", &value.Inner)
	if text := log.String(); strings.Contains(text, "PLANTED") || strings.Count(text, secret.Redacted) < 6 {
		t.Errorf("logged %s", text)
	}
}

func TestRemove(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, secret, want string }{
		{"", "s", ""},
		{"text", "", "text"},
		{"a s b", "s", "a s b"}, // no secret is that short
		{"a sssss b", "ssss", "a [redacted]s b"},
		{"redacted", "redact", "[redacted]ed"}, // what was put in is not looked through again
		{"x a+b/c= y", "a+b/c=", "x [redacted] y"},
		{"x a%2Bb%2Fc%3D y", "a+b/c=", "x [redacted] y"},
		{"x &lt;&amp;&#34;&#39; y", `<&"'`, "x [redacted] y"},
		{`x \u003c\u0026\"\u003E y`, `<&">`, "x [redacted] y"},
		{`x a\\b\/c\"d y`, `a\b/c"d`, "x [redacted] y"},
		{"x a%2bb%2fc%3d y", "a+b/c=", "x [redacted] y"},
		{"x a&plus;b&#x2f;c&#61; y", "a+b/c=", "x [redacted] y"},
		{`x a+b\/c\u003D y`, "a+b/c=", "x [redacted] y"},
		{"x a+b%C3%A9 y", "a+bé", "x [redacted] y"},
		{`x 100%2\u00`, "100%2\\u0", `x [redacted]0`},
		{"x R&amp;D-7 y", "R&amp;D-7", "x [redacted] y"}, // not the one that an escaped R&D-7 would be
		{"the page ends in a+b/", "a+b/c=", "the page ends in [redacted]"},
		{"the page ends in a%2", "a+b/c=", "the page ends in a%2"}, // which tells nothing
		{"the page ends in abcdefgh/ijkl", "abcdefgh/ijklmnop", "the page ends in [redacted]"},
		{"abcdefghij is cut off", "abcdefghijklmnop", "[redacted] is cut off"},
		{"x abcdefgh&#x2F;ijklmnop y", "abcdefgh/ijklmnop", "x [redacted] y"},
		{"x abcdefgh&slash;ijklmnop y", "abcdefgh/ijklmnop", "x [redacted]&slash;[redacted] y"},
		{"the second half ijklmnop", "abcdefgh/ijklmnop", "the second half [redacted]"},
		{"nothing of it", "abcdefgh/ijklmnop", "nothing of it"},
	} {
		if got := secret.Remove(row.text, []string{"other", row.secret, "a+b/"}); got != row.want {
			t.Errorf("Remove(%q, %q) = %q, want %q", row.text, row.secret, got, row.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, want string }{
		{"", ""},
		{" plain  text ", "plain text"},
		{"a\x1b[31m\r\nb\x00\u202ec", "a [31m b c"},
		{"bad \xff\xfe utf", "bad utf"},
		{"éééééééééééé", "éééééééééé..."},
		{"日本語", "日本語"},
		{"12345678901234567890", "12345678901234567890"},
		{"123456789012345678901", "12345678901234567890..."},
	} {
		if got := secret.Printable(row.text, 20); got != row.want {
			t.Errorf("Printable(%q) = %q, want %q", row.text, got, row.want)
		}
	}
}

func TestQuote(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ text, want string }{
		{"", `""`},
		{"a \"b\"\n", `"a \"b\"\n"`},
		{"1234567890", `"1234567890"`},
		{"12345678901", `"1234567890"...`},
		{"12345678é0", `"12345678é"...`},
		{"\xff\xfe", `"\xff\xfe"`},
	} {
		if got := secret.Quote(row.text, 10); got != row.want {
			t.Errorf("Quote(%q) = %s, want %s", row.text, got, row.want)
		}
	}
}

func FuzzRemove(f *testing.F) {
	f.Add("you sent a%2Bb", "a+b")
	f.Add(`{"x":"a\"b"}`, `a"b`)
	f.Fuzz(func(t *testing.T, text, s string) {
		if len(s) < 4 || strings.Contains(secret.Redacted, s) {
			return
		}
		if got := secret.Remove(text, []string{s, s, s}); len(got) > 4*len(text) {
			t.Errorf("%d bytes became %d", len(text), len(got))
		}
		// What Redacted and its surroundings make up together is no echo, so look only where it stands alone.
		for part := range strings.SplitSeq(secret.Remove(text+s+text, []string{s}), secret.Redacted) {
			if strings.Contains(part, s) {
				t.Errorf("%q is left in %q", s, part)
			}
		}
		if p := secret.Printable(text, 40); len(p) > 43 || strings.ContainsAny(p, "\x00\x1b\r\n\u202e") {
			t.Errorf("Printable(%q) = %q", text, p)
		}
	})
}
