// Package sandbox does what is possible with test accounts only: it moves their
// clocks, brings them back to snapshots, and replaces their histories by seeds.
// Package account decides what a clock or a history may do to an account.
package sandbox

import (
	"context"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/catalog"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Config is what a sandbox works with. All fields but Ordinary are required.
type Config struct {
	Store    store.Store
	Acts     acts.Recorder // of what is done to test accounts
	Catalog  *catalog.Shelf
	Accounts *billing.Accounts
	Now      func() time.Time       // the wall clock
	NewID    func() string          // unique ids
	Opening  func() account.Opening // how an account that is opened now starts
	Ordinary account.ID             // an account that never goes back, whatever it is

	// BookEnded enters the ended sessions of an account into its journal. It is called
	// before the account goes back, so that they are not charged after it.
	BookEnded func(ctx context.Context, id account.ID) error
}

// New returns the clocks, snapshots and seeds of the test accounts in a store.
func New(c Config) (*Clocks, *Snapshots, *Seeds) {
	snapshots := &Snapshots{c}
	return &Clocks{c}, snapshots, &Seeds{config: c, snapshots: snapshots}
}

// events returns the events of an account's first count entries.
func (c Config) events(ctx context.Context, id account.ID, count int64) ([]account.Event, error) {
	var events []account.Event
	for event, err := range journal.History(ctx, c.Store, id, count) {
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	return events, nil
}
