package sweep_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/farmtest"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// population is how many accounts a site has: more than a sweep has under way, so
// that one which is cut leaves some.
const population = 100

// The wall clock, from the last purchase to the first look after three boundaries.
var (
	bought = time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	looked = time.Date(2027, 4, 15, 6, 30, 0, 0, time.UTC)
)

// site is a data directory on which one service after another works.
type site struct {
	t   *testing.T
	dir string
}

// during opens the directory, has f work on it at a time, and closes it.
func (s site) during(wall time.Time, f func(*server.Parts, store.Store), options ...sqlite.Option) {
	s.t.Helper()
	ctx, ids := context.Background(), 0
	store, err := sqlite.Open(ctx, s.dir, options...)
	if err != nil {
		s.t.Fatal(err)
	}
	catalog := offering.Default()
	for i := range catalog.Offerings { // dearer from the second boundary on
		catalog.Offerings[i].Prices = append(catalog.Offerings[i].Prices, offering.Price{From: bought.AddDate(0, 0, 20), Monthly: 33333})
	}
	opened, err := server.NewParts(ctx, server.PartsConfig{
		Store: store, Terms: account.Terms{Catalog: catalog, MaxSlots: 100}, Now: func() time.Time { return wall },
		NewID: func() string { ids++; return fmt.Sprint("id-", ids) },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	f(opened, store)
	if err := store.Close(); err != nil {
		s.t.Fatal(err)
	}
}

// sweep rolls what is due at a time, in a service that was started for it.
func (s site) sweep(wall time.Time) {
	s.t.Helper()
	s.during(wall, func(o *server.Parts, _ store.Store) {
		if err := o.Sweeper.Sweep(context.Background()); err != nil {
			s.t.Error(err)
		}
	})
}

// cut is a sweep that ends right after its first commit.
func (s site) cut(wall time.Time) {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s.during(wall, func(o *server.Parts, store store.Store) {
		if err := o.Sweeper.Sweep(ctx); err == nil {
			s.t.Error("the sweep was not cut")
		}
		due, err := store.Due(context.Background(), wall, "", population)
		if err != nil || len(due) == 0 || len(due) == population {
			s.t.Errorf("%d of %d accounts are due after half a sweep, %v", len(due), population, err)
		}
	}, sqlite.Observe(func(journal.Batch) { cancel() }))
}

// settle makes account i do some of six things. Each combination occurs several
// times.
func settle(o *server.Parts, i int) error {
	ctx, c := context.Background(), farmtest.Caller(i)
	catalog, suspended := offering.Default(), account.Suspended
	buy := func(which, quantity int, promotion string) error {
		_, _, err := o.Orders.Purchase(ctx, c, account.Order{OfferingID: catalog.Offerings[which].ID, Quantity: quantity, PromotionID: promotion})
		return err
	}
	renew := func(which, quantity int) error {
		_, _, err := o.Orders.Renew(ctx, c, account.Order{OfferingID: catalog.Offerings[which].ID, Quantity: quantity})
		return err
	}
	for step, do := range []func() error{
		func() error { return buy(1, 2, catalog.Promotions[0].ID) },
		func() error { return buy(0, 1+i%3, "") },
		func() error { return renew(0, i%5) },
		func() error { return renew(2, 3) },
		func() error { return errors.Join(buy(3, 1, ""), buy(1, 1, "")) }, // one beside those of the promotion
		func() error { _, err := o.Accounts.Configure(ctx, c, account.Settings{Status: &suspended}); return err },
	} {
		if chosen := 1 + i%63; chosen>>step&1 == 0 {
			continue
		}
		if err := do(); err != nil {
			return fmt.Errorf("step %d of account %d: %w", step, i, err)
		}
	}
	return nil
}

// journals returns all entries with their hashes, checked.
func (s site) journals() map[account.ID][]hashed {
	s.t.Helper()
	all := map[account.ID][]hashed{}
	s.during(looked, func(o *server.Parts, store store.Store) {
		if report, err := journal.Verify(context.Background(), store); err != nil || report.Wrong != nil || report.Accounts != population {
			s.t.Errorf("verify: %+v, %v", report, err)
		}
		for i := range population {
			id := farmtest.Caller(i).Account
			records, err := store.Forward(context.Background(), id, 0, 100)
			if err != nil {
				s.t.Fatal(err)
			}
			for _, record := range records {
				entry, err := record.Entry()
				if err != nil {
					s.t.Fatal(err)
				}
				all[id] = append(all[id], hashed{entry, record.Hash})
			}
		}
	})
	return all
}

// hashed is an entry with its hash.
type hashed struct {
	journal.Entry
	Hash journal.Hash
}

// TestDowntimeLeavesTheSameJournals has the same accounts pass three boundaries in
// several ways. Their journals are those of one sweep after it all, entry by
// entry: events with transactions and charges, states and numbers. What differs is
// who caused an entry and when it was recorded, each only where another caller or
// another time did it, and with them the hashes.
func TestDowntimeLeavesTheSameJournals(t *testing.T) {
	t.Parallel()
	first := site{t, t.TempDir()}
	first.during(bought, func(o *server.Parts, _ store.Store) {
		for i := range population {
			if err := settle(o, i); err != nil {
				t.Fatal(err)
			}
		}
	})
	boundary := func(month time.Month) time.Time { return time.Date(2027, month, 1, 0, 0, 0, 0, time.UTC) }
	when, who := cmpopts.IgnoreFields(journal.Entry{}, "Recorded"), cmpopts.IgnoreFields(journal.Entry{}, "By")
	hashes := cmpopts.IgnoreFields(hashed{}, "Hash")
	histories := map[string]struct {
		live func(site)
		but  cmp.Options // what may differ
	}{
		"swept in time": {func(s site) {
			for _, month := range []time.Month{time.February, time.March, time.April} {
				s.sweep(boundary(month).Add(-time.Millisecond)) // nothing is due
				s.sweep(boundary(month))
			}
		}, cmp.Options{when, hashes}},
		"swept a month late": {func(s site) {
			s.sweep(boundary(time.March).Add(time.Hour))
			s.sweep(looked)
		}, cmp.Options{when, hashes}},
		"swept twice at the end": {func(s site) { s.sweep(looked); s.sweep(looked) }, nil},
		"cut half-way":           {func(s site) { s.cut(looked); s.sweep(looked) }, nil},
		"cut in time": {func(s site) {
			s.cut(boundary(time.February))
			s.cut(boundary(time.March))
			s.sweep(looked)
		}, cmp.Options{when, hashes}},
		"read only": {func(s site) {
			s.during(looked, func(o *server.Parts, _ store.Store) {
				for i := range population {
					if _, err := o.Accounts.View(context.Background(), farmtest.Caller(i)); err != nil {
						t.Fatal(err)
					}
				}
			})
		}, cmp.Options{who, hashes}},
	}
	want := first.lived(func(s site) { s.sweep(looked) })
	wantThreeBoundaries(t, want)
	for name, history := range histories {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(want, first.lived(history.live), history.but); diff != "" {
				t.Errorf("journals (-swept once at the end +%s):\n%.3000s", name, diff)
			}
		})
	}
}

// lived returns the journals of a copy of the site to which something happened.
func (s site) lived(live func(site)) map[account.ID][]hashed {
	s.t.Helper()
	other := site{s.t, s.t.TempDir()}
	if err := os.CopyFS(other.dir, os.DirFS(s.dir)); err != nil {
		s.t.Fatal(err)
	}
	live(other)
	return other.journals()
}

// wantThreeBoundaries checks that there is something to compare: accounts cross
// up to three boundaries, and every offering is charged at each.
func wantThreeBoundaries(t *testing.T, journals map[account.ID][]hashed) {
	t.Helper()
	got := map[string]bool{}
	for _, entries := range journals {
		for _, e := range entries {
			for _, charge := range e.Event.Charges {
				if charge.Cost > 0 {
					got[e.Event.At.Format(time.DateOnly)+" "+charge.OfferingID] = true
				}
			}
		}
	}
	want := map[string]bool{}
	for _, day := range []string{"2027-02-01", "2027-03-01", "2027-04-01"} {
		for _, o := range offering.Default().Offerings {
			want[day+" "+o.ID] = true
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("boundaries and offerings with a charge above 0 (-want +got):\n%s", diff)
	}
}
