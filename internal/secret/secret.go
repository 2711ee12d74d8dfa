// Package secret keeps secrets out of texts. A struct field tagged
//
//	secret:"true"
//
// is printed as [redacted] by [Format] and [LogValue], which the types that hold secrets call from
// their Format and LogValue methods, and is taken out of other texts by [Remove].
//
// Two things lie outside what Go lets a type decide: fmt does not call the methods of a value in
// another type's unexported field, and slog's JSON handler hands a value nested inside a plain
// struct, map or slice to encoding/json, which writes it in clear.
package secret

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Redacted stands where a secret was. An empty secret is printed empty: whether there is one is no
// secret, and it is what somebody who reads a log wants to know.
const Redacted = "[redacted]"

// Format prints v, a struct, with every tagged field redacted, whatever the verb. It prints the names
// of the fields, and with the flag '#' also the type and Go syntax. It never calls v's own Format.
func Format(f fmt.State, _ rune, v any) {
	layout, separator := "%s:%v", " "
	if f.Flag('#') {
		layout, separator = "%s:%#v", ", "
		fmt.Fprintf(f, "%T", v)
	}
	fmt.Fprint(f, "{")
	for i, field := range fields(v) {
		if i > 0 {
			fmt.Fprint(f, separator)
		}
		fmt.Fprintf(f, layout, field.name, field.value)
	}
	fmt.Fprint(f, "}")
}

// LogValue is v, a struct, as a group of its fields with every tagged one redacted.
func LogValue(v any) slog.Value {
	var attrs []slog.Attr
	for _, field := range fields(v) {
		attrs = append(attrs, slog.Any(field.name, field.value))
	}
	return slog.GroupValue(attrs...)
}

type field struct {
	name  string
	value any
}

// fields lists what may be shown of a struct: its exported fields, the tagged ones redacted.
func fields(v any) []field {
	s := reflect.ValueOf(v)
	var list []field
	for i := range s.NumField() {
		t := s.Type().Field(i)
		if !t.IsExported() {
			continue
		}
		value := s.Field(i).Interface()
		if tagged(t) && !s.Field(i).IsZero() {
			value = Redacted
		}
		list = append(list, field{t.Name, value})
	}
	return list
}

func tagged(f reflect.StructField) bool { return f.Tag.Get("secret") == "true" }

const (
	// longRun is how many letters and digits of a secret in a row count as an echo of it.
	longRun = 8

	// shortest is the length below which a text is no secret, but one of a test or a mistake: to take each "s" out of
	// a text would only spoil it.
	shortest = 4
)

// Remove replaces each of secrets in text, also where a server that echoed it has escaped it for JSON,
// a URL or HTML. There are more ways to escape than these, but none touches letters and digits, so that any
// longer run of those in a secret goes too.
func Remove(text string, secrets []string) string {
	var forms []string
	for _, s := range Echoed(text, secrets) {
		quoted, _ := json.Marshal(s) // a string always marshals
		forms = append(forms, s, url.QueryEscape(s), url.PathEscape(s), htmlEscaper.Replace(s), string(quoted[1:len(quoted)-1]))
		for run, rest := nextRun(s); run != ""; run, rest = nextRun(rest) {
			if len(run) >= longRun {
				forms = append(forms, run)
			}
		}
	}
	if forms == nil {
		return text
	}
	// In one pass over text, since a second would look through what the first has put there; the longest first, since
	// one may be the beginning of another.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, form := range forms {
		pairs = append(pairs, form, Redacted)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// htmlEscaper is html.EscapeString without that package, whose tables of entities would add 64 KB to every user.
var htmlEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;")

// Echoed is those of secrets that text may hold, however escaped: hardly ever any. Looking through a long
// secret takes its time, so who has several texts asks once for all of them, joined by spaces.
func Echoed(text string, secrets []string) []string {
	var echoed []string
	for _, s := range secrets {
		if len(s) >= shortest && mayEcho(text, s) {
			echoed = append(echoed, s)
		}
	}
	return echoed
}

// mayEcho is false where text lacks all long runs of the secret's letters and digits, or, if it has none, its
// first run: no echo of it is without.
func mayEcho(text, secret string) bool {
	first, long := "", false
	for run, rest := nextRun(secret); run != ""; run, rest = nextRun(rest) {
		if first == "" {
			first = run
		}
		if len(run) >= longRun {
			long = true
			if strings.Contains(text, run) {
				return true
			}
		}
	}
	return !long && strings.Contains(text, first)
}

// nextRun is the first run of letters and digits in s, "" if there is none, and what follows it. A client secret has
// more than a thousand bytes and most polls fail, which is why this is no strings.FieldsFunc.
func nextRun(s string) (run, rest string) {
	from := 0
	for from < len(s) && !isAlphanumeric(s[from]) {
		from++
	}
	to := from
	for to < len(s) && isAlphanumeric(s[to]) {
		to++
	}
	return s[from:to], s[to:]
}

func isAlphanumeric(c byte) bool { return c|0x20-'a' < 26 || c-'0' < 10 }

// Printable makes a text from elsewhere safe to show on a terminal: one line, no control characters,
// at most limit bytes, cut with an ellipsis.
func Printable(text string, limit int) string {
	var b strings.Builder
	space := false
	for _, r := range text {
		if !strconv.IsPrint(r) || r == ' ' || r == '\uFFFD' {
			space = true
			continue
		}
		next := string(r)
		if space && b.Len() > 0 {
			next = " " + next
		}
		space = false
		if b.Len()+len(next) > limit {
			b.WriteString("...")
			break
		}
		b.WriteString(next)
	}
	return b.String()
}
