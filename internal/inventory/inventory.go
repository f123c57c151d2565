// Package inventory keeps what a lab has: every version of the fleet that its
// operator put in force, and what accounts say about the instances that they may
// use: labels, and instance profiles.
//
// It decides which fleet is in force, which devices an account sees, and who may
// change what about an instance. What a valid fleet is, package device decides.
// What an instance is doing at the moment is for others to know; a function says it.
package inventory

import (
	"time"

	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/store"
)

// The keys of documents, or how they begin.
const (
	// Head is the key of the document that says which version of the fleet is in
	// force.
	Head = prefix + "head"

	prefix    = "inventory/fleet/"
	versions  = prefix + "version/"
	profiles  = "inventory/profile/"  // an account and an id follow
	instances = "inventory/instance/" // an account and a udid follow
)

// Kinds returns the kinds of documents that only acts change. What accounts say is
// none of the operator's acts.
func Kinds() []acts.Kind { return []acts.Kind{{Prefix: prefix, Content: acts.Body}} }

// Config is what an inventory works with. All fields but Status are required.
type Config struct {
	Store store.Documents
	Acts  acts.Recorder    // of fleets that are put in force
	Fleet device.Fleet     // to begin with; a stored one comes first
	Now   func() time.Time // the wall clock
	NewID func() string    // unique ids

	// Status says what the instance with a udid is doing. By default every instance
	// is available.
	Status func(udid string) device.Status
}

// New returns the fleet, the devices in it as accounts see them, and the instance
// profiles of accounts. The fleet is the one to begin with, until Follow or Refresh
// finds a stored one.
func New(c Config) (*Fleet, *Devices, *Profiles) {
	if c.Status == nil {
		c.Status = func(string) device.Status { return device.InstanceAvailable }
	}
	f := &Fleet{config: c}
	f.current.Store(newEdition(0, c.Fleet))
	p := &Profiles{c}
	return f, &Devices{c, f, p}, p
}
