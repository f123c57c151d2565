package server

import (
	"context"
	"time"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/catalog"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/sandbox"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/sweep"
)

// PartsConfig is what the parts of a farm work with. Store, Terms, Now and NewID
// are required.
type PartsConfig struct {
	Store store.Store
	Terms account.Terms    // to begin with; a stored catalogue comes first
	Now   func() time.Time // the wall clock
	NewID func() string    // unique ids

	Shared  bool          // other processes work on the store too
	Closed  bool          // only Configure opens accounts
	Master  iam.MasterKey // seals the secrets of access keys
	Actions []iam.Action  // that policies may name

	// Test and Frozen say how accounts start that are opened on first use: as
	// test accounts, and with the clock at an instant.
	Test   bool
	Frozen *time.Time

	Swept func(accounts int, err error) // hears of each sweep and how many accounts it rolled

	Lab LabConfig // how the fleet works
}

// Parts are what a farm is made of, each the owner of some of its state, all on
// one store. NewParts makes them.
type Parts struct {
	Keys         *access.Keys
	Installation *access.Installation
	Catalog      *catalog.Shelf
	Accounts     *billing.Accounts
	Orders       *billing.Orders
	Clocks       *sandbox.Clocks
	Snapshots    *sandbox.Snapshots
	Seeds        *sandbox.Seeds
	Sweeper      *sweep.Sweeper
	Fleet        *fleet.Fleet

	store store.Store
}

// NewParts returns the parts of a farm that sells by the newest stored catalogue.
func NewParts(ctx context.Context, c PartsConfig) (*Parts, error) {
	p := &Parts{store: c.Store}
	p.Catalog = catalog.New(catalog.Config{
		Store: c.Store, Terms: c.Terms, Now: c.Now,
		Sweep: func(ctx context.Context) error { return p.Sweeper.Sweep(ctx) },
	})
	opening := func() account.Opening {
		return account.Opening{Seed: c.NewID(), Test: c.Test, Frozen: c.Frozen}
	}
	p.Accounts, p.Orders = billing.New(billing.Config{
		Store: c.Store, Now: c.Now, Opening: opening, Closed: c.Closed,
		Terms: p.Catalog.Terms, Decisions: p.Catalog.Decisions(),
	})
	p.Clocks, p.Snapshots, p.Seeds = sandbox.New(sandbox.Config{
		Store: c.Store, Catalog: p.Catalog, Accounts: p.Accounts, Now: c.Now, NewID: c.NewID, Opening: opening,
	})
	p.Sweeper = sweep.New(sweep.Config{
		Store: c.Store, Terms: p.Catalog.Terms, Now: c.Now, Shared: c.Shared, Swept: c.Swept,
	})
	p.Fleet = p.newFleet(c)
	var err error
	p.Keys, p.Installation, err = access.New(access.Config{
		Store: c.Store, Now: c.Now, Master: c.Master, Actions: c.Actions,
		Known: func(ctx context.Context, c journal.Caller) error {
			_, err := p.Accounts.Known(ctx, c)
			return err
		},
		Open: func(ctx context.Context, c journal.Caller) error {
			_, err := p.Accounts.Configure(ctx, c, account.Settings{})
			return err
		},
	})
	if err != nil {
		return nil, err
	}
	return p, p.Refresh(ctx)
}

// Begin returns the access key with an id as it is now, and has the parts sell by
// the newest catalogue. A request begins with it: it reads both at one moment, and
// parses neither unless it has changed.
func (p *Parts) Begin(ctx context.Context, id string) (access.Credentials, error) {
	place, err := p.Keys.Place(ctx, id)
	if err != nil {
		return access.Credentials{}, err
	}
	found, err := p.store.Get(ctx, catalog.Head, place)
	if err == nil {
		err = p.Catalog.Follow(ctx, store.Find(found, catalog.Head))
	}
	if err != nil {
		return access.Credentials{}, err
	}
	return p.Keys.In(store.Find(found, place))
}

// Refresh has the parts sell by the newest catalogue, whichever process put it in
// force.
func (p *Parts) Refresh(ctx context.Context) error {
	found, err := p.store.Get(ctx, catalog.Head)
	if err != nil {
		return err
	}
	return p.Catalog.Follow(ctx, store.Find(found, catalog.Head))
}
