package client

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Journal returns up to limit entries of an account with a number above after,
// oldest first, and never more than operatorapi.MaxEntries. An account that was
// never opened has no entries.
func (c *Client) Journal(ctx context.Context, id string, after int64, limit int) ([]operatorapi.Entry, error) {
	r := operatorapi.GetJournal.To(id)
	r.Query.After, r.Query.Limit = &after, new(int64(limit))
	answer, err := send(ctx, c, r)
	return answer.Entries, err
}

// Verify recomputes every hash and state. An entry that differs is part of the
// answer, not an error.
func (c *Client) Verify(ctx context.Context) (operatorapi.Verification, error) {
	return send(ctx, c, operatorapi.Verify.To())
}
