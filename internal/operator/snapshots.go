package operator

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/sandbox"
)

func (a api) snapshotRows() []row {
	return []row{
		on(operatorapi.ListSnapshots, a.listSnapshots),
		on(operatorapi.TakeSnapshot, a.takeSnapshot),
		on(operatorapi.DeleteSnapshot, a.deleteSnapshot),
		on(operatorapi.RestoreSnapshot, a.restoreSnapshot),
	}
}

func snapshotShape(s sandbox.Snapshot) operatorapi.Snapshot {
	return operatorapi.Snapshot{ID: s.ID, Entries: s.Entries, Hash: s.Hash, Now: s.Now, Taken: s.Taken}
}

// takeSnapshot records the present place in a test account's journal.
func (a api) takeSnapshot(ctx context.Context, in input[none, operatorapi.Empty]) (operatorapi.Snapshot, error) {
	taken, err := a.Snapshots.Take(ctx, in.caller)
	return snapshotShape(taken), err
}

// listSnapshots shows an account's snapshots, oldest first.
func (a api) listSnapshots(ctx context.Context, in input[none, none]) (operatorapi.Snapshots, error) {
	all, err := a.Snapshots.List(ctx, in.caller)
	answer := operatorapi.Snapshots{Snapshots: []operatorapi.Snapshot{}}
	for _, s := range all {
		answer.Snapshots = append(answer.Snapshots, snapshotShape(s))
	}
	return answer, err
}

// deleteSnapshot deletes a snapshot.
func (a api) deleteSnapshot(ctx context.Context, in input[none, none]) (none, error) {
	return none{}, a.Snapshots.Delete(ctx, in.caller, in.request.PathValue("snapshot"))
}

// restoreSnapshot brings a test account back to a snapshot, or makes another
// account from it, and shows that account.
func (a api) restoreSnapshot(ctx context.Context, in input[none, operatorapi.Restore]) (operatorapi.Account, error) {
	c, snapshot := in.caller, in.request.PathValue("snapshot")
	if in.body.Into == nil {
		view, err := a.Snapshots.Restore(ctx, c, snapshot)
		return shape(c.Account, view), err
	}
	into, err := account.ParseID(*in.body.Into)
	if err != nil {
		return operatorapi.Account{}, fault.New(fault.Argument, "into: %s", fault.MessageOf(err))
	}
	if err := in.request.Also(asking(in.action, into)); err != nil {
		return operatorapi.Account{}, err
	}
	view, err := a.Snapshots.Fork(ctx, c, snapshot, into)
	return shape(into, view), err
}
