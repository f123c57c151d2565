package sqlite_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// TestObserve makes changes one after another, each a batch of its own.
func TestObserve(t *testing.T) {
	t.Parallel()
	var seen []journal.Batch // written before the answer of the update is
	j, err := sqlite.Open(context.Background(), t.TempDir(), sqlite.Observe(func(b journal.Batch) {
		if b.Took <= 0 {
			t.Errorf("took %v", b.Took)
		}
		b.Took = 0
		seen = append(seen, b)
	}))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	update := func(change journal.Change) {
		t.Helper()
		if _, err := j.Update(context.Background(), change); err != nil {
			t.Error(err)
		}
	}
	update(purchase("111111111111", 1)) // which opens the account
	update(purchase("111111111111", 2))
	update(purchase("111111111111", 2)) // repeated, and so nothing to write
	refused := purchase("111111111111", 3)
	refused.Decide = func(account.State) ([]account.Event, error) { return nil, errors.New("no") }
	if _, err := j.Update(context.Background(), refused); err == nil {
		t.Error("not refused")
	}
	put(t, j, `{}`, "key")
	want := []journal.Batch{{Updates: 1, Entries: 2}, {Updates: 1, Entries: 1}, {Updates: 1}}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
}

// TestObserveFailure has storage refuse what it is given: another process has
// taken the table away.
func TestObserveFailure(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var seen []journal.Batch
	j, err := sqlite.Open(context.Background(), dir, sqlite.Observe(func(b journal.Batch) { seen = append(seen, b) }))
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	tamper(t, dir, `DROP TABLE entries`)
	if _, err := j.Update(context.Background(), purchase("111111111111", 1)); err == nil {
		t.Fatal("nothing failed")
	}
	if len(seen) != 1 || seen[0].Err == nil || seen[0].Entries != 0 || seen[0].Updates != 1 {
		t.Errorf("batches = %+v, want one with an error and no entries", seen)
	}
}

func TestSize(t *testing.T) {
	t.Parallel()
	memory, err := sqlite.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer memory.Close()
	if database, log, err := memory.Size(); database != 0 || log != 0 || err != nil {
		t.Errorf("size in memory = %d, %d, %v; want 0, 0", database, log, err)
	}
	j := openDir(t, t.TempDir())
	_, before, err := j.Size()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Update(context.Background(), purchase("111111111111", 1)); err != nil {
		t.Fatal(err)
	}
	if _, after, err := j.Size(); after <= before || err != nil {
		t.Errorf("the log has %d bytes after an update and had %d before (%v)", after, before, err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if database, log, err := j.Size(); database == 0 || log != 0 || err != nil { // SQLite removes the log
		t.Errorf("size at the end = %d, %d, %v; want a database alone", database, log, err)
	}
}
