package gateway

import (
	"crypto/hmac"
	"encoding/base64"
	"strings"
)

// Signer returns the code by which whoever has a secret knows its own message
// again.
type Signer func(message []byte) []byte

// kind says what a token is for.
type kind string

const (
	remote kind = "r" // one remote access session
	grid   kind = "g" // new sessions of a test grid project
)

// token returns the token of a session, or of the URL of a test grid project. It
// follows from its nonce, so that nothing secret is stored, every node can show it,
// and another nonce makes it void.
func (s Signer) token(k kind, id, nonce string) string {
	return string(k) + "." + id + "." + base64.RawURLEncoding.EncodeToString(s.code(k, id, nonce))
}

func (s Signer) code(k kind, id, nonce string) []byte {
	return s([]byte(string(k) + "\x00" + id + "\x00" + nonce))[:codeLength]
}

// codeLength is how many bytes of the code a token has.
const codeLength = 24

// claim is a token that was not yet held against its nonce.
type claim struct {
	kind kind
	id   string
	code []byte
}

// readToken returns what a token says, or false if it is none.
func readToken(text string) (claim, bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || parts[1] == "" || len(parts[1]) > 64 {
		return claim{}, false
	}
	code, err := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	if err != nil || len(code) != codeLength {
		return claim{}, false
	}
	return claim{kind(parts[0]), parts[1], code}, true
}

// holds reports whether the claim is true for a nonce. No nonce makes every claim
// false.
func (s Signer) holds(c claim, nonce string) bool {
	return nonce != "" && hmac.Equal(c.code, s.code(c.kind, c.id, nonce))
}
