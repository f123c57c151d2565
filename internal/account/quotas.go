package account

import "github.com/slotfarm/slotfarm/internal/fault"

// Quotas bound how many sessions an account has at a time, beside its slots. A nil
// field stands for the default.
type Quotas struct {
	Metered  *int `json:"metered,omitempty"`  // metered sessions on devices
	TestGrid *int `json:"testGrid,omitempty"` // sessions on browsers
	Waiting  *int `json:"waiting,omitempty"`  // sessions that wait for a slot or a device
}

// AWS's quotas: five metered devices and fifty browsers at a time, and 250 jobs in
// flight.
const (
	defaultMetered  = 5
	defaultTestGrid = 50
	defaultWaiting  = 250
)

// maxQuota is the highest quota that can be set.
const maxQuota = 100_000

// MeteredLimit returns how many metered sessions on devices the account may have at
// a time.
func (s State) MeteredLimit() int { return valueOr(s.Quotas.Metered, defaultMetered) }

// TestGridLimit returns how many sessions on browsers the account may have at a
// time.
func (s State) TestGridLimit() int { return valueOr(s.Quotas.TestGrid, defaultTestGrid) }

// WaitingLimit returns how many sessions of the account may wait at a time.
func (s State) WaitingLimit() int { return valueOr(s.Quotas.Waiting, defaultWaiting) }

func valueOr(value *int, otherwise int) int {
	if value == nil {
		return otherwise
	}
	return *value
}

// check returns an Argument error for a quota that is out of range.
func (q *Quotas) check() error {
	if q == nil {
		return nil
	}
	for _, quota := range []struct {
		name  string
		value *int
	}{{"metered", q.Metered}, {"testGrid", q.TestGrid}, {"waiting", q.Waiting}} {
		if quota.value != nil && (*quota.value < 0 || *quota.value > maxQuota) {
			return fault.New(fault.Argument, "limit %s is %d; it must be from 0 to %d.", quota.name, *quota.value, maxQuota)
		}
	}
	return nil
}

// with returns the quotas with those of other that are set.
func (q Quotas) with(other Quotas) Quotas {
	if other.Metered != nil {
		q.Metered = other.Metered
	}
	if other.TestGrid != nil {
		q.TestGrid = other.TestGrid
	}
	if other.Waiting != nil {
		q.Waiting = other.Waiting
	}
	return q
}
