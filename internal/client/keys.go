package client

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"
)

// Key is an access key without its secret.
type Key struct {
	ID       string          `json:"accessKeyId"`
	Name     string          `json:"name"`
	Created  time.Time       `json:"created"`
	Disabled bool            `json:"disabled"`
	Policy   json.RawMessage `json:"policy"`
}

// NewKey is an access key that was just made; its secret is not shown again.
type NewKey struct {
	ID     string `json:"accessKeyId"`
	Secret string `json:"secretAccessKey"`
	Name   string `json:"name"`
}

// CreateKey makes a key of an account. A nil policy allows the Device Farm API.
func (c *Client) CreateKey(ctx context.Context, id, name string, policy json.RawMessage) (NewKey, error) {
	body := struct {
		Name   string          `json:"name"`
		Policy json.RawMessage `json:"policy,omitempty"`
	}{name, policy}
	var k NewKey
	err := c.call(ctx, http.MethodPost, accountPath(id)+"/keys", body, &k)
	return k, err
}

// Keys returns an account's keys, oldest first.
func (c *Client) Keys(ctx context.Context, id string) ([]Key, error) {
	var answer struct{ Keys []Key }
	err := c.call(ctx, http.MethodGet, accountPath(id)+"/keys", nil, &answer)
	return answer.Keys, err
}

// DisableKey keeps a key from being used, or lets it be used again.
func (c *Client) DisableKey(ctx context.Context, id, key string, disabled bool) (Key, error) {
	var k Key
	err := c.call(ctx, http.MethodPut, keyPath(id, key), map[string]bool{"disabled": disabled}, &k)
	return k, err
}

// DeleteKey removes a key for good.
func (c *Client) DeleteKey(ctx context.Context, id, key string) error {
	return c.call(ctx, http.MethodDelete, keyPath(id, key), nil, nil)
}

func keyPath(id, key string) string { return accountPath(id) + "/keys/" + url.PathEscape(key) }
