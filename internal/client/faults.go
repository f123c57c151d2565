package client

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Faults returns the failures that are set.
func (c *Client) Faults(ctx context.Context) (operatorapi.Faults, error) {
	return send(ctx, c, operatorapi.GetFaults.To())
}

// AddFaults puts rules behind those there are, which go on as they were.
func (c *Client) AddFaults(ctx context.Context, rules []operatorapi.Fault) (operatorapi.Faults, error) {
	r := operatorapi.AddFaults.To()
	r.Body.Rules = rules
	return send(ctx, c, r)
}

// RemoveFaults takes away the rules that name an account.
func (c *Client) RemoveFaults(ctx context.Context, account string) (operatorapi.Faults, error) {
	r := operatorapi.RemoveFaults.To()
	r.Query.Account = account
	return send(ctx, c, r)
}

// PutFaults sets failures in place of those that were set, and returns them.
func (c *Client) PutFaults(ctx context.Context, rules operatorapi.FaultRules) (operatorapi.Faults, error) {
	r := operatorapi.PutFaults.To()
	r.Body = rules
	if r.Body.Rules == nil {
		r.Body.Rules = []operatorapi.Fault{}
	}
	return send(ctx, c, r)
}
