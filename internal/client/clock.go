package client

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// Clock is a test account's time, and what came due on the way to it.
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

// Cost is an amount of money, digit by digit as slotfarm writes it.
type Cost struct {
	Amount       json.Number `json:"amount"`
	CurrencyCode string      `json:"currencyCode"`
}

// Advance says how far a clock moves forward; one of its fields is set.
type Advance struct {
	To      *time.Time
	By      time.Duration
	Periods int // months, to the same day and time of day or the month's last day
}

// MarshalJSON writes the fields that are set. Moving by nothing is moving by 0.
func (a Advance) MarshalJSON() ([]byte, error) {
	body := map[string]any{}
	if a.To != nil {
		body["to"] = a.To
	}
	if a.Periods != 0 {
		body["periods"] = a.Periods
	}
	if a.By != 0 || len(body) == 0 {
		body["by"] = a.By.String()
	}
	return json.Marshal(body)
}

// Freeze stands a test account's clock still at an instant.
func (c *Client) Freeze(ctx context.Context, id string, at time.Time) (Clock, error) {
	var clock Clock
	err := c.call(ctx, http.MethodPut, accountPath(id)+"/clock", map[string]time.Time{"now": at}, &clock)
	return clock, err
}

// Advance moves a test account's clock forward; it stands still there.
func (c *Client) Advance(ctx context.Context, id string, a Advance) (Clock, error) {
	var clock Clock
	err := c.call(ctx, http.MethodPost, accountPath(id)+"/clock/advance", a, &clock)
	return clock, err
}

// Release lets a test account's clock follow the wall clock again.
func (c *Client) Release(ctx context.Context, id string) (Clock, error) {
	var clock Clock
	err := c.call(ctx, http.MethodDelete, accountPath(id)+"/clock", nil, &clock)
	return clock, err
}
