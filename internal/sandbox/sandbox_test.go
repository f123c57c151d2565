package sandbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/farmtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestClocksDayByDayOrAtOnce advances clocks by a year in days and at once. But
// for the moves themselves the journals say the same.
func TestClocksDayByDayOrAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	after := func(days int) map[account.ID][]account.Event {
		f := farmtest.Open(t)
		f.Settle(true)
		all := map[account.ID][]account.Event{}
		for i := range farmtest.Accounts {
			var due []account.Transaction
			for _, to := range targets(f, i, days) {
				view, more, err := f.Clocks.Freeze(ctx, farmtest.Caller(i), to)
				f.Must(err)
				if !view.Now.Equal(to) {
					t.Fatalf("account %d is at %v, want %v", i, view.Now, to)
				}
				due = append(due, more...)
			}
			all[farmtest.Caller(i).Account] = rolled(t, f, i, due)
		}
		f.Must(f.Sweeper.Sweep(ctx)) // of accounts whose clocks stand
		f.Entries()
		return all
	}
	if diff := cmp.Diff(after(500), after(1)); diff != "" {
		t.Errorf("events (-at once +day by day):\n%s", diff)
	}
}

// targets are where an account's clock stands in a year, so many days apart.
func targets(f *farmtest.Farm, i, days int) []time.Time {
	view, err := f.Accounts.View(context.Background(), farmtest.Caller(i))
	f.Must(err)
	var all []time.Time
	end := view.Now.AddDate(1, 0, 0)
	for at := view.Now.AddDate(0, 0, days); at.Before(end); at = at.AddDate(0, 0, days) {
		all = append(all, at)
	}
	return append(all, end)
}

// rolled returns the boundaries that an account crossed, whose transactions are
// those that came due.
func rolled(t *testing.T, f *farmtest.Farm, i int, due []account.Transaction) []account.Event {
	t.Helper()
	var events []account.Event
	var made []account.Transaction
	for _, entry := range f.Journal(i) {
		if entry.Event.Kind == account.KindRolled {
			events = append(events, entry.Event)
			made = append(made, entry.Event.Transactions...)
		}
	}
	if diff := cmp.Diff(made, due); diff != "" {
		t.Errorf("account %d: what came due (-entries +answers):\n%s", i, diff)
	}
	return events
}

// TestCallersWhoGo leave nothing half done: a seed, a reset and a fork go on
// when the caller's context has ended behind the point of no return.
func TestCallersWhoGo(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), farmtest.Open(t)
	f.Settle(true)
	taken, err := f.Snapshots.Take(ctx, farmtest.Caller(0))
	f.Must(err)
	seed, err := f.Seeds.Export(ctx)
	f.Must(err)
	seed.Catalog = nil
	before := f.Entries()
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := f.Seeds.Plant(gone, farmtest.Caller(0), seed); err == nil {
		t.Error("a seed of a caller who had gone was planted")
	}
	if _, err := f.Snapshots.Fork(gone, farmtest.Caller(0), taken.ID, farmtest.Caller(1).Account); err == nil {
		t.Error("a fork of a caller who had gone was made")
	}
	if diff := cmp.Diff(before, f.Entries()); diff != "" {
		t.Errorf("entries:\n%s", diff)
	}
	if _, err := f.Seeds.Reset(gone, farmtest.Caller(0)); err != nil {
		t.Errorf("a reset that was begun: %v", err)
	}
}
