package manifest

import (
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/strictjson"
)

// catalogShape is the catalogue as people write it.
type catalogShape struct {
	Offerings  []offeringShape  `json:"offerings,omitempty"`
	Promotions []promotionShape `json:"promotions,omitempty"`
	Metering   *meteringShape   `json:"metering,omitzero"`
}

// meteringShape is what minutes cost. Where it is missing, and for what it lacks,
// AWS's prices hold.
type meteringShape struct {
	DeviceMinute   *rate `json:"deviceMinute,omitzero"`
	TestGridMinute *rate `json:"testGridMinute,omitzero"`
	TrialMinutes   *int  `json:"trialMinutes,omitzero"`
}

// offeringShape has either Monthly, or Prices of which the first has no From.
type offeringShape struct {
	ID           string            `json:"id"`
	Description  string            `json:"description,omitzero"`
	Platform     offering.Platform `json:"platform"`
	RemoteAccess bool              `json:"remoteAccess,omitzero"`
	Monthly      *amount           `json:"monthly,omitzero"`
	Prices       []priceShape      `json:"prices,omitempty"`
}

type priceShape struct {
	From    instant `json:"from,omitzero"`
	Monthly amount  `json:"monthly"`
}

type promotionShape struct {
	ID               string   `json:"id"`
	Description      string   `json:"description,omitzero"`
	OfferingIDs      []string `json:"offeringIds,omitempty"`
	NewCustomersOnly bool     `json:"newCustomersOnly,omitzero"`
	From             instant  `json:"from,omitzero"`
	Until            instant  `json:"until,omitzero"`
	PercentOff       []int    `json:"percentOff"`
}

// ParseCatalog reads a catalogue, JSON or YAML. Amounts are dollars with at most
// two decimals, and prices of minutes have at most five. Errors: Malformed with the path of the member, or those of
// offering.Catalog.Validate.
func ParseCatalog(body []byte) (offering.Catalog, error) {
	var shape catalogShape
	if err := strictjson.DecodeYAML(body, &shape); err != nil {
		return offering.Catalog{}, err
	}
	return shape.catalog()
}

// FormatCatalog returns a catalogue as JSON that ParseCatalog reads.
func FormatCatalog(c offering.Catalog) ([]byte, error) {
	return json.Marshal(catalogShapeOf(c), jsontext.Multiline(true))
}

func (s catalogShape) catalog() (offering.Catalog, error) {
	var c offering.Catalog
	for _, o := range s.Offerings {
		if (o.Monthly == nil) == (len(o.Prices) == 0) {
			return c, fault.New(fault.Argument, "offering %q needs either monthly or prices", o.ID)
		}
		if o.Monthly != nil {
			o.Prices = []priceShape{{Monthly: *o.Monthly}}
		}
		var prices []offering.Price
		for _, p := range o.Prices {
			prices = append(prices, offering.Price{From: time.Time(p.From), Monthly: money.Cents(p.Monthly)})
		}
		c.Offerings = append(c.Offerings, offering.Offering{
			ID: o.ID, Description: o.Description, Platform: o.Platform, RemoteAccess: o.RemoteAccess, Prices: prices,
		})
	}
	for _, p := range s.Promotions {
		c.Promotions = append(c.Promotions, offering.Promotion{
			ID: p.ID, Description: p.Description, OfferingIDs: p.OfferingIDs, NewCustomersOnly: p.NewCustomersOnly,
			From: time.Time(p.From), Until: time.Time(p.Until), PercentOff: p.PercentOff,
		})
	}
	c.Metering = s.Metering.metering()
	return c, c.Validate()
}

func (s *meteringShape) metering() offering.Metering {
	m := offering.DefaultMetering()
	if s == nil {
		return m
	}
	if s.DeviceMinute != nil {
		m.DeviceMinute = money.Rate(*s.DeviceMinute)
	}
	if s.TestGridMinute != nil {
		m.TestGridMinute = money.Rate(*s.TestGridMinute)
	}
	if s.TrialMinutes != nil {
		m.TrialMinutes = *s.TrialMinutes
	}
	return m
}

func meteringShapeOf(m offering.Metering) *meteringShape {
	return &meteringShape{(*rate)(&m.DeviceMinute), (*rate)(&m.TestGridMinute), &m.TrialMinutes}
}

func catalogShapeOf(c offering.Catalog) catalogShape {
	s := catalogShape{Metering: meteringShapeOf(c.Metering)}
	for _, o := range c.Offerings {
		shape := offeringShape{ID: o.ID, Description: o.Description, Platform: o.Platform, RemoteAccess: o.RemoteAccess}
		for _, p := range o.Prices {
			shape.Prices = append(shape.Prices, priceShape{From: instant(p.From), Monthly: amount(p.Monthly)})
		}
		if len(shape.Prices) == 1 {
			shape.Monthly, shape.Prices = &shape.Prices[0].Monthly, nil
		}
		s.Offerings = append(s.Offerings, shape)
	}
	for _, p := range c.Promotions {
		s.Promotions = append(s.Promotions, promotionShape{
			ID: p.ID, Description: p.Description, OfferingIDs: p.OfferingIDs, NewCustomersOnly: p.NewCustomersOnly,
			From: instant(p.From), Until: instant(p.Until), PercentOff: p.PercentOff,
		})
	}
	return s
}
