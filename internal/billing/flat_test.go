package billing_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

var manySessions = flag.Int("sessions", 3000, "behind how many booked sessions reads are measured")

// counted counts the records that are read from a store.
type counted struct {
	store.Store
	records atomic.Int64
}

func (c *counted) Head(ctx context.Context, id account.ID) (journal.Head, error) {
	c.records.Add(1)
	return c.Store.Head(ctx, id)
}

func (c *counted) Forward(ctx context.Context, id account.ID, after int64, limit int) ([]journal.Record, error) {
	return c.count(c.Store.Forward(ctx, id, after, limit))
}

func (c *counted) Back(ctx context.Context, id account.ID, before int64, limit int) ([]journal.Record, error) {
	return c.count(c.Store.Back(ctx, id, before, limit))
}

func (c *counted) Unbooked(ctx context.Context, id account.ID, after int64, limit int) ([]journal.Record, error) {
	return c.count(c.Store.Unbooked(ctx, id, after, limit))
}

func (c *counted) count(records []journal.Record, err error) ([]journal.Record, error) {
	c.records.Add(int64(len(records)))
	return records, err
}

// TestFlatBehindSessions compares what reads of orders cost on an account with many
// sessions and on one without: they look at as many records, but for the few that
// find the end of a past month. How long they take is logged.
func TestFlatBehindSessions(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		s, err := sqlite.Open(t.Context(), t.TempDir())
		testFlat(t, closed(t, s, err))
	})
	t.Run("postgres", func(t *testing.T) {
		s, err := postgres.Open(t.Context(), pgtest.Start(t).Database(t))
		testFlat(t, closed(t, s, err))
	})
}

// months is over how many months the sessions are spread.
const months = 12

func testFlat(t *testing.T, s store.Store) {
	c := &counted{Store: s}
	f := newFarm(c)
	fill(t, f, "000000000001", 0)
	begin := time.Now()
	fill(t, f, "000000000002", *manySessions)
	t.Logf("%d sessions booked in %v", *manySessions, time.Since(begin).Round(time.Millisecond))
	for _, read := range []struct {
		name string
		by   func(*farm, journal.Caller) error
	}{
		{"transactions, first page", func(f *farm, c journal.Caller) error { return page(f, c, billing.Cursor{}) }},
		{"transactions, oldest", func(f *farm, c journal.Caller) error { return page(f, c, billing.Cursor{Seq: 4}) }},
		{"status", func(f *farm, c journal.Caller) error { _, err := f.View(t.Context(), c); return err }},
		{"statement, this month", func(f *farm, c journal.Caller) error { return f.owes(c, f.now) }},
		{"statement, first month", func(f *farm, c journal.Caller) error { return f.owes(c, f.now.AddDate(0, 1-months, 0)) }},
		{"statement, middle", func(f *farm, c journal.Caller) error { return f.owes(c, f.now.AddDate(0, -months/2, 0)) }},
	} {
		plain, fast := c.cost(t, func() error { return read.by(f, on("000000000001")) })
		deep, slow := c.cost(t, func() error { return read.by(f, on("000000000002")) })
		t.Logf("%-24s  %4d records  %9v without sessions; %4d records  %9v behind them: ×%.2f", read.name, plain, fast, deep, slow, float64(slow)/float64(fast))
		if deep > plain+10 {
			t.Errorf("%s reads %d records behind %d sessions, and %d without", read.name, deep, *manySessions, plain)
		}
	}
}

func on(id account.ID) journal.Caller { return journal.Caller{Account: id} }

// cost returns how many records a read looks at, and the median of how long it
// takes.
func (c *counted) cost(t *testing.T, read func() error) (records int64, took time.Duration) {
	t.Helper()
	var all []time.Duration
	for range 41 {
		c.records.Store(0)
		begin := time.Now()
		if err := read(); err != nil {
			t.Fatal(err)
		}
		all = append(all, time.Since(begin))
	}
	slices.Sort(all)
	return c.records.Load(), all[len(all)/2]
}

func page(f *farm, c journal.Caller, from billing.Cursor) error {
	got, _, err := f.Transactions(context.Background(), c, from, 100)
	if err == nil && len(got) == 0 {
		err = fmt.Errorf("no transactions from %+v", from)
	}
	return err
}

// owes reads a statement, which must say what the month's renewal or purchase cost.
func (f *farm) owes(c journal.Caller, month time.Time) error {
	s, _, err := f.Statement(context.Background(), c, offering.PeriodOf(month))
	if err == nil && (len(s.Lines) == 0 || s.Total == 0) {
		err = fmt.Errorf("statement of %v: %+v", month, s)
	}
	return err
}

// fill has an account live through some months, with a purchase in each, and book
// many sessions.
func fill(t *testing.T, f *farm, id account.ID, sessions int) {
	t.Helper()
	f.now = instant("2026-01-10T00:00:00Z")
	c := on(id)
	if _, err := f.Configure(t.Context(), c, account.Settings{}); err != nil {
		t.Fatal(err)
	}
	for month := range months {
		f.now = instant("2026-01-10T00:00:00Z").AddDate(0, month, 0)
		if _, _, err := f.Purchase(t.Context(), c, account.Order{OfferingID: f.terms.Catalog.Offerings[month%4].ID, Quantity: 1}); err != nil {
			t.Fatal(err)
		}
		for left := sessions / months; left > 0; left -= 1000 {
			f.bookMany(t, c, min(left, 1000))
		}
	}
}

// bookMany books sessions in one update.
func (f *farm) bookMany(t *testing.T, c journal.Caller, sessions int) {
	t.Helper()
	_, _, err := f.Change(t.Context(), c, func(s account.State, terms account.Terms, now time.Time) ([]account.Event, error) {
		var events []account.Event
		for range sessions {
			one := session(s.Booked)
			if s.Booked%3 == 0 {
				one.Kind, one.Platform = account.RemoteAccess, offering.Android
			}
			e, err := s.Book(one, terms, now)
			if err != nil {
				return nil, err
			}
			events, s = append(events, e), account.Apply(s, e)
		}
		return events, nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
