package account_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// history draws a random account, by the events of drawEvents.
func history(t *rapid.T) (account.State, account.Terms) {
	events, terms := drawEvents(t)
	return fold(events), terms
}

func fold(events []account.Event) account.State {
	var state account.State
	for _, e := range events {
		state = account.Apply(state, e)
	}
	return state
}

// drawEvents draws what happens to a random account: purchases, renewals and
// promotions over some months, under a catalogue whose prices change in that
// time and later.
func drawEvents(t *rapid.T) ([]account.Event, account.Terms) {
	terms := account.Terms{Catalog: drawCatalog(t), MaxSlots: 20}
	now := instant("2027-11-03T00:00:00Z")
	events := []account.Event{account.Open(account.Opening{Seed: "seed", Test: true}, now)}
	state := fold(events)
	for range rapid.IntRange(1, 25).Draw(t, "commands") {
		now = now.Add(time.Duration(rapid.IntRange(0, 20*24*3600).Draw(t, "pause")) * time.Second)
		events = append(events, rollEvents(t, state, terms, now)...)
		state = fold(events)
		order := account.Order{
			OfferingID:  rapid.SampledFrom([]string{ios, android, androidRemote}).Draw(t, "offering"),
			Quantity:    rapid.IntRange(0, 8).Draw(t, "quantity"),
			PromotionID: rapid.SampledFrom([]string{"", "", promotion, "SECOND"}).Draw(t, "promotion"),
		}
		command := state.Purchase
		if rapid.Bool().Draw(t, "renew") {
			order.PromotionID, command = "", state.Renew
		}
		if e, err := command(order, terms, now); err == nil {
			events, state = append(events, e), account.Apply(state, e)
		}
	}
	return events, terms
}

func drawCatalog(t *rapid.T) offering.Catalog {
	catalog := offering.Default()
	for i := range catalog.Offerings {
		from := instant("2027-12-15T00:00:00Z")
		for range rapid.IntRange(0, 3).Draw(t, "changes") {
			from = from.Add(time.Duration(rapid.IntRange(1, 300).Draw(t, "days")) * 24 * time.Hour)
			price := offering.Price{From: from, Monthly: account.Cents(rapid.IntRange(0, 99999).Draw(t, "price"))}
			catalog.Offerings[i].Prices = append(catalog.Offerings[i].Prices, price)
		}
	}
	catalog.Promotions = append(catalog.Promotions, offering.Promotion{
		ID: "SECOND", PercentOff: rapid.SliceOfN(rapid.IntRange(0, 100), 1, 14).Draw(t, "percent"),
	})
	return catalog
}

func roll(t *rapid.T, s account.State, terms account.Terms, now time.Time) account.State {
	for _, e := range rollEvents(t, s, terms, now) {
		s = account.Apply(s, e)
	}
	return s
}

func rollEvents(t *rapid.T, s account.State, terms account.Terms, now time.Time) []account.Event {
	events, err := s.Roll(terms, now)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

func TestRollingAtOnceEqualsRollingDayByDay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		start, terms := history(t)
		end := start.At.AddDate(0, 36, 0)
		atOnce := rollEvents(t, start, terms, end)

		var daily []account.Event
		state := start
		for day := start.At; !day.After(end); day = day.AddDate(0, 0, 1) {
			for _, e := range rollEvents(t, state, terms, day) {
				state = account.Apply(state, e)
				daily = append(daily, e)
			}
		}
		daily = append(daily, rollEvents(t, state, terms, end)...)
		if diff := cmp.Diff(atOnce, daily); diff != "" {
			t.Fatal(diff)
		}
	})
}

func TestEveryPeriodIsChargedOncePerOffering(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state, terms := history(t)
		for _, e := range rollEvents(t, state, terms, state.At.AddDate(2, 0, 0)) {
			seen := map[string]bool{}
			for _, c := range e.Charges {
				if seen[c.OfferingID] {
					t.Fatalf("offering %s is charged twice at %v", c.OfferingID, e.At)
				}
				seen[c.OfferingID] = true
			}
			for _, h := range state.Holdings {
				if !seen[h.OfferingID] {
					t.Fatalf("offering %s is not charged at %v", h.OfferingID, e.At)
				}
			}
			if want := offering.PeriodOf(state.At).Next().Start(); !e.At.Equal(want) {
				t.Fatalf("boundary at %v, want %v", e.At, want)
			}
			state = account.Apply(state, e)
		}
	})
}

// TestStatesSurviveStorage shows that events and states mean the same after a
// round trip through JSON, which is how the journal keeps them.
func TestStatesSurviveStorage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state, terms := history(t)
		for _, e := range rollEvents(t, state, terms, state.At.AddDate(1, 0, 0)) {
			want := account.Apply(state, e)
			got := account.Apply(stored(t, state), stored(t, e))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatal(diff)
			}
			state = want
		}
	})
}

func stored[T any](t *rapid.T, v T) T {
	body, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var back T
	if err := json.Unmarshal(body, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

func TestApplyLeavesTheOldStateAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		state, terms := history(t)
		before := stored(t, state)
		roll(t, state, terms, state.At.AddDate(1, 0, 0))
		if diff := cmp.Diff(before, stored(t, state)); diff != "" {
			t.Fatal(diff)
		}
	})
}
