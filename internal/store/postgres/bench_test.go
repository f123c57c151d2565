package postgres_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// BenchmarkUpdate appends a purchase of one slot by 64 callers, spread over some
// accounts.
func BenchmarkUpdate(b *testing.B) {
	s := pgtest.Start(b)
	for _, accounts := range []int64{1, 10_000} {
		b.Run(fmt.Sprintf("accounts=%d", accounts), func(b *testing.B) {
			j, err := postgres.Open(context.Background(), s.Database(b))
			if err != nil {
				b.Fatal(err)
			}
			defer j.Close()
			buy(b, j, accounts)
		})
	}
}

func buy(b *testing.B, j *postgres.Journal, accounts int64) {
	terms := account.Terms{Catalog: offering.Default(), MaxSlots: account.MaxQuantity}
	at := time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)
	var calls atomic.Int64
	b.SetParallelism(32) // on two cores
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			call := calls.Add(1)
			id := account.ID(fmt.Sprintf("%012d", call%accounts))
			_, err := j.Update(context.Background(), journal.Change{
				Account: id, Recorded: at, Retry: &journal.Retry{ID: fmt.Sprint("call ", call), Request: "request"},
				Decide: func(s account.State) ([]account.Event, error) {
					var events []account.Event
					if !s.Opened() {
						events = append(events, account.Open(account.Opening{Seed: string(id)}, at))
						s = account.Apply(s, events[0])
					}
					event, err := s.Purchase(account.Order{OfferingID: terms.Catalog.Offerings[0].ID, Quantity: 1}, terms, at)
					return append(events, event), err
				},
			})
			if err != nil {
				b.Error(err)
			}
		}
	})
}
