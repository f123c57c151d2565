// Package schedule decides which waiting session gets which instance: within an
// account first come, first served, and among accounts whoever got the device
// longest ago. It is pure; package fleet reads what it needs and stores what comes
// of it.
package schedule

import (
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/lease"
)

// Wait is one session in the queue.
type Wait struct {
	Session string      `json:"session"` // id
	Class   lease.Class `json:"class"`
	Units   []string    `json:"units"`
	Only    string      `json:"only,omitempty"` // the one instance that would do
	Place   int64       `json:"place"`
	Since   time.Time   `json:"since"`
}

// Free is an instance that is ready.
type Free struct {
	ID   string     `json:"id"`
	Unit string     `json:"unit"`
	For  account.ID `json:"for,omitempty"` // the one account that may have it; "" is any
}

// Match is an instance for a session.
type Match struct {
	Wait Wait
	Free Free
}

// Queue is what one account waits for, oldest first.
type Queue struct {
	Account account.ID
	Rights  lease.Rights
	Usage   lease.Usage
	Waits   []Wait
}

// Admit returns the sessions of the account that begin now, in their order, if the
// free instances are all for this account to take. A session without a slot or an
// instance lets others pass: those of another class, and those that wait for
// another device. Two of one class that want one device never pass each other.
func (q Queue) Admit(free []Free) []Match {
	left := remaining{free: free, taken: make([]bool, len(free))}
	usage := q.Usage
	var matches []Match
	for _, w := range q.Waits {
		if q.Rights.Free(usage, w.Class) <= 0 {
			continue
		}
		if f, ok := left.take(q.Account, w); ok {
			matches = append(matches, Match{w, f})
			usage = usage.Leave().Begin(w.Class)
		}
	}
	return matches
}

// First returns the oldest session that could begin if the instance were for this
// account to take.
func (q Queue) First(f Free) (Wait, bool) {
	for _, m := range q.Admit([]Free{f}) {
		return m.Wait, true
	}
	return Wait{}, false
}

// remaining are instances that nobody took yet.
type remaining struct {
	free  []Free
	taken []bool
}

// take takes an instance for a session: of the first of its units that has one.
func (r remaining) take(owner account.ID, w Wait) (Free, bool) {
	for _, unit := range w.Units {
		for i, f := range r.free {
			if !r.taken[i] && f.fits(owner, unit, w.Only) {
				r.taken[i] = true
				return f, true
			}
		}
	}
	return Free{}, false
}

func (f Free) fits(owner account.ID, unit, only string) bool {
	return f.Unit == unit && (only == "" || f.ID == only) && (f.For == "" || f.For == owner)
}

// Claim is an account's right to the next instance of a device.
type Claim struct {
	Account account.ID
	Last    time.Time // it got the device; the zero time is never
	Since   time.Time // it waits for the device
}

// Before reports whether the claim comes before another one: the account that got
// the device longest ago, then the one that waits longest.
func (c Claim) Before(other Claim) bool {
	switch {
	case !c.Last.Equal(other.Last):
		return c.Last.Before(other.Last)
	case !c.Since.Equal(other.Since):
		return c.Since.Before(other.Since)
	}
	return c.Account < other.Account
}
