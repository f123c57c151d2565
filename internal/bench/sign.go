package bench

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// The scope that the requests are signed for, and the format of their times.
const (
	region      = "us-west-2"
	service     = "devicefarm"
	algorithm   = "AWS4-HMAC-SHA256"
	terminator  = "aws4_request"
	timeFormat  = "20060102T150405Z"
	dayFormat   = "20060102"
	firstNumber = 900_000_000_000 // the account id of account 0
)

// AccountID returns the account id of the n-th account of the load, which is
// also its access key id.
func AccountID(n int) string { return strconv.Itoa(firstNumber + n) }

// Secret returns the secret access key of an access key id. Each key has its
// own, as in a real service, so that one cached signing key does not serve them
// all.
func Secret(accessKeyID string) string { return "bench/" + accessKeyID }

// signingKey is a secret bound to a day, the region and the service.
type signingKey [sha256.Size]byte

// keyring holds the signing keys of accounts for one day, derived in advance.
type keyring struct {
	day  string
	keys []signingKey
}

// newKeyring returns the keys of the first n accounts for the day of at.
func newKeyring(n int, at time.Time) *keyring {
	r := &keyring{day: at.UTC().Format(dayFormat), keys: make([]signingKey, n)}
	for i := range r.keys {
		r.keys[i] = deriveKey(Secret(AccountID(i)), r.day)
	}
	return r
}

// key returns the signing key of an account for a day. It derives the key if
// the ring does not hold it.
func (r *keyring) key(account int, day string) signingKey {
	if account < len(r.keys) && day == r.day {
		return r.keys[account]
	}
	return deriveKey(Secret(AccountID(account)), day)
}

func deriveKey(secret, day string) signingKey {
	key := []byte("AWS4" + secret)
	for _, part := range [...]string{day, region, service, terminator} {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(part))
		key = h.Sum(nil)
	}
	return signingKey(key)
}

// sign appends the signature of a text in hexadecimal digits. It computes
// HMAC-SHA256 without the two hash states that crypto/hmac allocates, and
// overwrites scratch.
func (k *signingKey) sign(b, text, scratch []byte) []byte {
	var pad [sha256.BlockSize]byte
	copy(pad[:], k[:])
	for i := range pad {
		pad[i] ^= 0x36
	}
	inner := sha256.Sum256(append(append(scratch[:0], pad[:]...), text...))
	for i := range pad {
		pad[i] ^= 0x36 ^ 0x5c
	}
	outer := sha256.Sum256(append(append(scratch[:0], pad[:]...), inner[:]...))
	return hex.AppendEncode(b, outer[:])
}

// stamp is the present second as text for requests, formatted once a second.
type stamp struct {
	second int64
	text   string // in timeFormat; its first eight bytes are the day
}

// at returns the stamp of an instant.
func (s *stamp) at(now time.Time) string {
	if second := now.Unix(); second != s.second || s.text == "" {
		s.second, s.text = second, now.UTC().Format(timeFormat)
	}
	return s.text
}
