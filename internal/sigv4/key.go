package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"sync"
)

// maxKeys is how many signing keys a verifier remembers at most, 64 bytes each.
const maxKeys = 1 << 14

// signingKey is a secret bound to one day, region and service.
type signingKey [sha256.Size]byte

// deriveKey binds a secret to the scope of a credential.
func deriveKey(secret string, c Credential) signingKey {
	key := []byte("AWS4" + secret)
	for _, part := range [...]string{c.Date, c.Region, c.Service, terminator} {
		key = hmacSHA256(key, part)
	}
	return signingKey(key)
}

// sign returns the signature of a string to sign, as hexadecimal digits.
func (k signingKey) sign(text string) string {
	return hex.EncodeToString(hmacSHA256(k[:], text))
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// keyID is a digest of everything that a signing key is derived from, so it
// changes with the secret. It does not reveal the secret.
type keyID [sha256.Size]byte

func identify(secret string, c Credential) keyID {
	var b []byte
	for _, part := range [...]string{secret, c.Date, c.Region, c.Service} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return sha256.Sum256(b)
}

// keyCache remembers signing keys. Its zero value is empty and ready to use. It
// is safe for concurrent use.
type keyCache struct {
	mu   sync.RWMutex
	keys map[keyID]signingKey
}

func (c *keyCache) find(id keyID) (signingKey, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	key, ok := c.keys[id]
	return key, ok
}

// keep remembers a key. If the cache is full, the key replaces an arbitrary
// other one.
func (c *keyCache) keep(id keyID, key signingKey) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.keys == nil {
		c.keys = make(map[keyID]signingKey)
	}
	if len(c.keys) >= maxKeys {
		for other := range c.keys {
			delete(c.keys, other)
			break
		}
	}
	c.keys[id] = key
}
