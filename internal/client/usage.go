package client

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Usage returns what an account used of the lab in a month such as 2026-11; "" is
// the current one.
func (c *Client) Usage(ctx context.Context, id, period string) (operatorapi.Usage, error) {
	r := operatorapi.GetUsage.To()
	r.Query.Account, r.Query.Period = id, period
	return send(ctx, c, r)
}
