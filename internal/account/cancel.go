package account

import (
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Cancellation says what the operator cancels for an account's next period.
type Cancellation struct {
	OfferingID string
	Held       bool // whether the slots held are not renewed either
}

// Cancel takes a standing renewal back, so that the next period renews what is
// held; with Held, the next period starts with no slots, which a RENEW
// transaction of 0 slots records. Only the operator does this, so the account
// may be ineligible or suspended. Errors: NotFound if the offering does not
// exist; Conflict if there is nothing to take back.
func (s State) Cancel(c Cancellation, terms Terms, now time.Time) (Event, error) {
	if _, err := terms.offering(c.OfferingID); err != nil {
		return Event{}, err
	}
	h, e := s.Holding(c.OfferingID), Event{Kind: KindCancelled, At: now, Cancelled: c.OfferingID}
	if c.Held {
		if h.Upcoming() == 0 {
			return Event{}, fault.New(fault.Conflict, "offering %q has no slots in the next period; there is nothing to cancel.", c.OfferingID)
		}
		next, err := nextPeriod(now)
		if err != nil {
			return Event{}, err
		}
		e.Transactions = []Transaction{{
			ID: s.transactionID(s.Transactions + 1), Type: Renew, OfferingID: c.OfferingID, CreatedOn: now, EffectiveOn: next.Start(),
		}}
		return e, nil
	}
	if h.Next == nil {
		return Event{}, fault.New(fault.Conflict, "offering %q has no standing renewal; there is nothing to take back.", c.OfferingID)
	}
	return e, nil
}

// nextPeriod returns the period after that of an instant, or an Argument error
// for the last period before the year 10000, which RFC 3339 cannot write.
func nextPeriod(now time.Time) (offering.Period, error) {
	next := offering.PeriodOf(now).Next()
	if !next.Start().Before(latest) {
		return next, fault.New(fault.Argument, "A renewal takes effect in the next period, but %s is in the last period: time ends with the year 9999.", now.Format(time.DateOnly))
	}
	return next, nil
}
