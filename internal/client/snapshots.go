package client

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Snapshot is a place in an account's journal to go back to.
type Snapshot struct {
	ID      string    `json:"snapshot"`
	Entries int64     `json:"entries"` // how many the journal had
	Now     time.Time `json:"now"`     // by the account's clock
	Taken   time.Time `json:"taken"`   // by the wall clock
}

// Snapshot takes a snapshot of an account.
func (c *Client) Snapshot(ctx context.Context, id string) (Snapshot, error) {
	var s Snapshot
	err := c.call(ctx, http.MethodPost, accountPath(id)+"/snapshots", nil, &s)
	return s, err
}

// Snapshots returns the snapshots of an account.
func (c *Client) Snapshots(ctx context.Context, id string) ([]Snapshot, error) {
	var answer struct{ Snapshots []Snapshot }
	err := c.call(ctx, http.MethodGet, accountPath(id)+"/snapshots", nil, &answer)
	return answer.Snapshots, err
}

// Restore puts an account back to one of its snapshots, or another account
// where into is not empty, and returns the account that was put there.
func (c *Client) Restore(ctx context.Context, id, snapshot, into string) (Account, error) {
	body := struct {
		Into string `json:"into,omitempty"`
	}{into}
	var a Account
	err := c.call(ctx, http.MethodPost, snapshotPath(id, snapshot)+"/restore", body, &a)
	return a, err
}

// DeleteSnapshot forgets a snapshot of an account.
func (c *Client) DeleteSnapshot(ctx context.Context, id, snapshot string) error {
	return c.call(ctx, http.MethodDelete, snapshotPath(id, snapshot), nil, nil)
}

func snapshotPath(id, snapshot string) string {
	return accountPath(id) + "/snapshots/" + url.PathEscape(snapshot)
}
