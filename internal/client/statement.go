package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Statement is what an account owes for a month, and why.
type Statement struct {
	Account      string          `json:"account"`
	Period       string          `json:"period"` // the month, such as 2026-11
	Now          time.Time       `json:"now"`    // by the account's clock; later charges are missing
	CurrencyCode string          `json:"currencyCode"`
	Lines        []StatementLine `json:"lines"` // oldest first
	TotalCents   int64           `json:"totalCents"`
}

// StatementLine is one charge.
type StatementLine struct {
	Date          time.Time   `json:"date"`
	Kind          string      `json:"kind"` // purchase or renewal
	OfferingID    string      `json:"offeringId"`
	Description   string      `json:"description"` // of the offering
	Quantity      int         `json:"quantity"`
	TransactionID string      `json:"transactionId"`
	Promotions    []Reduction `json:"promotions"`
	Cents         int64       `json:"cents"`
	Why           string      `json:"why"` // in words
}

// Reduction is what a promotion takes off some of the slots of a line.
type Reduction struct {
	PromotionID string `json:"promotionId"`
	Quantity    int    `json:"quantity"`
	PercentOff  int    `json:"percentOff"`
}

// Statement returns the statement of an account for a month such as 2026-11; ""
// is the current one.
func (c *Client) Statement(ctx context.Context, id, period string) (Statement, error) {
	path := accountPath(id) + "/statement"
	if period != "" {
		path += "?period=" + url.QueryEscape(period)
	}
	var s Statement
	err := c.call(ctx, http.MethodGet, path, nil, &s)
	return s, err
}

// Order asks for slots of an offering.
type Order struct {
	OfferingID  string `json:"offeringId"`
	Quantity    int    `json:"quantity"`
	PromotionID string `json:"offeringPromotionId,omitempty"`
}

// Quote is what a purchase would cost.
type Quote struct {
	OfferingID  string    `json:"offeringId"`
	Quantity    int       `json:"quantity"`
	EffectiveOn time.Time `json:"effectiveOn"`
	Cost        Cost      `json:"cost"`
}

// Quote says what a purchase would cost an account now. It buys nothing.
func (c *Client) Quote(ctx context.Context, id string, o Order) (Quote, error) {
	var q Quote
	err := c.call(ctx, http.MethodPost, accountPath(id)+"/quote", o, &q)
	return q, err
}
