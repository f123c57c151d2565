package account

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Cents is money.Cents, under a short name for the types of this package.
type Cents = money.Cents

// Kind says what an event is.
type Kind string

// The kinds of events.
const (
	KindOpened     Kind = "opened"
	KindConfigured Kind = "configured"
	KindClock      Kind = "clock"
	KindPurchased  Kind = "purchased"
	KindRenewed    Kind = "renewed"
	KindRolled     Kind = "rolled"
	KindCancelled  Kind = "cancelled"
	KindCredited   Kind = "credited"
	KindBooked     Kind = "booked"
	KindActed      Kind = "acted"
)

// Event is one thing that happened to an account. Which fields are set depends
// on Kind. It holds all that Apply needs, including prices and percentages, so
// that a journal can be replayed without the catalogue of its time.
type Event struct {
	Kind         Kind          `json:"kind"`
	At           time.Time     `json:"at"`
	Opening      *Opening      `json:"opening,omitempty"`
	Settings     *Settings     `json:"settings,omitempty"`
	Frozen       *time.Time    `json:"frozen,omitzero"`        // of KindClock; nil means released
	Transactions []Transaction `json:"transactions,omitempty"` // created by this event
	Lot          *Lot          `json:"lot,omitempty"`          // of a purchase with a promotion
	Charges      []Charge      `json:"charges,omitempty"`      // of KindRolled
	Cancelled    string        `json:"cancelled,omitempty"`    // of KindCancelled, the id of the offering
	Credit       *Credit       `json:"credit,omitempty"`       // of KindCredited
	Booking      *Booking      `json:"booking,omitempty"`      // of KindBooked
	Act          *Act          `json:"act,omitempty"`          // of KindActed
}

// TransactionType is the API's OfferingTransactionType.
type TransactionType string

// The values of OfferingTransactionType.
const (
	Purchase TransactionType = "PURCHASE"
	Renew    TransactionType = "RENEW"
	System   TransactionType = "SYSTEM"
)

// Transaction is one line of the account's transaction list. It never changes.
type Transaction struct {
	ID          string          `json:"id"`
	Type        TransactionType `json:"type"`
	OfferingID  string          `json:"offeringId"`
	Quantity    int             `json:"quantity"`
	PromotionID string          `json:"promotionId,omitempty"`
	CreatedOn   time.Time       `json:"createdOn"`
	EffectiveOn time.Time       `json:"effectiveOn"`
	Cost        Cents           `json:"cents"`
}

// Charge is what one offering costs for one period, charged at the boundary.
// Its transaction is the RENEW that set the quantity, or else the SYSTEM
// transaction of the same event. Asked is the quantity of a standing renewal
// that was above what the account may hold; it is 0 if there was none.
type Charge struct {
	OfferingID    string `json:"offeringId"`
	Quantity      int    `json:"quantity"`
	Cost          Cents  `json:"cents"`
	TransactionID string `json:"transactionId"`
	Asked         int    `json:"asked,omitempty"`
}

// Apply returns the state after an event. It is the only function that makes
// one state from another. It trusts the event, which a command has checked.
func Apply(s State, e Event) State {
	s = s.in(e.At)
	switch e.Kind {
	case KindOpened:
		s = State{Seed: e.Opening.Seed, Status: Active, Test: e.Opening.Test, Frozen: e.Opening.Frozen}
	case KindConfigured:
		s = e.Settings.apply(s)
	case KindClock:
		s.Frozen = e.Frozen
	case KindPurchased:
		s = applyPurchase(s, e)
	case KindRenewed:
		s = applyRenewal(s, e.Transactions[0])
	case KindCancelled:
		s = applyCancellation(s, e)
	case KindBooked:
		s = applyBooking(s, e)
	case KindRolled:
		for _, c := range e.Charges {
			s = applyCharge(s, c, offering.PeriodOf(e.At))
		}
	}
	s.At = e.At
	s.Transactions += len(e.Transactions)
	return s
}

func applyPurchase(s State, e Event) State {
	t := e.Transactions[0]
	h := s.Holding(t.OfferingID)
	h.Current += t.Quantity
	if e.Lot != nil {
		h.Lots = append(slices.Clone(h.Lots), *e.Lot)
		s.Promotions = append(slices.Clone(s.Promotions), e.Lot.PromotionID)
	}
	s.Customer = true
	return s.with(h)
}

func applyRenewal(s State, t Transaction) State {
	h := s.Holding(t.OfferingID)
	h.Next = &Renewal{Quantity: t.Quantity, Cost: t.Cost, TransactionID: t.ID}
	return s.with(h)
}

// applyCancellation takes a standing renewal back. If the event has a
// transaction, that renews 0 slots instead.
func applyCancellation(s State, e Event) State {
	if len(e.Transactions) > 0 {
		return applyRenewal(s, e.Transactions[0])
	}
	h := s.Holding(e.Cancelled)
	h.Next = nil
	return s.with(h)
}

func applyCharge(s State, c Charge, p offering.Period) State {
	h := s.Holding(c.OfferingID)
	h.Current, h.Next = c.Quantity, nil
	h.Lots = remainingLots(h.Lots, c.Quantity, p)
	s.Customer = s.Customer || c.Quantity > 0
	return s.with(h)
}

// remainingLots returns the lots that still lower a price after period p. Lots
// that run in p are cut to quantity slots in total; slots that were given up do
// not become discounted again.
func remainingLots(lots []Lot, quantity int, p offering.Period) []Lot {
	var kept []Lot
	for _, l := range lots {
		if !l.runs(p) {
			continue
		}
		l.Quantity = min(l.Quantity, quantity)
		quantity -= l.Quantity
		if l.Quantity > 0 && l.runs(p.Next()) {
			kept = append(kept, l)
		}
	}
	return kept
}

// with returns s with h in place of its holding of h's offering.
func (s State) with(h Holding) State {
	i, found := s.find(h.OfferingID)
	holdings := slices.Clone(s.Holdings)
	switch empty := h.Current == 0 && h.Next == nil; {
	case found && empty:
		holdings = slices.Delete(holdings, i, i+1)
	case found:
		holdings[i] = h
	case !empty:
		holdings = slices.Insert(holdings, i, h)
	}
	if len(holdings) == 0 {
		holdings = nil
	}
	s.Holdings = holdings
	return s
}

// transactionID returns the id of the account's n-th transaction, counted from
// 1: a UUID made from the account's seed and n, so that repeating a decision
// gives the same id.
func (s State) transactionID(n int) string {
	sum := sha256.Sum256([]byte(s.Seed + "/" + strconv.Itoa(n)))
	id := uuid.UUID(sum[:16])
	id[6] = id[6]&0x0f | 0x80 // version 8: a layout of our own
	id[8] = id[8]&0x3f | 0x80 // the RFC 9562 variant
	return id.String()
}
