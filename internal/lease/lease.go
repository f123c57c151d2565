// Package lease holds the rules of who may hold what: how many sessions an account
// may have at once, what a session goes through from its request to its end, and
// what an instance goes through between two sessions.
//
// Everything here is a value. A transition returns the value after it, or an error
// that names what forbids it. Which waiting session gets which instance is decided
// in package schedule, and package fleet alone stores what comes of it.
package lease

import (
	"strings"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Class is what sessions are counted by: what they are, on which platform, and how
// they are paid for. Test grid sessions have no platform and are always metered.
type Class struct {
	Kind     account.SessionKind
	Platform offering.Platform
	Method   account.BillingMethod
}

// String returns the class as kind/platform/method.
func (c Class) String() string {
	return strings.Join([]string{string(c.Kind), string(c.Platform), string(c.Method)}, "/")
}

// MarshalText writes the class as String does.
func (c Class) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads what MarshalText writes.
func (c *Class) UnmarshalText(text []byte) error {
	parts := strings.Split(string(text), "/")
	if len(parts) != 3 {
		return fault.New(fault.Malformed, "%s is not a class of sessions; one is kind/platform/method", fault.Quote(string(text)))
	}
	*c = Class{account.SessionKind(parts[0]), offering.Platform(parts[1]), account.BillingMethod(parts[2])}
	return nil
}

// bound returns the class by which sessions of this class are bounded: metered
// sessions on devices share one bound, whatever they are and wherever they run.
func (c Class) bound() Class {
	if c.Method == account.Metered && c.Kind != account.TestGrid {
		return Class{Method: account.Metered}
	}
	return c
}
