package offering

import (
	"slices"
	"time"
)

// Promotion lowers the price of the slots bought with it, for some periods.
type Promotion struct {
	ID               string
	Description      string
	OfferingIDs      []string // those that it applies to; empty means all
	NewCustomersOnly bool
	From, Until      time.Time // usable in [From, Until); a zero instant sets no bound
	PercentOff       []int     // for each period, starting with that of the purchase
}

// UsableAt reports whether the promotion is open at t.
func (p Promotion) UsableAt(t time.Time) bool {
	return !t.Before(p.From) && (p.Until.IsZero() || t.Before(p.Until))
}

// Covers reports whether the promotion applies to an offering.
func (p Promotion) Covers(offeringID string) bool {
	return len(p.OfferingIDs) == 0 || slices.Contains(p.OfferingIDs, offeringID)
}
