package sandbox_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// BenchmarkAdvance moves the clocks of 10,000 accounts that hold three offerings
// each by twelve periods, 64 accounts at a time, on a durable journal.
func BenchmarkAdvance(b *testing.B) {
	const accounts, callers, periods = 10_000, 64, 12
	ctx := context.Background()
	store, err := sqlite.Open(ctx, b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = store.Close() })
	catalog := offering.Default()
	s, err := server.NewParts(ctx, server.PartsConfig{
		Store: store, Now: time.Now, NewID: uuid.NewString, Test: true,
		Terms: account.Terms{Catalog: catalog, MaxSlots: 100},
	})
	if err != nil {
		b.Fatal(err)
	}
	start := time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)
	var seed manifest.Seed
	for i := range accounts {
		script := account.Script{Test: true, Now: &start}
		for n, o := range catalog.Offerings[:3] {
			script.Steps = append(script.Steps, account.Step{Purchase: &account.Order{OfferingID: o.ID, Quantity: n + 1}})
		}
		seed.Accounts = append(seed.Accounts, manifest.SeedAccount{ID: account.ID(fmt.Sprintf("%012d", i)), Script: script})
	}
	if _, err := s.Seeds.Plant(ctx, journal.Caller{By: journal.By{Key: "bench"}}, seed); err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	for range b.N {
		var group sync.WaitGroup
		for caller := range callers {
			group.Go(func() {
				for i := caller; i < accounts; i += callers {
					c := journal.Caller{Account: seed.Accounts[i].ID, By: journal.By{Key: "bench"}}
					if _, _, err := s.Clocks.Advance(ctx, c, func(now time.Time) time.Time { return now.AddDate(0, periods, 0) }); err != nil {
						b.Error(err)
					}
				}
			})
		}
		group.Wait()
	}
	b.ReportMetric(float64(b.N*accounts*periods*3)/b.Elapsed().Seconds(), "transactions/s")
}
