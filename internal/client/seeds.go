package client

import (
	"context"
	"encoding/json"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Seed returns the accounts as a document that PutSeed accepts.
func (c *Client) Seed(ctx context.Context) (json.RawMessage, error) {
	return send(ctx, c, operatorapi.GetSeed.To())
}

// PutSeed makes the accounts that a JSON or YAML document describes.
func (c *Client) PutSeed(ctx context.Context, document []byte) (operatorapi.Planted, error) {
	r := operatorapi.PutSeed.To()
	r.Body = document
	return send(ctx, c, r)
}

// Reset returns slotfarm to the state in which it started, including its seed.
func (c *Client) Reset(ctx context.Context) (operatorapi.Planted, error) {
	return send(ctx, c, operatorapi.Reset.To())
}
