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
	"fmt"
	"log/slog"
	"reflect"
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

// Remove replaces each of secrets in text, also where a server that echoed it has escaped it for JSON, a URL or HTML, or where the
// text ends in the middle of it. There are more ways to escape than these, but none touches letters and digits, so that any
// longer run that is of a secret goes too.
func Remove(text string, secrets []string) string {
	echoed := Echoed(text, secrets)
	if echoed == nil {
		return text
	}
	var b strings.Builder
	for i := 0; i < len(text); {
		length := 0
		for _, s := range echoed {
			length = max(length, whole(text[i:], s), part(text[i:], s))
		}
		if length == 0 {
			b.WriteByte(text[i])
			i++
			continue
		}
		b.WriteString(Redacted)
		i += length
	}
	return b.String()
}

// whole is how many bytes at the beginning of text are the secret, however escaped, or as much of it as there is before text
// ends; 0 if none are.
func whole(text, secret string) (length int) {
	if strings.HasPrefix(text, secret) {
		return len(secret)
	}
	for i := range len(secret) {
		if length == len(text) {
			if i < shortest {
				return 0
			}
			break // cut off
		}
		n := escaped(text[length:], secret[i])
		if n == 0 {
			return 0
		}
		length += n
	}
	return length
}

// entities are HTML's for what is in secrets, each with what it stands for. All of them, in package html, would add 64 KB to every
// user.
const entities = `&amp;&&lt;<&gt;>&quot;"&apos;'&sol;/&plus;+&equals;=&lowbar;_&period;.&colon;:`

// escapes are how a character is written by its number: in a URL (RFC 3986 section 2.1), in JSON (RFC 8259 section 7) and in HTML.
var escapes = [...]struct {
	begin  string
	digits int // 0: up to a semicolon
	base   int
}{{"%", 2, 16}, {`\u00`, 2, 16}, {"&#x", 0, 16}, {"&#", 0, 10}}

// escaped is how many bytes at the beginning of text are c, as it is or escaped for JSON, a URL or HTML; 0 if none are.
func escaped(text string, c byte) int {
	semicolon := strings.IndexByte(text[:min(len(text), len("&lowbar;"))], ';')
	if text[0] == '&' && semicolon > 0 && strings.Contains(entities, text[:semicolon+1]+string(rune(c))) {
		return semicolon + 1
	}
	for _, e := range escapes {
		begin, end, length := len(e.begin), len(e.begin)+e.digits, len(e.begin)+e.digits
		if e.digits == 0 {
			end, length = semicolon, semicolon+1
		}
		if strings.HasPrefix(text, e.begin) && begin < end && end <= len(text) {
			if n, err := strconv.ParseUint(text[begin:end], e.base, 8); err == nil && byte(n) == c {
				return length
			}
		}
	}
	switch {
	case text[0] == '\\' && len(text) > 1 && text[1] == c:
		return 2
	case text[0] == c:
		return 1
	}
	return 0
}

// part is how many letters and digits at the beginning of text stand in the secret too, in the same order, 0 if that is no
// long run.
func part(text, secret string) (length int) {
	for length < len(text) && isAlphanumeric(text[length]) && (length+1 < longRun || strings.Contains(secret, text[:length+1])) {
		length++
	}
	if length < longRun {
		return 0
	}
	return length
}

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

// mayEcho is false where text lacks how any of the secret's long runs of letters and digits begins, or, if it has none, its
// first run: no echo of it is without, unless it lacks the secret's beginning.
func mayEcho(text, secret string) bool {
	first, long := "", false
	for run, rest := nextRun(secret); run != ""; run, rest = nextRun(rest) {
		if first == "" {
			first = run
		}
		if len(run) >= longRun {
			long = true
			if strings.Contains(text, run[:longRun]) {
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

// Quote is a text from elsewhere in quotes, for an error: what can't be printed is escaped, and of a long one there are the first limit
// bytes.
func Quote(text string, limit int) string {
	more := ""
	if len(text) > limit {
		text, more = text[:limit], "..."
	}
	return strconv.Quote(text) + more
}
