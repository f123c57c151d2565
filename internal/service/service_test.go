package service_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/service"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// accounts is how many each test has, each with three offerings.
const accounts = 24

// start is what the wall clock shows when a test starts.
var start = time.Date(2027, 11, 3, 7, 8, 9, 123_000_000, time.UTC)

// farm is a service over a journal in memory. Its ids are the same every time
// that the same is done.
type farm struct {
	*service.Service
	t    *testing.T
	wall time.Time
	ids  int
}

func open(t *testing.T) *farm {
	t.Helper()
	store, err := sqlite.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	f := &farm{t: t, wall: start}
	catalog := offering.Default()
	catalog.Offerings[0].Prices = append(catalog.Offerings[0].Prices, offering.Price{From: start.AddDate(0, 5, 3), Monthly: 33333})
	f.Service, err = service.New(context.Background(), service.Config{
		Store: store, Terms: account.Terms{Catalog: catalog, MaxSlots: 100}, Test: true,
		Now:   func() time.Time { return f.wall },
		NewID: func() string { f.ids++; return fmt.Sprintf("id-%d", f.ids) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func caller(i int) journal.Caller {
	return journal.Caller{Account: account.ID(fmt.Sprintf("%012d", i)), By: journal.By{Key: "AKID"}}
}

func (f *farm) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// settle has every account buy, with a promotion or without, and renew; no two
// do the same.
func (f *farm) settle(frozen bool) {
	f.t.Helper()
	ctx := context.Background()
	for i := range accounts {
		f.wall = start.Add(time.Duration(i) * 25 * time.Hour) // from the 3rd to the 28th
		if frozen {
			_, _, err := f.Freeze(ctx, caller(i), f.wall)
			f.must(err)
		}
		for k, o := range f.Catalog().Offerings[:3] {
			order := account.Order{OfferingID: o.ID, Quantity: 1 + (i+k)%5}
			if k == i%4 {
				order.PromotionID = "2FREEMONTHS"
			}
			if k > 0 {
				order.PromotionID = "" // it is for new customers
			}
			_, _, err := f.Purchase(ctx, caller(i), order)
			f.must(err)
			if (i+k)%3 == 0 {
				_, _, err = f.Renew(ctx, caller(i), account.Order{OfferingID: o.ID, Quantity: (i + k) % 4})
				f.must(err)
			}
		}
	}
	f.wall = start.AddDate(0, 0, 26)
}

// entries are those of all accounts, without who caused them and when by the
// wall clock.
func (f *farm) entries() map[account.ID][]string {
	f.t.Helper()
	all := map[account.ID][]string{}
	for i := range accounts {
		id := caller(i).Account
		records, err := f.Store.Forward(context.Background(), id, 0, math.MaxInt32)
		f.must(err)
		for _, record := range records {
			entry, err := record.Entry()
			f.must(err)
			entry.Recorded, entry.By = time.Time{}, journal.By{}
			body, err := json.Marshal(entry)
			f.must(err)
			all[id] = append(all[id], string(body))
		}
	}
	report, err := journal.Verify(context.Background(), f.Store)
	if err != nil || report.Wrong != nil || report.Accounts != accounts {
		f.t.Errorf("verify: %+v, %v", report, err)
	}
	return all
}

// TestDayByDayOrAtOnce rolls accounts each day of a year as their owners look
// at them, each month as a sweep finds them due, and once at the end.
func TestDayByDayOrAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	end := start.AddDate(1, 0, 26)
	ways := map[string]func(*farm){
		"day by day": func(f *farm) {
			for ; f.wall.Before(end); f.wall = f.wall.AddDate(0, 0, 1) {
				for i := range accounts {
					_, err := f.View(ctx, caller(i))
					f.must(err)
				}
			}
		},
		"swept": func(f *farm) {
			for ; f.wall.Before(end); f.wall = f.wall.Add(317 * time.Hour) {
				f.must(f.Sweep(ctx))
			}
		},
		"at once": func(*farm) {},
	}
	want := map[account.ID][]string(nil)
	for name, way := range ways {
		f := open(t)
		f.settle(false)
		way(f)
		f.wall = end
		for i := range accounts {
			view, err := f.View(ctx, caller(i))
			f.must(err)
			if len(view.State.Holdings) > 0 && view.State.At.Before(end.AddDate(0, -1, 0)) {
				t.Errorf("%s: account %d is at %v", name, i, view.State.At)
			}
		}
		got := f.entries()
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-another way +this one):\n%s", name, diff)
		}
	}
}

// TestClocksDayByDayOrAtOnce advances clocks by a year in days and at once. But
// for the moves themselves the journals say the same.
func TestClocksDayByDayOrAtOnce(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	rolled := func(days int) map[account.ID][]account.Event {
		f := open(t)
		f.settle(true)
		all := map[account.ID][]account.Event{}
		for i := range accounts {
			var due []account.Transaction
			for _, to := range targets(f, i, days) {
				view, more, err := f.Freeze(ctx, caller(i), to)
				f.must(err)
				if !view.Now.Equal(to) {
					t.Fatalf("account %d is at %v, want %v", i, view.Now, to)
				}
				due = append(due, more...)
			}
			all[caller(i).Account] = f.rolled(i, due)
		}
		f.must(f.Sweep(ctx)) // of accounts whose clocks stand
		f.entries()
		return all
	}
	if diff := cmp.Diff(rolled(500), rolled(1)); diff != "" {
		t.Errorf("events (-at once +day by day):\n%s", diff)
	}
}

// targets are where an account's clock stands in a year, so many days apart.
func targets(f *farm, i, days int) []time.Time {
	view, err := f.View(context.Background(), caller(i))
	f.must(err)
	var all []time.Time
	end := view.Now.AddDate(1, 0, 0)
	for at := view.Now.AddDate(0, 0, days); at.Before(end); at = at.AddDate(0, 0, days) {
		all = append(all, at)
	}
	return append(all, end)
}

// rolled returns the boundaries that an account crossed, whose transactions are
// those that came due.
func (f *farm) rolled(i int, due []account.Transaction) []account.Event {
	f.t.Helper()
	records, err := f.Store.Forward(context.Background(), caller(i).Account, 0, math.MaxInt32)
	f.must(err)
	var events []account.Event
	var made []account.Transaction
	for _, record := range records {
		entry, err := record.Entry()
		f.must(err)
		if entry.Event.Kind == account.KindRolled {
			events = append(events, entry.Event)
			made = append(made, entry.Event.Transactions...)
		}
	}
	if diff := cmp.Diff(made, due); diff != "" {
		f.t.Errorf("account %d: what came due (-entries +answers):\n%s", i, diff)
	}
	return events
}

// TestSweep rolls what is due by the wall clock and leaves the others.
func TestSweep(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), open(t)
	f.settle(false)
	for i := range accounts / 2 {
		_, _, err := f.Freeze(ctx, caller(i), f.wall)
		f.must(err)
	}
	f.wall = f.wall.AddDate(0, 3, 0)
	before := f.entries()
	for range 2 {
		f.must(f.Sweep(ctx))
		for id, entries := range f.entries() {
			frozen := id < caller(accounts/2).Account
			if grown := len(entries) > len(before[id]); grown == frozen {
				t.Errorf("account %s has %d entries after %d; frozen %t", id, len(entries), len(before[id]), frozen)
			}
		}
	}
	due, err := f.Store.Due(ctx, f.wall, "", accounts)
	if err != nil || len(due) > 0 {
		t.Errorf("still due: %v, %v", due, err)
	}
}

// TestCallersWhoGo leave nothing half done: a seed, a reset and a fork go on
// when the caller's context has ended behind the point of no return.
func TestCallersWhoGo(t *testing.T) {
	t.Parallel()
	ctx, f := context.Background(), open(t)
	f.settle(true)
	taken, err := f.Snapshot(ctx, caller(0))
	f.must(err)
	seed, err := f.Export(ctx)
	f.must(err)
	seed.Catalog = nil
	before := f.entries()
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := f.Plant(gone, caller(0), seed); err == nil {
		t.Error("a seed of a caller who had gone was planted")
	}
	if _, err := f.Fork(gone, caller(0), taken.ID, caller(1).Account); err == nil {
		t.Error("a fork of a caller who had gone was made")
	}
	if diff := cmp.Diff(before, f.entries()); diff != "" {
		t.Errorf("entries:\n%s", diff)
	}
	if _, err := f.Reset(gone, caller(0)); err != nil {
		t.Errorf("a reset that was begun: %v", err)
	}
}
