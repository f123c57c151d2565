package client

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Faults returns the rules in force and what they have done.
func (c *Client) Faults(ctx context.Context) (operatorapi.Faults, error) {
	return send(ctx, c, operatorapi.GetFaults.To())
}

// AddFaults appends rules to the existing ones, which continue unchanged.
func (c *Client) AddFaults(ctx context.Context, rules []operatorapi.Fault) (operatorapi.Faults, error) {
	r := operatorapi.AddFaults.To()
	r.Body.Rules = rules
	return send(ctx, c, r)
}

// RemoveFaults removes the rules that name an account.
func (c *Client) RemoveFaults(ctx context.Context, account string) (operatorapi.Faults, error) {
	r := operatorapi.RemoveFaults.To()
	r.Query.Account = account
	return send(ctx, c, r)
}

// PutFaults replaces all rules and returns the new ones.
func (c *Client) PutFaults(ctx context.Context, rules operatorapi.FaultRules) (operatorapi.Faults, error) {
	r := operatorapi.PutFaults.To()
	r.Body = rules
	if r.Body.Rules == nil {
		r.Body.Rules = []operatorapi.Fault{}
	}
	return send(ctx, c, r)
}
