package journal_test

import (
	"testing"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// BenchmarkExtend decides, encodes and chains a purchase.
func BenchmarkExtend(b *testing.B) {
	last := extend(b)[1]
	head := journal.Head{Seq: last.Record.Seq, Hash: last.Record.Hash, State: last.Entry.State}
	terms := account.Terms{Catalog: offering.Default(), MaxSlots: 10}
	order := account.Order{OfferingID: terms.Catalog.Offerings[1].ID, Quantity: 1}
	change := journal.Change{
		Account: last.Entry.Account, Recorded: start, By: last.Entry.By, Retry: last.Entry.Retry,
		Decide: func(s account.State) ([]account.Event, error) {
			bought, err := s.Purchase(order, terms, start)
			return []account.Event{bought}, err
		},
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := journal.Extend(head, change); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEntry decodes a purchase.
func BenchmarkEntry(b *testing.B) {
	record := extend(b)[1].Record
	b.ReportAllocs()
	for b.Loop() {
		if _, err := record.Entry(); err != nil {
			b.Fatal(err)
		}
	}
}
