package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// Catalog returns what is for sale, as JSON.
func (c *Client) Catalog(ctx context.Context) (json.RawMessage, error) {
	return c.document(ctx, request{method: http.MethodGet, path: prefix + "/catalog"})
}

// CatalogOf returns what was for sale by a version, as JSON. Version 0 is the
// catalogue that there was before the first.
func (c *Client) CatalogOf(ctx context.Context, version int) (json.RawMessage, error) {
	return c.document(ctx, request{method: http.MethodGet, path: fmt.Sprintf("%s/catalog?version=%d", prefix, version)})
}

// PutCatalog sets what is for sale to a JSON document and returns the answer. It
// is a Conflict when version replaces is not in force any more.
func (c *Client) PutCatalog(ctx context.Context, document []byte, replaces int) (json.RawMessage, error) {
	return c.document(ctx, request{
		method: http.MethodPut, path: fmt.Sprintf("%s/catalog?replaces=%d", prefix, replaces), body: document, contentType: "application/json",
	})
}

// Version is a catalogue that was put in force.
type Version struct {
	Version int       `json:"version"` // 1, 2, 3, …
	At      time.Time `json:"at"`
	Key     string    `json:"key"` // who did it
}

// Versions returns the versions of the catalogue, oldest first.
func (c *Client) Versions(ctx context.Context) ([]Version, error) {
	var answer struct{ Versions []Version }
	err := c.call(ctx, http.MethodGet, "/catalog/versions", nil, &answer)
	return answer.Versions, err
}
