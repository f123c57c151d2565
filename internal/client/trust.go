package client

import (
	"context"
	"encoding/json"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Checkpoint returns the signed position of every ordinary account's journal.
func (c *Client) Checkpoint(ctx context.Context) (json.RawMessage, error) {
	return send(ctx, c, operatorapi.GetCheckpoint.To())
}

// TrustClock makes the server trust its wall clock again.
func (c *Client) TrustClock(ctx context.Context) (operatorapi.WallClock, error) {
	return send(ctx, c, operatorapi.TrustClock.To())
}
