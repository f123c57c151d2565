package client

import (
	"context"
	"time"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Freeze stops a test account's clock at an instant.
func (c *Client) Freeze(ctx context.Context, id string, at time.Time) (operatorapi.Clock, error) {
	r := operatorapi.FreezeClock.To(id)
	r.Body = operatorapi.FreezeAt(at)
	return send(ctx, c, r)
}

// Advance moves a test account's clock forward and stops it there.
func (c *Client) Advance(ctx context.Context, id string, by operatorapi.Advance) (operatorapi.Clock, error) {
	r := operatorapi.AdvanceClock.To(id)
	r.Body = by
	return send(ctx, c, r)
}

// Release lets a test account's clock follow the wall clock again.
func (c *Client) Release(ctx context.Context, id string) (operatorapi.Clock, error) {
	return send(ctx, c, operatorapi.ReleaseClock.To(id))
}
