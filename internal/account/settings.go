package account

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/plaintext"
)

// Opening is how an account starts.
type Opening struct {
	Seed   string     `json:"seed"`            // unique to the account, never empty
	Test   bool       `json:"test,omitzero"`   //
	Frozen *time.Time `json:"frozen,omitzero"` // the time at which a test account's clock is frozen
}

// Open returns the event that opens an account at now, or at the instant at
// which its clock is frozen.
func Open(o Opening, now time.Time) Event {
	if o.Frozen != nil {
		frozen := o.Frozen.UTC().Truncate(time.Millisecond)
		o.Frozen = &frozen
	}
	at := State{Frozen: o.Frozen}.Now(now)
	return Event{Kind: KindOpened, At: at, Opening: &o}
}

// Settings are what the operator decides about an account. Nil fields leave a
// setting unchanged.
type Settings struct {
	Status *Status `json:"status,omitempty"`
	Test   *bool   `json:"test,omitempty"`
	Limits []Limit `json:"limits,omitempty"` // the others stay
	Quotas *Quotas `json:"quotas,omitempty"` // nil fields stay
	Note   *string `json:"note,omitempty"`   // "" removes it
}

// maxNote is the largest length of a note in bytes.
const maxNote = 256

// Configure changes settings. Errors: Argument for an unknown status, a limit out
// of range and a note that is too long or more than a line, NotFound for a limit on an offering that does not exist,
// Conflict for a change of Test once there are transactions, sessions or a frozen clock.
func (s State) Configure(c Settings, terms Terms, now time.Time) (Event, error) {
	if c.Status != nil && !slices.Contains([]Status{Active, Ineligible, Suspended}, *c.Status) {
		return Event{}, fault.New(fault.Argument, "status %s is unknown; it must be %s, %s or %s.", fault.Quote(string(*c.Status)), Active, Ineligible, Suspended)
	}
	if c.Test != nil && *c.Test != s.Test && (s.charged() || s.Frozen != nil) {
		return Event{}, fault.New(fault.Conflict, "test cannot change: the account has %d transactions%s, or its clock is frozen.", s.Transactions, s.bookedText())
	}
	if c.Note != nil {
		if err := plaintext.Check("note", *c.Note, maxNote); err != nil {
			return Event{}, err
		}
	}
	if err := c.Quotas.check(); err != nil {
		return Event{}, err
	}
	for _, l := range c.Limits {
		if _, err := terms.offering(l.OfferingID); err != nil {
			return Event{}, err
		}
		if l.Max < 0 || l.Max > MaxQuantity {
			return Event{}, fault.New(fault.Argument, "maxSlots %d of offering %q is out of range; it must be from 0 to %d.",
				l.Max, l.OfferingID, MaxQuantity)
		}
	}
	return Event{Kind: KindConfigured, At: now, Settings: &c}, nil
}

func (c Settings) apply(s State) State {
	if c.Status != nil {
		s.Status = *c.Status
	}
	if c.Test != nil {
		s.Test = *c.Test
	}
	if c.Note != nil {
		s.Note = *c.Note
	}
	if c.Quotas != nil {
		s.Quotas = s.Quotas.with(*c.Quotas)
	}
	s.Limits = slices.Clone(s.Limits)
	for _, l := range c.Limits {
		s.Limits = slices.DeleteFunc(s.Limits, func(old Limit) bool { return old.OfferingID == l.OfferingID })
		s.Limits = append(s.Limits, l)
	}
	slices.SortFunc(s.Limits, func(a, b Limit) int { return strings.Compare(a.OfferingID, b.OfferingID) })
	return s
}

// bookedText says how many sessions the account has, if it has any.
func (s State) bookedText() string {
	if s.Booked == 0 {
		return ""
	}
	return fmt.Sprintf(" and %d sessions", s.Booked)
}
