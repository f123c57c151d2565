package operator

import (
	"net/http"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// timeFormat is RFC 3339 with as many decimals as are needed.
const timeFormat = time.RFC3339Nano

// maxPeriods is how many periods one advance may cross: eight thousand years.
const maxPeriods = 12 * 8000

// clockAnswer is the account's time and what came due on the way to it.
type clockAnswer struct {
	Now          string             `json:"now"`
	Transactions []transactionShape `json:"transactions"`
}

type transactionShape struct {
	TransactionID string                  `json:"transactionId"`
	Type          account.TransactionType `json:"type"`
	OfferingID    string                  `json:"offeringId"`
	Quantity      int                     `json:"quantity"`
	CreatedOn     string                  `json:"createdOn"`
	EffectiveOn   string                  `json:"effectiveOn"`
	Cost          costShape               `json:"cost"`
}

type costShape struct {
	Amount       decimal `json:"amount"`
	CurrencyCode string  `json:"currencyCode"`
}

// decimal is a JSON number that is written digit by digit as it stands.
type decimal string

// MarshalJSON writes the number.
func (d decimal) MarshalJSON() ([]byte, error) { return []byte(d), nil }

func clock(view billing.View, due []account.Transaction, err error) (any, error) {
	answer := clockAnswer{Now: view.Now.Format(timeFormat), Transactions: []transactionShape{}}
	for _, t := range due {
		answer.Transactions = append(answer.Transactions, transactionShape{
			TransactionID: t.ID, Type: t.Type, OfferingID: t.OfferingID, Quantity: t.Quantity,
			CreatedOn: t.CreatedOn.Format(timeFormat), EffectiveOn: t.EffectiveOn.Format(timeFormat),
			Cost: costShape{decimal(t.Cost.Decimal()), money.Currency},
		})
	}
	return answer, err
}

// freeze stands a test account's clock still.
func (a api) freeze(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		Now string `json:"now"`
	}
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	at, err := parseTime("now", body.Now)
	if err != nil {
		return nil, err
	}
	return clock(a.Clocks.Freeze(r.Context(), c, at))
}

// release lets a test account's clock follow the wall clock again.
func (a api) release(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	return clock(a.Clocks.Release(r.Context(), c))
}

type advanceBody struct {
	To      *string `json:"to"`
	By      *string `json:"by"`
	Periods *int    `json:"periods"`
}

// advance moves a test account's clock forward.
func (a api) advance(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	var body advanceBody
	if err := decode(r, &body); err != nil {
		return nil, err
	}
	to, err := body.target()
	if err != nil {
		return nil, err
	}
	return clock(a.Clocks.Advance(r.Context(), c, to))
}

// target returns where the body moves a clock that shows now.
func (b advanceBody) target() (func(now time.Time) time.Time, error) {
	switch {
	case b.To != nil && b.By == nil && b.Periods == nil:
		at, err := parseTime("to", *b.To)
		return func(time.Time) time.Time { return at }, err
	case b.By != nil && b.To == nil && b.Periods == nil:
		by, err := time.ParseDuration(*b.By)
		if err != nil || by < 0 {
			return nil, fault.New(fault.Argument, "by %q is not a duration from 0, such as \"720h\"", *b.By)
		}
		return func(now time.Time) time.Time { return now.Add(by) }, nil
	case b.Periods != nil && b.To == nil && b.By == nil:
		if *b.Periods < 0 || *b.Periods > maxPeriods {
			return nil, fault.New(fault.Argument, "periods %d is out of range; it must be from 0 to %d", *b.Periods, maxPeriods)
		}
		return func(now time.Time) time.Time { return later(now, *b.Periods) }, nil
	}
	return nil, fault.New(fault.Argument, "give exactly one of to, by and periods")
}

// later returns the same day and time of day n periods on, or the last day of
// that period where it is shorter.
func later(now time.Time, n int) time.Time {
	now = now.UTC()
	first := offering.PeriodOf(now).Start()
	end := offering.PeriodOf(first.AddDate(0, n, 0))
	into := min(now.Day(), end.Days()) - now.Day()
	return end.Start().Add(now.Sub(first)).AddDate(0, 0, into)
}

func parseTime(member, text string) (time.Time, error) {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, fault.New(fault.Argument, "%s %q is not a time as in RFC 3339, such as \"2026-01-31T00:00:00Z\"", member, text)
	}
	return at, nil
}
