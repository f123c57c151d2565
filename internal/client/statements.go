package client

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Statement returns the statement of an account for a month such as 2026-11; ""
// is the current one.
func (c *Client) Statement(ctx context.Context, id, period string) (operatorapi.Statement, error) {
	r := operatorapi.GetStatement.To(id)
	r.Query.Period = period
	return send(ctx, c, r)
}

// Quote says what a purchase would cost an account now. It buys nothing.
func (c *Client) Quote(ctx context.Context, id string, order operatorapi.Order) (operatorapi.Quote, error) {
	r := operatorapi.GetQuote.To(id)
	r.Body = order
	return send(ctx, c, r)
}
