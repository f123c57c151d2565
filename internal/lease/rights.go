package lease

import (
	"fmt"
	"maps"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
)

// Rights is how many sessions an account may have at once, as its journal says.
type Rights struct {
	Status   account.Status
	Metered  int // metered sessions on devices, all together
	TestGrid int
	Waiting  int // sessions that wait
	slots    map[Class]int
}

// RightsOf returns the rights that an account has in a state, which was rolled to
// now. A slot of an offering in the catalogue is one unmetered session of the
// offering's use and platform.
func RightsOf(s account.State, terms account.Terms) Rights {
	r := Rights{
		Status: s.Status, Metered: s.MeteredLimit(), TestGrid: s.TestGridLimit(), Waiting: s.WaitingLimit(),
		slots: map[Class]int{},
	}
	for _, h := range s.Holdings {
		slot, ok := terms.Catalog.Offering(h.OfferingID)
		if !ok || h.Current == 0 {
			continue
		}
		kind := account.Job
		if slot.RemoteAccess {
			kind = account.RemoteAccess
		}
		r.slots[Class{kind, slot.Platform, account.Unmetered}] += h.Current
	}
	return r
}

// Most returns how many sessions of the class, and of those that share its bound,
// the account may have at once.
func (r Rights) Most(c Class) int {
	switch {
	case c.Kind == account.TestGrid:
		return r.TestGrid
	case c.Method == account.Metered:
		return r.Metered
	}
	return r.slots[c]
}

// Free returns how many more sessions of the class may begin. It is below zero if
// more are in use than the account may have, which happens when a period ends.
func (r Rights) Free(u Usage, c Class) int {
	if r.Status != account.Active {
		return 0
	}
	return r.Most(c) - u.Count(c)
}

// CheckQueue returns nil if another session may be queued. Errors: NotEligible and
// ServiceAccount by the account's status, LimitExceeded if too many wait.
func (r Rights) CheckQueue(u Usage) error {
	switch {
	case r.Status == account.Ineligible:
		return fault.New(fault.NotEligible, "The account may not use device slots.")
	case r.Status != account.Active:
		return fault.New(fault.ServiceAccount, "The account is suspended; nothing begins until its billing problem is solved.")
	case u.Waiting >= r.Waiting:
		return fault.New(fault.LimitExceeded, "%d sessions of the account wait already, and at most %d may.", u.Waiting, r.Waiting)
	}
	return nil
}

// Usage is how much of its rights an account uses. Every session that holds an
// instance is counted, and every one that waits.
type Usage struct {
	InUse   map[Class]int `json:"inUse,omitempty"`
	Waiting int           `json:"waiting,omitzero"`
	Places  int64         `json:"places,omitzero"` // that were given in the queue so far
}

// Count returns how many sessions count against the bound of the class.
func (u Usage) Count(c Class) int {
	n := 0
	for other, sessions := range u.InUse {
		if other.bound() == c.bound() {
			n += sessions
		}
	}
	return n
}

// Queue returns the usage with one more session that waits, and its place.
func (u Usage) Queue() (after Usage, place int64) {
	u.Places++
	u.Waiting++
	return u, u.Places
}

// Leave returns the usage with one session less that waits.
func (u Usage) Leave() Usage {
	u.Waiting--
	return u
}

// Begin returns the usage with one more session that holds an instance.
func (u Usage) Begin(c Class) Usage { return u.add(c, 1) }

// End returns the usage with one session less that holds an instance.
func (u Usage) End(c Class) Usage { return u.add(c, -1) }

func (u Usage) add(c Class, n int) Usage {
	counts := maps.Clone(u.InUse)
	if counts == nil {
		counts = map[Class]int{}
	}
	if counts[c] += n; counts[c] == 0 {
		delete(counts, c)
	}
	if len(counts) == 0 {
		counts = nil
	}
	u.InUse = counts
	return u
}

// Differs says in what the sessions in use differ from those of another usage, ""
// if in nothing.
func (u Usage) Differs(other Usage) string {
	if maps.Equal(u.InUse, other.InUse) {
		return ""
	}
	return fmt.Sprintf("usage counts %v, and the live sessions are %v", u.InUse, other.InUse)
}
