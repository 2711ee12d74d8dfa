package ssooidctest

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"fmt"
)

// randomText returns n characters of base64url that nobody can guess.
func randomText(n int) string {
	b := make([]byte, (n*6+7)/8)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)[:n]
}

// randomUpper returns n capital letters and digits, as in access key IDs.
func randomUpper(n int) string {
	b := make([]byte, (n*5+7)/8)
	rand.Read(b)
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(b)[:n]
}

// requestID returns a random UUID (RFC 9562 section 5.4).
func requestID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
