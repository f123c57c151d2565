package devicefarm

import (
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// The shapes of the API model that slotfarm sends. A nil pointer and an empty
// string leave the member out.

type monetaryAmount struct {
	Amount       awsjson.Decimal `json:"amount"`
	CurrencyCode string          `json:"currencyCode"`
}

type recurringCharge struct {
	Cost      monetaryAmount `json:"cost"`
	Frequency string         `json:"frequency"`
}

type offeringShape struct {
	ID               string            `json:"id"`
	Description      string            `json:"description,omitempty"`
	Type             string            `json:"type"`
	Platform         string            `json:"platform,omitempty"`
	RecurringCharges []recurringCharge `json:"recurringCharges,omitempty"`
}

type offeringPromotion struct {
	ID          string `json:"id"`
	Description string `json:"description"`
}

type offeringStatus struct {
	Type        string             `json:"type,omitempty"`
	Offering    offeringShape      `json:"offering"`
	Quantity    int                `json:"quantity"`
	EffectiveOn *awsjson.Timestamp `json:"effectiveOn,omitempty"`
}

type offeringTransaction struct {
	OfferingStatus      offeringStatus    `json:"offeringStatus"`
	TransactionID       string            `json:"transactionId"`
	OfferingPromotionID string            `json:"offeringPromotionId,omitempty"`
	CreatedOn           awsjson.Timestamp `json:"createdOn"`
	Cost                monetaryAmount    `json:"cost"`
}

// cost returns an amount in its wire form.
func cost(c money.Cents) monetaryAmount {
	return monetaryAmount{Amount: awsjson.Decimal(c.Decimal()), CurrencyCode: money.Currency}
}

// embedded returns an offering as it appears in statuses and transactions:
// without its charges, as in every published example.
func embedded(catalog offering.Catalog, id string) offeringShape {
	o, _ := catalog.Offering(id)
	return offeringShape{ID: id, Description: o.Description, Type: "RECURRING", Platform: string(o.Platform)}
}

// listed returns an offering as it appears in ListOfferings, with the price at
// now.
func listed(o offering.Offering, now time.Time) offeringShape {
	return offeringShape{
		ID: o.ID, Description: o.Description, Type: "RECURRING", Platform: string(o.Platform),
		RecurringCharges: []recurringCharge{{Cost: cost(o.PriceAt(now)), Frequency: "MONTHLY"}},
	}
}

// transaction returns a transaction in its wire form.
func transaction(catalog offering.Catalog, t account.Transaction) offeringTransaction {
	return offeringTransaction{
		OfferingStatus: offeringStatus{
			Type:        string(t.Type),
			Offering:    embedded(catalog, t.OfferingID),
			Quantity:    t.Quantity,
			EffectiveOn: &awsjson.Timestamp{Time: t.EffectiveOn},
		},
		TransactionID:       t.ID,
		OfferingPromotionID: t.PromotionID,
		CreatedOn:           awsjson.Timestamp{Time: t.CreatedOn},
		Cost:                cost(t.Cost),
	}
}
