package compare_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"unicode/utf16"
)

// random makes the inputs of a comparison. It is seeded, so that a failure comes back.
type random struct{ *rand.Rand }

func newRandom() random { return random{rand.New(rand.NewPCG(2019, 6))} }

// alphabets hold what an encoder of JSON may stumble over.
var alphabets = []string{
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
	`"\/<>&'=%+#?{}[]:, `,
	"\x00\x01\b\t\n\v\f\r\x1b\x1f\x7f\u0080\u2028\u2029\ufeff\ufffd",
	"äßéñøЖשعあ漢字한\u0301",
	"😀🔑🏳️‍🌈\U0010ffff",
}

// text is 1 to 40 characters, of one alphabet or of all.
func (r random) text() string {
	alphabet := []rune(alphabets[r.IntN(len(alphabets))])
	if r.IntN(3) == 0 {
		alphabet = []rune(strings.Join(alphabets, ""))
	}
	var b strings.Builder
	for range 1 + r.IntN(40) {
		b.WriteRune(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

// texts is up to 4 of them, of which some are empty.
func (r random) texts() []string {
	list := make([]string, r.IntN(5))
	for i := range list {
		if r.IntN(5) > 0 {
			list[i] = r.text()
		}
	}
	return list
}

// quote writes a string in JSON, in one of the many ways.
func (r random) quote(s string) string {
	if r.IntN(2) == 0 {
		quoted, err := json.Marshal(s)
		if err != nil {
			panic(err)
		}
		return string(quoted)
	}
	var b strings.Builder
	for _, c := range s {
		switch {
		case c >= ' ' && c != '"' && c != '\\' && r.IntN(2) == 0:
			b.WriteRune(c)
		case c > 0xffff:
			high, low := utf16.EncodeRune(c)
			fmt.Fprintf(&b, `\u%04x\u%04X`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, c)
		}
	}
	if r.IntN(20) == 0 {
		b.WriteString(`\ud83d`) // half a character
	}
	return `"` + b.String() + `"`
}

// value is any JSON value, as an unknown field may have it.
func (r random) value(depth int) string {
	switch n := r.IntN(7); {
	case n == 0:
		return "null"
	case n == 1:
		return "false"
	case n == 2:
		return "-12.5e+3"
	case n == 3 && depth > 0:
		return "[" + r.value(depth-1) + " ,\t" + r.value(depth-1) + "]"
	case n == 4 && depth > 0:
		return "{" + r.quote(r.text()) + " : " + r.value(depth-1) + "}"
	case n == 5:
		return "[]"
	}
	return r.quote(r.text())
}

// object writes members, which are JSON already, in a random order.
func (r random) object(members []string) string {
	r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	space := []string{"", " ", "\r\n\t"}[r.IntN(3)]
	return space + "{" + space + strings.Join(members, space+","+space) + space + "}" + space
}
