package client

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// CancelRenewal takes a standing renewal back. If held is true, the next period
// starts with no slots. It returns the account.
func (c *Client) CancelRenewal(ctx context.Context, id, offering string, held bool) (operatorapi.Account, error) {
	r := operatorapi.CancelRenewal.To(id, offering)
	r.Body.Held = held
	return send(ctx, c, r)
}

// AddCredit adds a line in the account's favour to its statement, and returns the
// account.
func (c *Client) AddCredit(ctx context.Context, id string, credit operatorapi.Credit) (operatorapi.Account, error) {
	r := operatorapi.AddCredit.To(id)
	r.Body = credit
	return send(ctx, c, r)
}
