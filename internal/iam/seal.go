package iam

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
)

// sealed is the first byte of what Seal returns: the format and its version. A
// nonce of 96 bits, the secret encrypted by AES-256-GCM and a tag of 128 bits
// follow; the format and the text that identifies the secret's key are
// authenticated too.
const sealed = 0x01

// MasterKey is the key under which the secrets of access keys are sealed. It
// prints as its fingerprint and has no content in JSON, so that it does not get
// into a log by mistake. The zero MasterKey cannot seal. Methods take a
// pointer, so that the trace of a crash shows the address of the key and not
// its value.
type MasterKey struct {
	bits [32]byte
}

// NewMasterKey draws a master key from random.
func NewMasterKey(random io.Reader) (MasterKey, error) {
	var m MasterKey
	if _, err := io.ReadFull(random, m.bits[:]); err != nil {
		return MasterKey{}, fmt.Errorf("draw a master key: %w", err)
	}
	return m, nil
}

// errMasterKey shows nothing of what was read, because that may be almost a
// key.
var errMasterKey = errors.New("the master key must be one line of 64 hexadecimal digits, or 32 bytes in base64, and not all zero")

// ParseMasterKey reads a master key: one line of 64 hexadecimal digits, or of
// 32 bytes in base64 as `openssl rand -base64 32` writes them.
func ParseMasterKey(text string) (MasterKey, error) {
	line := strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	decode := base64.StdEncoding.Strict().DecodeString
	if len(line) == hex.EncodedLen(len(MasterKey{}.bits)) {
		decode = hex.DecodeString
	}
	bits, err := decode(line)
	if err != nil || strings.ContainsAny(line, "\r\n") || len(bits) != len(MasterKey{}.bits) {
		return MasterKey{}, errMasterKey
	}
	m := MasterKey{[32]byte(bits)}
	if m == (MasterKey{}) {
		return MasterKey{}, errMasterKey
	}
	return m, nil
}

// Text returns the master key as ParseMasterKey reads it: 64 hexadecimal digits
// and no line break. It is the secret itself.
func (m *MasterKey) Text() string { return hex.EncodeToString(m.bits[:]) }

// Fingerprint returns 16 hexadecimal digits by which a store recognises the
// master key. They reveal nothing about it.
func (m *MasterKey) Fingerprint() string {
	h := hmac.New(sha256.New, m.bits[:])
	h.Write([]byte("slotfarm master key"))
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Sign returns an authentication code for a message and a purpose. A holder of
// the master key can check it. A code for one purpose is not valid for another.
func (m *MasterKey) Sign(purpose string, message []byte) []byte {
	derive := hmac.New(sha256.New, m.bits[:])
	derive.Write([]byte("slotfarm signing key\x00" + purpose))
	code := hmac.New(sha256.New, derive.Sum(nil))
	code.Write(message)
	return code.Sum(nil)
}

// Format writes the fingerprint, whatever the verb.
func (m MasterKey) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "master key "+m.Fingerprint()) // a Formatter cannot return an error
}

// Seal encrypts the secret of the access key that the text of identifies.
// Sealing twice gives different bytes.
func (m *MasterKey) Seal(of, secret string) ([]byte, error) {
	aead, err := m.aead()
	if err != nil {
		return nil, fmt.Errorf("seal a secret: %w", err)
	}
	return aead.Seal([]byte{sealed}, nil, []byte(secret), bound(of)), nil
}

// Open returns the secret of an access key that Seal has sealed. It fails if
// the master key or the access key is a different one, or if the bytes were
// changed. It cannot tell these causes apart; fingerprints distinguish master
// keys.
func (m *MasterKey) Open(of string, bytes []byte) (string, error) {
	if len(bytes) == 0 || bytes[0] != sealed {
		return "", fmt.Errorf("open a secret: its format is unknown; this version reads format %d", sealed)
	}
	aead, err := m.aead()
	if err != nil {
		return "", fmt.Errorf("open a secret: %w", err)
	}
	secret, err := aead.Open(nil, nil, bytes[1:], bound(of))
	if err != nil {
		return "", errors.New("open a secret: the master key is a different one, or the secret or its key was changed")
	}
	return string(secret), nil
}

// aead returns AES-256-GCM, which draws a nonce for each message and puts it
// before the ciphertext.
func (m *MasterKey) aead() (cipher.AEAD, error) {
	if *m == (MasterKey{}) {
		return nil, errors.New("there is no master key")
	}
	block, err := aes.NewCipher(m.bits[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// bound returns what is authenticated together with a secret: its format and
// the key that it belongs to.
func bound(of string) []byte { return append([]byte{sealed}, of...) }
