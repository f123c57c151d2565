package client

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Snapshot takes a snapshot of an account.
func (c *Client) Snapshot(ctx context.Context, id string) (operatorapi.Snapshot, error) {
	return send(ctx, c, operatorapi.TakeSnapshot.To(id))
}

// Snapshots returns the snapshots of an account.
func (c *Client) Snapshots(ctx context.Context, id string) ([]operatorapi.Snapshot, error) {
	answer, err := send(ctx, c, operatorapi.ListSnapshots.To(id))
	return answer.Snapshots, err
}

// Restore brings an account back to one of its snapshots or, if into is not
// empty, makes that account from the snapshot. It returns the account that it
// changed.
func (c *Client) Restore(ctx context.Context, id, snapshot, into string) (operatorapi.Account, error) {
	r := operatorapi.RestoreSnapshot.To(id, snapshot)
	if into != "" {
		r.Body.Into = &into
	}
	return send(ctx, c, r)
}

// DeleteSnapshot deletes a snapshot of an account.
func (c *Client) DeleteSnapshot(ctx context.Context, id, snapshot string) error {
	_, err := send(ctx, c, operatorapi.DeleteSnapshot.To(id, snapshot))
	return err
}
