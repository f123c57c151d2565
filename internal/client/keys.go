package client

import (
	"context"
	"encoding/json"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// CreateKey makes a key for an account. A nil policy allows the Device Farm
// API.
func (c *Client) CreateKey(ctx context.Context, id, name string, policy json.RawMessage) (operatorapi.NewKey, error) {
	r := operatorapi.CreateKey.To(id)
	r.Body = operatorapi.KeyRequest{Name: name, Policy: policy}
	return send(ctx, c, r)
}

// Keys returns an account's keys, oldest first.
func (c *Client) Keys(ctx context.Context, id string) ([]operatorapi.Key, error) {
	answer, err := send(ctx, c, operatorapi.ListKeys.To(id))
	return answer.Keys, err
}

// DisableKey disables a key, or enables it again.
func (c *Client) DisableKey(ctx context.Context, id, key string, disabled bool) (operatorapi.Key, error) {
	r := operatorapi.DisableKey.To(id, key)
	r.Body.Disabled = &disabled
	return send(ctx, c, r)
}

// DeleteKey removes a key for good.
func (c *Client) DeleteKey(ctx context.Context, id, key string) error {
	_, err := send(ctx, c, operatorapi.DeleteKey.To(id, key))
	return err
}
