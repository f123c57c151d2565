package cli

import (
	"context"
	"strconv"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// snapshotCommand holds the commands on snapshots of test accounts.
type snapshotCommand struct {
	Take    snapshotTakeCommand    `cmd:"" help:"Take a snapshot of a test account."`
	List    snapshotListCommand    `cmd:"" help:"Print the snapshots of an account, oldest first."`
	Restore snapshotRestoreCommand `cmd:"" help:"Restore a test account to a snapshot, or copy the snapshot into another test account."`
	Delete  snapshotDeleteCommand  `cmd:"" help:"Delete a snapshot."`
}

// snapshotTakeCommand takes a snapshot.
type snapshotTakeCommand struct {
	onAccount
}

// Run takes a snapshot and prints it.
func (c *snapshotTakeCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		s, err := api.Snapshot(ctx, string(c.Account))
		p.snapshots(s)
		return err
	})
}

// snapshotListCommand prints snapshots.
type snapshotListCommand struct {
	onAccount
}

// Run prints a line for each snapshot.
func (c *snapshotListCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		all, err := api.Snapshots(ctx, string(c.Account))
		p.snapshots(all...)
		return err
	})
}

// snapshots adds snapshots to the text.
func (p *page) snapshots(all ...operatorapi.Snapshot) {
	var rows [][]string
	for _, s := range all {
		rows = append(rows, []string{s.ID, strconv.FormatInt(s.Entries, 10), showTime(s.Now), showTime(s.Taken)})
	}
	p.table([]string{"SNAPSHOT", "ENTRIES", "NOW", "TAKEN"}, rows)
}

// snapshotRestoreCommand restores a snapshot.
type snapshotRestoreCommand struct {
	onAccount
	Into     accountID `env:"-" placeholder:"ID" help:"Restore the snapshot into this test account, in place of everything it has. The snapshot's own account stays as it is."`
	Snapshot string    `arg:"" help:"The snapshot."`
}

// Run restores the snapshot and prints the account.
func (c *snapshotRestoreCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		a, err := api.Restore(ctx, string(c.Account), c.Snapshot, string(c.Into))
		p.account(a)
		return err
	})
}

// snapshotDeleteCommand deletes a snapshot.
type snapshotDeleteCommand struct {
	onAccount
	Snapshot string `arg:"" help:"The snapshot."`
}

// Run deletes the snapshot and says so; as JSON, it prints nothing.
func (c *snapshotDeleteCommand) Run(ctx context.Context, streams IO) error {
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		p.say("%s is deleted.", c.Snapshot)
		return api.DeleteSnapshot(ctx, string(c.Account), c.Snapshot)
	})
}
