// Package offering holds what is for sale: offerings with the history of their
// prices, promotions, the catalogue of both, billing periods, and what a number
// of slots costs in a period.
//
// It does not know who buys: eligibility, limits and holdings are in package
// account.
package offering

import (
	"time"

	"github.com/slotfarm/slotfarm/internal/money"
)

// Platform is the operating system of an offering's devices (DevicePlatform).
type Platform string

// The values of DevicePlatform.
const (
	Android Platform = "ANDROID"
	IOS     Platform = "IOS"
)

// Offering is one product: a device slot that is billed by the month.
type Offering struct {
	ID           string
	Description  string
	Platform     Platform
	RemoteAccess bool    // for remote access sessions rather than automated tests
	Prices       []Price // oldest first; the first one has always been in force
}

// Price is the monthly price of one slot from an instant.
type Price struct {
	From    time.Time
	Monthly money.Cents
}

// PriceAt returns the monthly price of one slot in force at t: that of the last
// price whose From is not after t. An offering in a valid catalogue has one for
// every t.
func (o Offering) PriceAt(t time.Time) money.Cents {
	var monthly money.Cents
	for _, p := range o.Prices {
		if p.From.After(t) {
			break
		}
		monthly = p.Monthly
	}
	return monthly
}

// Prorated returns the cost of buying slots at t for the rest of t's period:
// price · quantity · days left / days in the period, less percentOff, rounded
// once on the total. The price is the one in force at t.
func (o Offering) Prorated(quantity, percentOff int, t time.Time) money.Cents {
	share := int64(quantity) * int64(100-percentOff) * int64(DaysLeft(t))
	whole := int64(100 * PeriodOf(t).Days())
	return money.RoundFraction(int64(o.PriceAt(t))*share, whole)
}

// Discount takes a percentage off a number of slots.
type Discount struct {
	Quantity   int
	PercentOff int
}

// Full returns the cost of holding slots for the whole period p, at the price
// in force at its start, less the discounts, rounded once on the total. The
// discounts cover at most quantity slots.
func (o Offering) Full(quantity int, discounts []Discount, p Period) money.Cents {
	share := 100 * int64(quantity)
	for _, d := range discounts {
		share -= int64(d.Quantity) * int64(d.PercentOff)
	}
	return money.RoundFraction(int64(o.PriceAt(p.Start()))*share, 100)
}
