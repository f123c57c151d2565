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

// AcceptDocument records that a document is right as it is.
func (c *Client) AcceptDocument(ctx context.Context, a operatorapi.Acceptance) error {
	r := operatorapi.AcceptDocument.To()
	r.Body = a
	_, err := send(ctx, c, r)
	return err
}

// TrustClock makes the server trust its wall clock again.
func (c *Client) TrustClock(ctx context.Context) (operatorapi.WallClock, error) {
	return send(ctx, c, operatorapi.TrustClock.To())
}
