package iam

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"io"
	"time"
)

// Key is an access key without its secret.
type Key struct {
	ID       string
	Account  string // twelve digits: the account that owns the key
	Name     string // given by its owner
	Created  time.Time
	Disabled bool // a disabled key signs nothing
	Policy   Policy
}

// The prefixes show what a key that somebody finds is for. AWS's prefixes
// differ, and its secrets have no "_", so scanners for AWS's secrets ignore
// these.
const (
	idPrefix     = "SLOT"
	secretPrefix = "slot_"
)

// secretLength is the length of AWS's secrets, which some clients check.
const secretLength = 40

// KeyIDLength is the number of characters of an access key id.
const KeyIDLength = 20

// NewKeyID draws an access key id of 80 bits from random: 20 characters, like
// AWS's. No id is twelve digits, which would stand for an account in the
// sandbox.
func NewKeyID(random io.Reader) (string, error) {
	bits := make([]byte, 10)
	if _, err := io.ReadFull(random, bits); err != nil {
		return "", fmt.Errorf("draw an access key id: %w", err)
	}
	return idPrefix + base32.StdEncoding.EncodeToString(bits), nil
}

// NewSecret draws a secret access key of 210 bits from random. It has no
// character that is special in a shell, a URL or a settings file.
func NewSecret(random io.Reader) (string, error) {
	bits := make([]byte, 27)
	if _, err := io.ReadFull(random, bits); err != nil {
		return "", fmt.Errorf("draw a secret access key: %w", err)
	}
	return (secretPrefix + base64.RawURLEncoding.EncodeToString(bits))[:secretLength], nil
}
