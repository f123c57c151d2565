package account_test

import (
	"testing"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// holder returns the events that open an account and buy slots of every offering,
// some of them with a promotion, and the state after them.
func holder(b *testing.B) ([]account.Event, account.State) {
	b.Helper()
	at := instant("2026-01-10T00:00:00Z")
	events := []account.Event{account.Open(account.Opening{Seed: "seed"}, at)}
	for i, o := range terms.Catalog.Offerings {
		order := account.Order{OfferingID: o.ID, Quantity: i + 1}
		if i == 0 {
			order.PromotionID = promotion
		}
		bought, err := fold(events).Purchase(order, terms, at)
		if err != nil {
			b.Fatal(err)
		}
		events = append(events, bought)
	}
	return events, fold(events)
}

// BenchmarkPurchase decides on a purchase and applies it.
func BenchmarkPurchase(b *testing.B) {
	_, state := holder(b)
	order := account.Order{OfferingID: ios, Quantity: 1}
	b.ReportAllocs()
	for b.Loop() {
		bought, err := state.Purchase(order, terms, state.At)
		if err != nil {
			b.Fatal(err)
		}
		account.Apply(state, bought)
	}
}

// BenchmarkRoll crosses twelve boundaries with four offerings held.
func BenchmarkRoll(b *testing.B) {
	_, state := holder(b)
	end := state.At.AddDate(1, 0, 0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := state.Roll(terms, end); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkStatement makes the statement of the last month of a year.
func BenchmarkStatement(b *testing.B) {
	events, state := holder(b)
	end := state.At.AddDate(1, 0, 0)
	rolled, err := state.Roll(terms, end)
	if err != nil {
		b.Fatal(err)
	}
	events = append(events, rolled...)
	b.ReportAllocs()
	for b.Loop() {
		statementOf(offering.PeriodOf(end), events, terms.Catalog)
	}
}
