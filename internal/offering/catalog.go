package offering

import (
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/money"
)

// Bounds of identifiers, from the API model (OfferingIdentifier and
// OfferingPromotionIdentifier), in characters.
const (
	MinIDLength          = 32
	MinPromotionIDLength = 4
)

// Catalog is everything for sale, in the order in which it is listed.
type Catalog struct {
	Offerings  []Offering
	Promotions []Promotion
	Metering   Metering
}

// Metering is what minutes cost that no slot pays for. A session pays the price of
// its admission.
type Metering struct {
	DeviceMinute   money.Rate
	TestGridMinute money.Rate
	TrialMinutes   int // device minutes that are free, once for every account
}

// AWS's prices: 0.17 USD a device minute after 1,000 free ones, 0.005 USD a test
// grid minute.
const (
	deviceMinute   money.Rate = 17_000
	testGridMinute money.Rate = 500
	trialMinutes              = 1000
)

// maxTrialMinutes is how long a trial may be.
const maxTrialMinutes = 1_000_000_000

// DefaultMetering returns AWS's prices.
func DefaultMetering() Metering { return Metering{deviceMinute, testGridMinute, trialMinutes} }

func (m Metering) validate() error {
	for _, price := range []struct {
		of   string
		rate money.Rate
	}{{"device minute", m.DeviceMinute}, {"test grid minute", m.TestGridMinute}} {
		if price.rate < 0 || price.rate > money.MaxRate {
			return fault.New(fault.Argument, "the price of a %s is %s; it must be from 0.0 to %s", price.of, price.rate.Decimal(), money.MaxRate.Decimal())
		}
	}
	if m.TrialMinutes < 0 || m.TrialMinutes > maxTrialMinutes {
		return fault.New(fault.Argument, "the trial has %d minutes; it must have from 0 to %d", m.TrialMinutes, maxTrialMinutes)
	}
	return nil
}

// Offering returns the offering with an id.
func (c Catalog) Offering(id string) (Offering, bool) {
	for _, o := range c.Offerings {
		if o.ID == id {
			return o, true
		}
	}
	return Offering{}, false
}

// Promotion returns the promotion with an id.
func (c Catalog) Promotion(id string) (Promotion, bool) {
	for _, p := range c.Promotions {
		if p.ID == id {
			return p, true
		}
	}
	return Promotion{}, false
}

// Validate returns nil, or an Argument error that names the first thing in the
// catalogue that breaks a rule.
func (c Catalog) Validate() error {
	seen := map[string]bool{}
	for _, o := range c.Offerings {
		if seen[o.ID] {
			return fault.New(fault.Argument, "offering %q appears twice in the catalogue", o.ID)
		}
		seen[o.ID] = true
		if err := o.validate(); err != nil {
			return err
		}
	}
	if err := c.Metering.validate(); err != nil {
		return err
	}
	return c.validatePromotions()
}

func (c Catalog) validatePromotions() error {
	seen := map[string]bool{}
	for _, p := range c.Promotions {
		if seen[p.ID] {
			return fault.New(fault.Argument, "promotion %q appears twice in the catalogue", p.ID)
		}
		seen[p.ID] = true
		if err := p.validate(); err != nil {
			return err
		}
		for _, id := range p.OfferingIDs {
			if _, ok := c.Offering(id); !ok {
				return fault.New(fault.Argument, "promotion %q applies to offering %q, which is not in the catalogue", p.ID, id)
			}
		}
	}
	return nil
}

func (o Offering) validate() error {
	switch {
	case len(o.ID) < MinIDLength:
		return fault.New(fault.Argument, "offering id %q has %d characters; at least %d are required", o.ID, len(o.ID), MinIDLength)
	case o.Platform != Android && o.Platform != IOS:
		return fault.New(fault.Argument, "offering %q has platform %q; it must be ANDROID or IOS", o.ID, o.Platform)
	case len(o.Prices) == 0 || !o.Prices[0].From.IsZero():
		return fault.New(fault.Argument, "offering %q needs a first price without a start", o.ID)
	}
	for i, p := range o.Prices {
		if p.Monthly < 0 || p.Monthly > money.MaxPrice {
			return fault.New(fault.Argument, "offering %q has a price of %s; it must be from 0.0 to %s",
				o.ID, p.Monthly.Decimal(), money.MaxPrice.Decimal())
		}
		if i > 0 && !p.From.After(o.Prices[i-1].From) {
			return fault.New(fault.Argument, "offering %q has prices out of order at %s", o.ID, p.From.Format(time.RFC3339))
		}
	}
	return nil
}

func (p Promotion) validate() error {
	switch {
	case len(p.ID) < MinPromotionIDLength:
		return fault.New(fault.Argument, "promotion id %q has %d characters; at least %d are required", p.ID, len(p.ID), MinPromotionIDLength)
	case len(p.PercentOff) == 0:
		return fault.New(fault.Argument, "promotion %q has no percent off", p.ID)
	case !p.Until.IsZero() && !p.From.Before(p.Until):
		return fault.New(fault.Argument, "promotion %q ends before it starts", p.ID)
	}
	for _, percent := range p.PercentOff {
		if percent < 0 || percent > 100 {
			return fault.New(fault.Argument, "promotion %q takes %d percent off; it must be from 0 to 100", p.ID, percent)
		}
	}
	return nil
}

// Default returns the catalogue of a new installation: AWS's four offerings at
// 250.00 USD a month, in AWS's order, and its one published promotion (Device
// Farm developer guide, "Purchase a device slot").
func Default() Catalog {
	slot := func(id, description string, platform Platform, remote bool) Offering {
		return Offering{id, description, platform, remote, []Price{{Monthly: 25000}}}
	}
	return Catalog{
		Offerings: []Offering{
			slot("A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01", "iOS Unmetered Device Slot", IOS, false),
			slot("8980F81C-00D7-469D-8EC6-510F4D3B2A02", "Android Unmetered Device Slot", Android, false),
			slot("D68B3C05-1BA6-4360-BC69-510F4D3B2A03", "Android Remote Access Unmetered Device Slot", Android, true),
			slot("552B4DAD-A6C9-45C4-94FB-510F4D3B2A04", "iOS Remote Access Unmetered Device Slot", IOS, true),
		},
		Promotions: []Promotion{{
			ID:               "2FREEMONTHS",
			Description:      "New device slot customers get 3 months for the price of 1.",
			NewCustomersOnly: true,
			PercentOff:       []int{0, 100, 100},
		}},
		Metering: DefaultMetering(),
	}
}
