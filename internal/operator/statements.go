package operator

import (
	"net/http"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// statementAnswer is a statement as the API shows it. Amounts are in cents.
type statementAnswer struct {
	Account      account.ID  `json:"account"`
	Period       string      `json:"period"`
	Now          string      `json:"now"` // the account's own time; later charges are missing
	CurrencyCode string      `json:"currencyCode"`
	Lines        []lineShape `json:"lines"`
	TotalCents   money.Cents `json:"totalCents"`
}

type lineShape struct {
	Date          string           `json:"date"`
	Kind          account.LineKind `json:"kind"`
	OfferingID    string           `json:"offeringId"`
	Description   string           `json:"description"` // by the catalogue of now
	Quantity      int              `json:"quantity"`
	TransactionID string           `json:"transactionId"`
	Promotions    []reductionShape `json:"promotions"`
	Cents         money.Cents      `json:"cents"`
	Why           string           `json:"why"`
}

// reductionShape says what a promotion takes off some of a line's slots.
type reductionShape struct {
	PromotionID string `json:"promotionId"`
	Quantity    int    `json:"quantity"`
	PercentOff  int    `json:"percentOff"`
}

// statement shows what an account owes for ?period=, by default the current one.
func (a api) statement(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	var p offering.Period
	if text := r.URL.Query().Get("period"); text != "" {
		if p, err = offering.ParsePeriod(text); err != nil {
			return nil, err
		}
	}
	s, view, err := a.Orders.Statement(r.Context(), c, p)
	if err != nil {
		return nil, err
	}
	answer := statementAnswer{
		Account: c.Account, Period: s.Period.String(), Now: view.Now.Format(timeFormat),
		CurrencyCode: money.Currency, Lines: []lineShape{}, TotalCents: s.Total,
	}
	for _, l := range s.Lines {
		answer.Lines = append(answer.Lines, shapeOfLine(l, view.Terms.Catalog))
	}
	return answer, nil
}

func shapeOfLine(l account.Line, catalog offering.Catalog) lineShape {
	slot, _ := catalog.Offering(l.OfferingID)
	shape := lineShape{
		Date: l.At.Format(timeFormat), Kind: l.Kind, OfferingID: l.OfferingID, Description: slot.Description,
		Quantity: l.Quantity, TransactionID: l.TransactionID, Promotions: []reductionShape{}, Cents: l.Cost, Why: l.Why(),
	}
	for _, r := range l.Reductions {
		shape.Promotions = append(shape.Promotions, reductionShape(r))
	}
	return shape
}
