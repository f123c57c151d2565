package client

import (
	"context"
	"encoding/json"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Fleet returns the fleet, as JSON.
func (c *Client) Fleet(ctx context.Context) (json.RawMessage, error) {
	return send(ctx, c, operatorapi.GetFleet.To())
}

// FleetOf returns what the fleet was by a version, as JSON. Version 0 is the fleet
// that there was before the first.
func (c *Client) FleetOf(ctx context.Context, version int) (json.RawMessage, error) {
	r := operatorapi.GetFleet.To()
	r.Query.Version = new(int64(version))
	return send(ctx, c, r)
}

// PutFleet puts the fleet of a JSON document in force and returns what that
// changes. It is a Conflict when version replaces is not in force any more.
func (c *Client) PutFleet(ctx context.Context, document []byte, replaces int) (operatorapi.FleetChanges, error) {
	r := operatorapi.PutFleet.To()
	r.Query.Replaces, r.Body = new(int64(replaces)), document
	return send(ctx, c, r)
}

// FleetVersions returns the versions of the fleet, oldest first.
func (c *Client) FleetVersions(ctx context.Context) ([]operatorapi.Version, error) {
	answer, err := send(ctx, c, operatorapi.ListFleetVersions.To())
	return answer.Versions, err
}
