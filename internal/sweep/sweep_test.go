package sweep_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/farmtest"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
	"github.com/slotfarm/slotfarm/internal/sweep"
)

// TestSwept has three accounts hold slots and lets the wall clock pass the end
// of the month, and what is stored with them end.
func TestSwept(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	store, err := sqlite.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	wall := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	var swept []string
	s, err := server.NewParts(ctx, server.PartsConfig{
		Store: store, Now: func() time.Time { return wall }, NewID: func() string { return "seed" },
		Terms: account.Terms{Catalog: offering.Default(), MaxSlots: 100},
		Swept: func(accounts int, err error) { swept = append(swept, fmt.Sprint(accounts, " ", err != nil)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		c := journal.Caller{Account: account.ID(fmt.Sprintf("%012d", i))}
		if _, _, err := s.Orders.Purchase(ctx, c, account.Order{OfferingID: offering.Default().Offerings[0].ID, Quantity: 1}); err != nil {
			t.Fatal(err)
		}
	}
	lag := func(want time.Duration) {
		t.Helper()
		if got, err := s.Sweeper.Lag(ctx); got != want || err != nil {
			t.Errorf("lag = %v, %v; want %v", got, err, want)
		}
	}
	sweep := func() {
		t.Helper()
		if err := s.Sweeper.Sweep(ctx); err != nil {
			t.Error(err)
		}
		lag(0)
	}
	sweep() // too early
	wall = time.Date(2026, 2, 1, 0, 1, 30, 0, time.UTC)
	lag(90 * time.Second)
	sweep()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Sweeper.Sweep(ctx); err == nil {
		t.Error("a sweep without a journal succeeds")
	}
	if _, err := s.Sweeper.Lag(ctx); err == nil {
		t.Error("there is a lag without a journal")
	}
	if diff := cmp.Diff([]string{"0 false", "3 false", "0 true"}, swept); diff != "" {
		t.Errorf("swept accounts, failed (-want +got):\n%s", diff)
	}
}

// damaged is storage in which an account's entry cannot be read.
type damaged struct {
	store.Store
	account account.ID
}

func (d damaged) Update(ctx context.Context, c journal.Change) (journal.Outcome, error) {
	if c.Account == d.account {
		return journal.Outcome{}, fault.New(fault.Internal, "entry 1 cannot be read")
	}
	return d.Store.Update(ctx, c)
}

// TestSweepPassesOver sweeps with an account that cannot be rolled: the others
// are rolled, and the sweep names that account.
func TestSweepPassesOver(t *testing.T) {
	t.Parallel()
	f := farmtest.Open(t)
	f.Settle(false)
	f.Config.Store = damaged{f.Config.Store, farmtest.Caller(3).Account}
	now := f.Wall.AddDate(0, 0, 20)
	alone, shared := f.Config, nodes(f, &now)[0]
	alone.Now = func() time.Time { return now }
	one, err := server.NewParts(context.Background(), alone)
	f.Must(err)
	months := 0
	for name, node := range map[string]*sweep.Sweeper{"alone": one.Sweeper, "shared": shared} {
		if err := node.Sweep(context.Background()); fault.KindOf(err) != fault.Conflict || !strings.Contains(fault.MessageOf(err), "account 000000000003 cannot be rolled") {
			t.Errorf("%s: sweep: %v", name, err)
		}
		months++
		want := map[account.ID]int{}
		for i := range farmtest.Accounts {
			want[farmtest.Caller(i).Account] = months
		}
		delete(want, farmtest.Caller(3).Account)
		if diff := cmp.Diff(want, rolls(f)); diff != "" {
			t.Errorf("%s: how often accounts were rolled (-want +got):\n%s", name, diff)
		}
		now = now.AddDate(0, 1, 0)
	}
}
