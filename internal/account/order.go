package account

import (
	"slices"
	"time"
	"unicode/utf8"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Order asks for slots of one offering: a purchase adds Quantity to what is
// held, a renewal sets the next period's quantity to it.
type Order struct {
	OfferingID  string
	Quantity    int
	PromotionID string // of purchases only; "" if there is none
}

// Eligible returns nil, or NotEligible if the account may not use the offering
// operations.
func (s State) Eligible() error {
	if s.Status == Ineligible {
		return fault.New(fault.NotEligible, "This account is not eligible for device slot offerings. Ask the operator of this service to make it eligible.")
	}
	return nil
}

// Purchase buys slots at once and charges the rest of the period. It returns
// the event, with one PURCHASE transaction. The checks run in the order of
// docs/design.md: NotEligible, Argument, NotFound, NotEligible (promotion),
// LimitExceeded, ServiceAccount.
func (s State) Purchase(o Order, terms Terms, now time.Time) (Event, error) {
	if err := s.Eligible(); err != nil {
		return Event{}, err
	}
	if err := o.check(1); err != nil {
		return Event{}, err
	}
	slot, err := terms.offering(o.OfferingID)
	if err != nil {
		return Event{}, err
	}
	lot, err := s.lot(o, terms, now)
	if err != nil {
		return Event{}, err
	}
	if err := s.checkTotal(o, s.Holding(o.OfferingID).Current, terms); err != nil {
		return Event{}, err
	}
	if err := s.inGoodStanding(); err != nil {
		return Event{}, err
	}
	percent := 0
	if lot != nil {
		percent = lot.PercentOff[0]
	}
	return Event{
		Kind: KindPurchased,
		At:   now,
		Lot:  lot,
		Transactions: []Transaction{{
			ID: s.transactionID(s.Transactions + 1), Type: Purchase,
			OfferingID: o.OfferingID, Quantity: o.Quantity, PromotionID: o.PromotionID,
			CreatedOn: now, EffectiveOn: now, Cost: slot.Prorated(o.Quantity, percent, now),
		}},
	}, nil
}

// Renew sets the quantity of the next period; 0 cancels. It returns the event,
// with one RENEW transaction that is charged at the boundary unless another
// renewal replaces it before. The checks are those of Purchase.
func (s State) Renew(o Order, terms Terms, now time.Time) (Event, error) {
	if err := s.Eligible(); err != nil {
		return Event{}, err
	}
	if err := o.check(0); err != nil {
		return Event{}, err
	}
	slot, err := terms.offering(o.OfferingID)
	if err != nil {
		return Event{}, err
	}
	if err := s.checkTotal(o, 0, terms); err != nil {
		return Event{}, err
	}
	if err := s.inGoodStanding(); err != nil {
		return Event{}, err
	}
	next, err := nextPeriod(now)
	if err != nil {
		return Event{}, err
	}
	discounts := s.Holding(o.OfferingID).discounts(o.Quantity, next)
	return Event{
		Kind: KindRenewed,
		At:   now,
		Transactions: []Transaction{{
			ID: s.transactionID(s.Transactions + 1), Type: Renew,
			OfferingID: o.OfferingID, Quantity: o.Quantity,
			CreatedOn: now, EffectiveOn: next.Start(), Cost: slot.Full(o.Quantity, discounts, next),
		}},
	}, nil
}

// check checks the order against the bounds of the API model.
func (o Order) check(minimum int) error {
	if n := utf8.RuneCountInString(o.OfferingID); n < offering.MinIDLength {
		return fault.New(fault.Argument, "offeringId %q has %d characters; an offering id has at least %d.",
			o.OfferingID, n, offering.MinIDLength)
	}
	if o.Quantity < minimum {
		return fault.New(fault.Argument, "quantity %d is too small; it must be at least %d.", o.Quantity, minimum)
	}
	if n := utf8.RuneCountInString(o.PromotionID); n > 0 && n < offering.MinPromotionIDLength {
		return fault.New(fault.Argument, "offeringPromotionId %q has %d characters; a promotion id has at least %d.",
			o.PromotionID, n, offering.MinPromotionIDLength)
	}
	return nil
}

func (t Terms) offering(id string) (offering.Offering, error) {
	o, ok := t.Catalog.Offering(id)
	if !ok {
		return o, fault.New(fault.NotFound, "There is no offering with the id %s. ListOfferings lists all of them.", fault.Quote(id))
	}
	return o, nil
}

// lot returns the lot of promoted slots that the order creates, or nil without
// a promotion.
func (s State) lot(o Order, terms Terms, now time.Time) (*Lot, error) {
	if o.PromotionID == "" {
		return nil, nil
	}
	p, ok := terms.Catalog.Promotion(o.PromotionID)
	if !ok {
		return nil, fault.New(fault.NotFound, "There is no promotion with the id %s. ListOfferingPromotions lists all of them.", fault.Quote(o.PromotionID))
	}
	if reason := s.refusal(p, now); reason != "" {
		return nil, fault.New(fault.NotEligible, "Promotion %q %s.", p.ID, reason)
	}
	if !p.Covers(o.OfferingID) {
		return nil, fault.New(fault.NotEligible, "Promotion %q does not apply to offering %q.", p.ID, o.OfferingID)
	}
	return &Lot{
		PromotionID: p.ID, Quantity: o.Quantity,
		Since: offering.PeriodOf(now).Start(), PercentOff: p.PercentOff,
	}, nil
}

// Offers returns the promotions that the account can use at now, in catalogue
// order: those that are open, not yet used, and, if the account has held a
// slot, not reserved for new customers.
func (s State) Offers(terms Terms, now time.Time) []offering.Promotion {
	var offers []offering.Promotion
	for _, p := range terms.Catalog.Promotions {
		if s.refusal(p, now) == "" {
			offers = append(offers, p)
		}
	}
	return offers
}

// refusal returns why a promotion is not offered to the account, or "" if it
// is.
func (s State) refusal(p offering.Promotion, now time.Time) string {
	switch {
	case slices.Contains(s.Promotions, p.ID):
		return "was already used by this account; it can be used only once"
	case !p.UsableAt(now):
		return "is not open at " + now.Format(time.RFC3339)
	case p.NewCustomersOnly && s.Customer:
		return "is for new customers, but this account has already held slots"
	}
	return ""
}

// checkTotal checks base plus the order's quantity against the limit.
func (s State) checkTotal(o Order, base int, terms Terms) error {
	limit := s.MaxSlots(o.OfferingID, terms)
	if o.Quantity <= limit-base {
		return nil
	}
	return fault.New(fault.LimitExceeded, "quantity %d would make %d slots of offering %q; this account may hold %d.",
		o.Quantity, base+o.Quantity, o.OfferingID, limit)
}

func (s State) inGoodStanding() error {
	if s.Status == Suspended {
		return fault.New(fault.ServiceAccount, "This account is suspended: it can read, but neither buy nor renew. Ask the operator of this service.")
	}
	return nil
}
