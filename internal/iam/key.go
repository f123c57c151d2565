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
	Account  string // twelve digits: whose key it is
	Name     string // what its owner calls it
	Created  time.Time
	Disabled bool // a disabled key signs nothing
	Policy   Policy
}

// The prefixes say what a found key is for. AWS's begin with other letters, and
// its secrets have no "_", so scanners for AWS's secrets leave these alone.
const (
	idPrefix     = "SLOT"
	secretPrefix = "slot_"
)

// secretLength is that of AWS's secrets, which some clients check.
const secretLength = 40

// KeyIDLength is how many characters the id of an access key has.
const KeyIDLength = 20

// NewKeyID draws an access key id of 80 bits from random: 20 characters, as
// AWS's have. None is twelve digits, which stand for an account in the sandbox.
func NewKeyID(random io.Reader) (string, error) {
	bits := make([]byte, 10)
	if _, err := io.ReadFull(random, bits); err != nil {
		return "", fmt.Errorf("draw an access key id: %w", err)
	}
	return idPrefix + base32.StdEncoding.EncodeToString(bits), nil
}

// NewSecret draws a secret access key of 210 bits from random. It has no
// character that a shell, a URL or a file of settings takes for its own.
func NewSecret(random io.Reader) (string, error) {
	bits := make([]byte, 27)
	if _, err := io.ReadFull(random, bits); err != nil {
		return "", fmt.Errorf("draw a secret access key: %w", err)
	}
	return (secretPrefix + base64.RawURLEncoding.EncodeToString(bits))[:secretLength], nil
}
