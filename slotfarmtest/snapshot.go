package slotfarmtest

import "context"

// Snapshot is a point in an account's history to go back to.
type Snapshot struct {
	account *Account
	id      string
}

// Snapshot records the account as it is now.
func (a *Account) Snapshot() Snapshot {
	a.t.Helper()
	taken, err := a.server.client.Snapshot(context.Background(), a.id)
	check(a.t, err)
	return Snapshot{account: a, id: taken.ID}
}

// Restore brings the account back to the snapshot, including its clock.
// Everything later is gone, including later snapshots.
func (s Snapshot) Restore() {
	a := s.account
	a.t.Helper()
	_, err := a.server.client.Restore(context.Background(), a.id, s.id, "")
	check(a.t, err)
}

// Into gives another account the state of the snapshot, in place of its own, so
// that tests can start from one prepared state in parallel.
func (s Snapshot) Into(other *Account) {
	other.t.Helper()
	_, err := other.server.client.Restore(context.Background(), s.account.id, s.id, other.id)
	check(other.t, err)
}

// Delete deletes the snapshot.
func (s Snapshot) Delete() {
	a := s.account
	a.t.Helper()
	check(a.t, a.server.client.DeleteSnapshot(context.Background(), a.id, s.id))
}
