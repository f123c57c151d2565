package operatorapi

import (
	"encoding/json"
	"time"
)

// FreezeClock stops a test account's clock at an instant.
var FreezeClock = Call[None, Freeze, Clock]{Route{Method: "PUT", Path: "/accounts/{account}/clock", Action: "FreezeClock"}}

// ReleaseClock lets a test account's clock follow the wall clock again.
var ReleaseClock = Call[None, None, Clock]{Route{Method: "DELETE", Path: "/accounts/{account}/clock", Action: "ReleaseClock"}}

// AdvanceClock moves a test account's clock forward and stops it there.
var AdvanceClock = Call[None, Advance, Clock]{Route{Method: "POST", Path: "/accounts/{account}/clock/advance", Action: "AdvanceClock"}}

// Clock is a test account's time, and the transactions that came due on the way
// to it.
type Clock struct {
	Now          time.Time     `json:"now"`
	Transactions []Transaction `json:"transactions"`
}

// Transaction is one line of an account's transaction list.
type Transaction struct {
	ID          string    `json:"transactionId"`
	Type        string    `json:"type"` // PURCHASE, RENEW or SYSTEM
	OfferingID  string    `json:"offeringId"`
	Quantity    int       `json:"quantity"`
	CreatedOn   time.Time `json:"createdOn"`
	EffectiveOn time.Time `json:"effectiveOn"`
	Cost        Cost      `json:"cost"`
}

// Cost is an amount of money.
type Cost struct {
	Amount       Decimal `json:"amount"`
	CurrencyCode string  `json:"currencyCode"`
}

// Decimal is a JSON number with exactly the digits that were written.
type Decimal string

// MarshalJSON writes the number.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d), nil }

// UnmarshalJSON reads a number and keeps its digits.
func (d *Decimal) UnmarshalJSON(body []byte) error {
	var number json.Number
	err := json.Unmarshal(body, &number)
	*d = Decimal(number)
	return err
}

// Freeze says at which instant a clock stops.
type Freeze struct {
	Now string `json:"now"` // an RFC 3339 time
}

// FreezeAt returns the body that stops a clock at an instant.
func FreezeAt(at time.Time) Freeze { return Freeze{Now: at.Format(time.RFC3339Nano)} }

// Advance says how far a clock moves forward; one of its fields is set.
type Advance struct {
	To      *string `json:"to,omitzero"`      // an RFC 3339 time
	By      *string `json:"by,omitzero"`      // a duration such as 720h
	Periods *int    `json:"periods,omitzero"` // months, to the same day and time of day or the month's last day
}

// AdvanceTo moves a clock to an instant.
func AdvanceTo(at time.Time) Advance { return Advance{To: new(at.Format(time.RFC3339Nano))} }

// AdvanceBy moves a clock by a duration.
func AdvanceBy(d time.Duration) Advance { return Advance{By: new(d.String())} }

// AdvancePeriods moves a clock by a number of months.
func AdvancePeriods(n int) Advance { return Advance{Periods: &n} }
