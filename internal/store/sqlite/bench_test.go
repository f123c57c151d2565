package sqlite_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// BenchmarkUpdate appends purchases from 64 callers, each told apart from its
// retries and on disk before it is answered, to few and to many accounts.
func BenchmarkUpdate(b *testing.B) {
	for _, accounts := range []int64{1, 10_000} {
		b.Run(fmt.Sprintf("accounts=%d", accounts), func(b *testing.B) {
			j, err := sqlite.Open(context.Background(), b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			defer j.Close()
			var calls atomic.Int64
			b.SetParallelism(32) // times GOMAXPROCS
			b.ResetTimer()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					n := calls.Add(1)
					if _, err := j.Update(context.Background(), purchase(account.ID(fmt.Sprintf("%012d", n%accounts)), n)); err != nil {
						b.Error(err)
					}
				}
			})
		})
	}
}

func purchase(id account.ID, call int64) journal.Change {
	terms := account.Terms{Catalog: offering.Default(), MaxSlots: account.MaxQuantity}
	at := time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)
	order := account.Order{OfferingID: terms.Catalog.Offerings[0].ID, Quantity: 1}
	return journal.Change{
		Account: id, Recorded: at,
		By:    journal.By{Key: "AKIAIOSFODNN7EXAMPLE", Source: "127.0.0.1", Request: "01f2ac5e-6d0b-4b0c-9d0e-6a1f8a2f3c4d"},
		Retry: &journal.Retry{ID: fmt.Sprintf("01f2ac5e-6d0b-4b0c-9d0e-%012d", call), Request: fmt.Sprintf("%064d", call)},
		Decide: func(s account.State) ([]account.Event, error) {
			var events []account.Event
			if !s.Opened() {
				events = append(events, account.Open(account.Opening{Seed: string(id)}, at))
				s = account.Apply(s, events[0])
			}
			bought, err := s.Purchase(order, terms, at)
			return append(events, bought), err
		},
	}
}
