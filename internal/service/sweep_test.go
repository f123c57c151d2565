package service_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal/sqlite"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/service"
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
	s, err := service.New(ctx, service.Config{
		Store: store, Now: func() time.Time { return wall }, NewID: func() string { return "seed" },
		Terms: account.Terms{Catalog: offering.Default(), MaxSlots: 100},
		Swept: func(accounts int, err error) { swept = append(swept, fmt.Sprint(accounts, " ", err != nil)) },
	})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		c := service.Caller{Account: account.ID(fmt.Sprintf("%012d", i))}
		if _, _, err := s.Purchase(ctx, c, account.Order{OfferingID: offering.Default().Offerings[0].ID, Quantity: 1}); err != nil {
			t.Fatal(err)
		}
	}
	lag := func(want time.Duration) {
		t.Helper()
		if got, err := s.Lag(ctx); got != want || err != nil {
			t.Errorf("lag = %v, %v; want %v", got, err, want)
		}
	}
	sweep := func() {
		t.Helper()
		if err := s.Sweep(ctx); err != nil {
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
	if err := s.Sweep(ctx); err == nil {
		t.Error("a sweep without a journal succeeds")
	}
	if _, err := s.Lag(ctx); err == nil {
		t.Error("there is a lag without a journal")
	}
	if diff := cmp.Diff([]string{"0 false", "3 false", "0 true"}, swept); diff != "" {
		t.Errorf("swept accounts, failed (-want +got):\n%s", diff)
	}
}
