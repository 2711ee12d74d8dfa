package loopback

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// NewState returns a new state for one sign-in: 256 random bits in 43 characters (RFC 6749 section 10.12).
func NewState() string { return randomText() }

// NewVerifier returns a new code verifier for one sign-in: 256 random bits in 43 characters (RFC 7636 section 4.1).
// It is a secret until the code is exchanged.
func NewVerifier() string { return randomText() }

// CodeChallenge returns the S256 code challenge of a verifier (RFC 7636 section 4.2).
func CodeChallenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// randomText returns 32 random bytes in the alphabet that a verifier may use. crypto/rand never fails: where the system
// has no randomness, it ends the program.
func randomText() string {
	var b [32]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
