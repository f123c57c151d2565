package operator

import (
	"net/http"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/sandbox"
)

// snapshotShape is a snapshot as the API shows it.
type snapshotShape struct {
	Snapshot string `json:"snapshot"`
	Entries  int64  `json:"entries"` // how many the journal had
	Hash     string `json:"hash"`    // of the newest of them
	Now      string `json:"now"`     // the account's own time
	Taken    string `json:"taken"`   // by the wall clock
}

func shapeOf(s sandbox.Snapshot) snapshotShape {
	return snapshotShape{s.ID, s.Entries, s.Hash, s.Now.Format(timeFormat), s.Taken.Format(timeFormat)}
}

// takeSnapshot remembers where a test account is.
func (a api) takeSnapshot(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	if err := decodeOptional(r, &struct{}{}); err != nil {
		return nil, err
	}
	taken, err := a.Snapshots.Take(r.Context(), c)
	return shapeOf(taken), err
}

// listSnapshots shows an account's snapshots, oldest first.
func (a api) listSnapshots(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	all, err := a.Snapshots.List(r.Context(), c)
	answer := struct {
		Snapshots []snapshotShape `json:"snapshots"`
	}{[]snapshotShape{}}
	for _, s := range all {
		answer.Snapshots = append(answer.Snapshots, shapeOf(s))
	}
	return answer, err
}

// deleteSnapshot forgets a snapshot.
func (a api) deleteSnapshot(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	return nil, a.Snapshots.Delete(r.Context(), c, r.PathValue("snapshot"))
}

// restoreSnapshot brings a test account back to a snapshot, or makes another
// account of it, and shows that account.
func (a api) restoreSnapshot(r *http.Request) (any, error) {
	c, err := caller(r)
	if err != nil {
		return nil, err
	}
	var body struct {
		Into *string `json:"into"`
	}
	if err := decodeOptional(r, &body); err != nil {
		return nil, err
	}
	if body.Into == nil {
		view, err := a.Snapshots.Restore(r.Context(), c, r.PathValue("snapshot"))
		return shape(c.Account, view), err
	}
	into, err := account.ParseID(*body.Into)
	if err != nil {
		return nil, fault.New(fault.Argument, "into: %s", fault.MessageOf(err))
	}
	if err := alsoOn(r, into); err != nil {
		return nil, err
	}
	view, err := a.Snapshots.Fork(r.Context(), c, r.PathValue("snapshot"), into)
	return shape(into, view), err
}
