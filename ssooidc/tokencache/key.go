package tokencache

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode/utf16"
)

// TokenKey names the entry of a session's token: the SHA-1 of the sso-session's name, or of the start URL for a profile
// without one, exactly as they are configured. It is the AWS CLI's name for it, and hides nothing.
func TokenKey(sessionNameOrStartURL string) string { return sha1Hex(sessionNameOrStartURL) }

// RegistrationKey names the entry of a client registration, as the AWS CLI names it. All values are those configured:
// scopes is nil where none are, not the default, and sessionName "" for a profile without an sso-session.
func RegistrationKey(startURL, region string, scopes []string, sessionName string) string {
	// The CLI hashes Python's json.dumps(..., sort_keys=True) of these five.
	var b strings.Builder
	b.WriteString(`{"region": `)
	writePythonString(&b, region)
	b.WriteString(`, "scopes": `)
	if scopes == nil {
		b.WriteString("null")
	} else {
		b.WriteByte('[')
		for i, scope := range scopes {
			if i > 0 {
				b.WriteString(", ")
			}
			writePythonString(&b, scope)
		}
		b.WriteByte(']')
	}
	b.WriteString(`, "session_name": `)
	if sessionName == "" {
		b.WriteString("null")
	} else {
		writePythonString(&b, sessionName)
	}
	b.WriteString(`, "startUrl": `)
	writePythonString(&b, startURL)
	b.WriteString(`, "tool": "botocore"}`)
	return sha1Hex(b.String())
}

func sha1Hex(s string) string {
	sum := sha1.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// writePythonString writes s as Python's json.dumps does with ensure_ascii: all but printable ASCII is escaped, <, > and &
// are not. Bytes that are no UTF-8 become U+FFFD.
func writePythonString(b *strings.Builder, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case ' ' <= r && r <= '~':
			b.WriteRune(r)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		default:
			for _, unit := range utf16.AppendRune(nil, r) {
				fmt.Fprintf(b, `\u%04x`, unit)
			}
		}
	}
	b.WriteByte('"')
}
