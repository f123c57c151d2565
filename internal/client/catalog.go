package client

import (
	"context"
	"encoding/json"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Catalog returns what is for sale, as JSON.
func (c *Client) Catalog(ctx context.Context) (json.RawMessage, error) {
	return send(ctx, c, operatorapi.GetCatalog.To())
}

// CatalogOf returns what was for sale by a version, as JSON. Version 0 is the
// catalogue that was in force before the first version.
func (c *Client) CatalogOf(ctx context.Context, version int) (json.RawMessage, error) {
	r := operatorapi.GetCatalog.To()
	r.Query.Version = new(int64(version))
	return send(ctx, c, r)
}

// PutCatalog sets what is for sale to a JSON document and returns the answer.
// Errors: Conflict if the version that it replaces is no longer in force.
func (c *Client) PutCatalog(ctx context.Context, document []byte, replaces int) (json.RawMessage, error) {
	r := operatorapi.PutCatalog.To()
	r.Query.Replaces, r.Body = new(int64(replaces)), document
	return send(ctx, c, r)
}

// Versions returns the versions of the catalogue, oldest first.
func (c *Client) Versions(ctx context.Context) ([]operatorapi.Version, error) {
	answer, err := send(ctx, c, operatorapi.ListCatalogVersions.To())
	return answer.Versions, err
}
