package postgres_test

import (
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// TestRefusalIsNoGuess has one process remember an account that another one changes: what is refused has to be refused
// by what the account is now, also where nothing is appended that could show the memory to be old.
func TestRefusalIsNoGuess(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t).Database(t)
	one, other := open(t, url), open(t, url)
	const id = account.ID("000000000001")
	terms := account.Terms{Catalog: offering.Default(), MaxSlots: 1}
	slot := terms.Catalog.Offerings[0].ID
	buy := func(s account.State, now time.Time) (account.Event, error) {
		return s.Purchase(account.Order{OfferingID: slot, Quantity: 1}, terms, now)
	}
	limit := func(n int) func(account.State, time.Time) (account.Event, error) {
		return func(s account.State, now time.Time) (account.Event, error) {
			return s.Configure(account.Settings{Limits: []account.Limit{{OfferingID: slot, Max: n}}}, terms, now)
		}
	}
	for _, step := range []struct {
		what    string
		node    store.Store
		command func(account.State, time.Time) (account.Event, error)
		refused bool
	}{
		{"the first purchase", one, buy, false},
		{"one beyond the limit", one, buy, true},
		{"a higher limit elsewhere", other, limit(2), false},
		{"a purchase below it", one, buy, false},
		{"one beyond it", one, buy, true},
		{"the same elsewhere", other, buy, true},
	} {
		c := opening(id)
		at := c.Recorded
		c.Retry = nil
		c.Decide = func(s account.State) ([]account.Event, error) {
			var events []account.Event
			if !s.Opened() {
				events = append(events, account.Open(account.Opening{Seed: "seed"}, at))
				s = account.Apply(s, events[0])
			}
			e, err := step.command(s, at)
			return append(events, e), err
		}
		_, err := step.node.Update(t.Context(), c)
		if refused := fault.KindOf(err) == fault.LimitExceeded; refused != step.refused || !refused && err != nil {
			t.Errorf("%s: %v, want a refusal: %v", step.what, err, step.refused)
		}
	}
}
