package client

import (
	"context"
	"encoding/json"
	"net/http"
)

// Seeded is how much a seed made.
type Seeded struct {
	Accounts     int `json:"accounts"`
	Transactions int `json:"transactions"`
}

// Seed returns the accounts as a document that PutSeed takes.
func (c *Client) Seed(ctx context.Context) (json.RawMessage, error) {
	return c.document(ctx, request{method: http.MethodGet, path: prefix + "/seed"})
}

// PutSeed makes the accounts that a JSON or YAML document describes.
func (c *Client) PutSeed(ctx context.Context, document []byte) (Seeded, error) {
	r := request{method: http.MethodPut, path: prefix + "/seed", body: document, contentType: "application/yaml"}
	if json.Valid(document) {
		r.contentType = "application/json"
	}
	var s Seeded
	err := c.exchange(ctx, r, &s)
	return s, err
}

// Reset puts slotfarm back to how it started, seed included.
func (c *Client) Reset(ctx context.Context) (Seeded, error) {
	var s Seeded
	err := c.call(ctx, http.MethodPost, "/reset", nil, &s)
	return s, err
}

// document returns an answer as it is, once it is known to be JSON.
func (c *Client) document(ctx context.Context, r request) (json.RawMessage, error) {
	var body json.RawMessage
	err := c.exchange(ctx, r, &body)
	return body, err
}
