// Package account holds the rules of one account: what it may buy and renew,
// what that costs, and what happens at the end of each billing period.
//
// A command is a method of State that returns the Event it causes, or an error
// and no event; Apply is the only way from one state to the next. Nothing here
// reads a clock, draws a random number or does I/O: time comes in as now, and
// the identity of a transaction follows from the account's seed. States are
// values: no function changes its argument.
package account

import (
	"slices"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// ID names an account: twelve decimal digits, like AWS account numbers.
type ID string

// ParseID returns text as an ID, or an Argument error.
func ParseID(text string) (ID, error) {
	if len(text) != 12 || strings.Trim(text, "0123456789") != "" {
		return "", fault.New(fault.Argument, "account %s is not an account id; an account id has twelve digits", fault.Quote(text))
	}
	return ID(text), nil
}

// MaxQuantity is the highest number of slots of one offering that a limit may
// allow, whoever sets it.
const MaxQuantity = 1_000_000

// Status says what an account may do.
type Status string

// The statuses.
const (
	// Active accounts may do everything.
	Active Status = "ACTIVE"
	// Ineligible accounts may not use the offering operations at all.
	Ineligible Status = "INELIGIBLE"
	// Suspended accounts may read, but neither buy nor renew.
	Suspended Status = "SUSPENDED"
)

// Terms are the seller's conditions, the same for every account.
type Terms struct {
	Catalog  offering.Catalog
	MaxSlots int // per offering, if an account has no limit of its own
}

// State is all that is known of an account at one point of its journal. The
// zero State is an account that was never opened.
type State struct {
	Seed         string     `json:"seed"`             // makes transaction ids unique
	At           time.Time  `json:"at"`               // of the newest event; time never goes back behind it
	Status       Status     `json:"status"`           //
	Test         bool       `json:"test,omitzero"`    // a test account has a clock of its own
	Frozen       *time.Time `json:"frozen,omitzero"`  // the time at which a test account's clock is frozen
	Note         string     `json:"note,omitzero"`    // the operator's own words
	Limits       []Limit    `json:"limits,omitempty"` // own limits, by offering id
	Quotas       Quotas     `json:"quotas,omitzero"`  // own ones
	Holdings     []Holding  `json:"holdings,omitempty"`
	Promotions   []string   `json:"promotions,omitempty"`  // used ones, oldest first
	Customer     bool       `json:"customer,omitzero"`     // has held a slot
	Transactions int        `json:"transactions,omitzero"` // how many there are
	Booked       int        `json:"booked,omitzero"`       // how many sessions were booked
	Trial        Millis     `json:"trialMs,omitzero"`      // how much of the trial was used
	Tallies      []Tally    `json:"tallies,omitempty"`     // of the sessions booked in the period of At
}

// Limit is the most slots of one offering that an account may hold.
type Limit struct {
	OfferingID string `json:"offeringId"`
	Max        int    `json:"max"`
}

// Holding is what an account has of one offering. Holdings are ordered by
// offering id. A holding with no slots now and none to come is not kept.
type Holding struct {
	OfferingID string   `json:"offeringId"`
	Current    int      `json:"current"`
	Next       *Renewal `json:"next,omitempty"` // nil renews what is held
	Lots       []Lot    `json:"lots,omitempty"` // promoted slots, oldest first
}

// Renewal is a standing RenewOffering: it sets the next period's quantity, and
// its transaction is that period's charge.
type Renewal struct {
	Quantity      int    `json:"quantity"`
	Cost          Cents  `json:"cents"`
	TransactionID string `json:"transactionId"`
}

// Lot is a number of slots bought with a promotion.
type Lot struct {
	PromotionID string    `json:"promotionId"`
	Quantity    int       `json:"quantity"`
	Since       time.Time `json:"since"` // start of the period they were bought in
	PercentOff  []int     `json:"percentOff"`
}

// Opened reports whether the account was ever opened.
func (s State) Opened() bool { return s.Seed != "" }

// Now returns the account's time when the wall clock shows wall: the time of a
// test account's frozen clock, else the wall clock, and never before the newest
// event. It has whole milliseconds, like the API's timestamps.
func (s State) Now(wall time.Time) time.Time {
	now := wall.UTC().Truncate(time.Millisecond)
	if s.Frozen != nil {
		now = *s.Frozen
	}
	if now.Before(s.At) {
		return s.At
	}
	return now
}

// Holding returns what the account has of an offering, or a holding of zero
// slots if it has none.
func (s State) Holding(offeringID string) Holding {
	i, ok := s.find(offeringID)
	if !ok {
		return Holding{OfferingID: offeringID}
	}
	return s.Holdings[i]
}

func (s State) find(offeringID string) (int, bool) {
	return slices.BinarySearchFunc(s.Holdings, offeringID, func(h Holding, id string) int {
		return strings.Compare(h.OfferingID, id)
	})
}

// MaxSlots returns the most slots of an offering that the account may hold.
func (s State) MaxSlots(offeringID string, terms Terms) int {
	for _, l := range s.Limits {
		if l.OfferingID == offeringID {
			return l.Max
		}
	}
	return terms.MaxSlots
}

// Upcoming returns the quantity with which the next period starts: the standing
// renewal's, else what is held.
func (h Holding) Upcoming() int {
	if h.Next != nil {
		return h.Next.Quantity
	}
	return h.Current
}

// Reduction is the discount of a promotion on a number of slots.
type Reduction struct {
	PromotionID string
	Quantity    int
	PercentOff  int
}

// reductions returns the discounts of the promoted lots on quantity slots in
// period p. Lots whose promotion runs in p count, oldest first, for at most
// quantity slots.
func (h Holding) reductions(quantity int, p offering.Period) []Reduction {
	var reductions []Reduction
	for _, l := range h.Lots {
		if !l.runs(p) {
			continue
		}
		n := min(l.Quantity, quantity)
		quantity -= n
		if percent := l.PercentOff[l.months(p)]; n > 0 && percent > 0 {
			reductions = append(reductions, Reduction{l.PromotionID, n, percent})
		}
	}
	return reductions
}

// discounts returns the reductions without the names of their promotions.
func (h Holding) discounts(quantity int, p offering.Period) []offering.Discount {
	var discounts []offering.Discount
	for _, r := range h.reductions(quantity, p) {
		discounts = append(discounts, offering.Discount{Quantity: r.Quantity, PercentOff: r.PercentOff})
	}
	return discounts
}

// months returns for how many periods before p the lot's slots have been held.
func (l Lot) months(p offering.Period) int { return p.Since(offering.PeriodOf(l.Since)) }

// runs reports whether the lot's promotion still applies in period p.
func (l Lot) runs(p offering.Period) bool { return l.months(p) < len(l.PercentOff) }
