package tokencache

import (
	"bytes"
	"encoding/json"
)

// space is what may stand between the parts of JSON (RFC 8259 section 2).
const space = " \t\r\n"

// members calls found for each member of an object that json.Valid has let through. encoding/json finds the same for a map
// of raw values, but every program waits for this at its start: BenchmarkTokenCold of internal/compare shows how long.
func members(object []byte, found func(name string, value json.RawMessage)) {
	rest := bytes.TrimLeft(object, space+"{")
	for rest[0] != '}' {
		end := stringEnd(rest)
		var name string
		_ = unmarshalString(rest[:end], &name) // which is valid
		rest = bytes.TrimLeft(rest[end:], space+":")
		end = valueEnd(rest)
		found(name, bytes.TrimRight(rest[:end], space))
		rest = bytes.TrimLeft(rest[end:], space+",")
	}
}

// stringEnd is the length of the string that text begins with.
func stringEnd(text []byte) int {
	for i := 1; ; i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// valueEnd is where the comma or the brace is that ends the value which text begins with.
func valueEnd(text []byte) int {
	depth := 0
	for i := 0; ; i++ {
		switch text[i] {
		case '"':
			i += stringEnd(text[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',':
			if depth == 0 {
				return i
			}
		}
	}
}
