package account

import (
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Due returns the wall-clock time at which the account has to be rolled next,
// or the zero time if there is none: nothing is held and nothing is to come, or
// its clock is frozen.
func (s State) Due() time.Time {
	if s.Frozen != nil {
		return time.Time{}
	}
	return s.end()
}

// end returns the next boundary of the account's own time: the end of the
// newest event's period, or the zero time if nothing is held and nothing is to
// come.
func (s State) end() time.Time {
	if len(s.Holdings) == 0 {
		return time.Time{}
	}
	return offering.PeriodOf(s.At).Next().Start()
}

// Behind reports whether the account has not been rolled through a boundary
// that has passed.
func (s State) Behind(now time.Time) bool {
	end := s.end()
	return !end.IsZero() && !end.After(now)
}

// Roll crosses every boundary up to and including now, one event each, oldest
// first, and returns the events. The events depend only on the state, the terms
// and now, so crossing many boundaries at once gives the same result as
// crossing each when it passes.
func (s State) Roll(terms Terms, now time.Time) ([]Event, error) {
	var events []Event
	for s.Behind(now) {
		e, err := s.boundary(terms)
		if err != nil {
			return nil, err
		}
		events = append(events, e)
		s = Apply(s, e)
	}
	return events, nil
}

// boundary returns the event of crossing the next boundary: for each holding,
// the next quantity becomes the current one and is charged in full. A standing
// renewal is its own charge, unless it is above what the account may hold by now;
// then, and without one, a SYSTEM transaction records the charge.
func (s State) boundary(terms Terms) (Event, error) {
	e := Event{Kind: KindRolled, At: s.end()}
	for _, h := range s.Holdings {
		most := max(h.Current, s.MaxSlots(h.OfferingID, terms))
		if h.Next != nil && h.Next.Quantity <= most {
			e.Charges = append(e.Charges, Charge{
				OfferingID: h.OfferingID, Quantity: h.Next.Quantity, Cost: h.Next.Cost, TransactionID: h.Next.TransactionID,
			})
			continue
		}
		slot, ok := terms.Catalog.Offering(h.OfferingID)
		if !ok {
			return Event{}, fault.New(fault.Internal, "offering %q is held but is not in the catalogue", h.OfferingID)
		}
		t := s.systemRenewal(slot, h, min(h.Upcoming(), most))
		t.ID = s.transactionID(s.Transactions + len(e.Transactions) + 1)
		c := Charge{OfferingID: t.OfferingID, Quantity: t.Quantity, Cost: t.Cost, TransactionID: t.ID}
		if h.Next != nil {
			c.Asked = h.Next.Quantity
		}
		e.Transactions, e.Charges = append(e.Transactions, t), append(e.Charges, c)
	}
	return e, nil
}

// systemRenewal returns a SYSTEM transaction of the next boundary, without its id.
func (s State) systemRenewal(slot offering.Offering, h Holding, quantity int) Transaction {
	at := s.end()
	p := offering.PeriodOf(at)
	return Transaction{
		Type: System, OfferingID: h.OfferingID, Quantity: quantity,
		CreatedOn: at, EffectiveOn: at, Cost: slot.Full(quantity, h.discounts(quantity, p), p),
	}
}
