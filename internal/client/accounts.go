package client

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Accounts returns the page of accounts above an id; "" is the first page.
func (c *Client) Accounts(ctx context.Context, after string) (operatorapi.Accounts, error) {
	r := operatorapi.ListAccounts.To()
	r.Query.After = after
	return send(ctx, c, r)
}

// Account returns an account. Errors: NotFound if it was never opened.
func (c *Client) Account(ctx context.Context, id string) (operatorapi.Account, error) {
	return send(ctx, c, operatorapi.GetAccount.To(id))
}

// PutAccount opens an account if necessary, changes its settings and returns
// it.
func (c *Client) PutAccount(ctx context.Context, id string, settings operatorapi.Settings) (operatorapi.Account, error) {
	r := operatorapi.PutAccount.To(id)
	r.Body = settings
	return send(ctx, c, r)
}
