package client

import (
	"context"
	"encoding/json"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Checkpoint returns how far every ordinary account's journal has come, signed.
func (c *Client) Checkpoint(ctx context.Context) (json.RawMessage, error) {
	return send(ctx, c, operatorapi.GetCheckpoint.To())
}

// TrustClock has the server trust its wall clock again.
func (c *Client) TrustClock(ctx context.Context) (operatorapi.WallClock, error) {
	return send(ctx, c, operatorapi.TrustClock.To())
}
