// Package sandbox does what only test accounts let happen to them: their clocks
// are moved, they go back to snapshots, and seeds replace their histories. What
// a clock or a history may do to an account, package account decides.
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
	Opening  func() account.Opening // how an account starts that is opened now
	Ordinary account.ID             // an account that never goes back, whatever it is
}

// New returns the clocks and snapshots of the test accounts in a store, and what
// is planted in it.
func New(c Config) (*Clocks, *Snapshots, *Seeds) {
	snapshots := &Snapshots{c}
	return &Clocks{c}, snapshots, &Seeds{config: c, snapshots: snapshots}
}

// events returns the events of an account's first entries.
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
