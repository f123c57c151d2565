package server

import (
	"context"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/arn"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/catalog"
	"github.com/slotfarm/slotfarm/internal/commandlog"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/grid"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/inventory"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/project"
	"github.com/slotfarm/slotfarm/internal/sandbox"
	"github.com/slotfarm/slotfarm/internal/session"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/sweep"
)

// PartsConfig configures the parts of a farm. Store, Terms, Now and NewID are
// required.
type PartsConfig struct {
	Store store.Store
	Terms account.Terms    // initial terms; a stored catalogue takes precedence
	Now   func() time.Time // the wall clock
	NewID func() string    // unique ids

	Acts    bool          // whether the operator's acts are kept
	Shared  bool          // whether other processes use the store too
	Closed  bool          // whether only Configure opens accounts
	Master  iam.MasterKey // seals the secrets of access keys
	Actions []iam.Action  // that policies may name

	// Test and Frozen say how accounts that open on first use start: as test
	// accounts, and with the clock frozen at an instant.
	Test   bool
	Frozen *time.Time

	Swept func(accounts int, err error) // hears of each sweep and how many accounts it rolled

	Fleet  device.Fleet                    // to begin with; a stored fleet comes first
	Status func(udid string) device.Status // says what an instance is doing; nil: every one is available

	Lab LabConfig // how what goes on in the lab is kept going
}

// Parts holds the parts of a farm. Each owns some of its state, and all use one
// store. NewParts makes them.
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
	Fleet        *inventory.Fleet
	Devices      *inventory.Devices
	Profiles     *inventory.Profiles
	Projects     *project.Projects
	Sessions     *session.Sessions
	Grid         *grid.Grid
	Logs         *commandlog.Logs
	Units        func() *fleet.Units // of the fleet in force
	Lab          *fleet.Fleet        // what goes on

	store store.Store
	book  *acts.Book // nil where no acts are kept
}

// Kinds returns the kinds of documents that only acts change.
func Kinds() []acts.Kind {
	return slices.Concat(access.Kinds(), catalog.Kinds(), inventory.Kinds(), sandbox.Kinds())
}

// NewParts returns the parts of a farm that uses the newest stored catalogue.
func NewParts(ctx context.Context, c PartsConfig) (*Parts, error) {
	p := &Parts{store: c.Store}
	opening := func() account.Opening {
		return account.Opening{Seed: c.NewID(), Test: c.Test, Frozen: c.Frozen}
	}
	recorder, ordinary := p.record(c, opening)
	p.Catalog = catalog.New(catalog.Config{
		Store: c.Store, Acts: recorder, Terms: c.Terms, Now: c.Now,
		Sweep: func(ctx context.Context) error { return p.Sweeper.Sweep(ctx) },
	})
	p.Accounts, p.Orders = billing.New(billing.Config{
		Store: c.Store, Now: c.Now, Opening: opening, Closed: c.Closed, Ordinary: ordinary,
		Terms: p.Catalog.Terms, Decisions: p.Catalog.Decisions(),
	})
	p.Clocks, p.Snapshots, p.Seeds = sandbox.New(sandbox.Config{
		Store: c.Store, Acts: recorder, Catalog: p.Catalog, Accounts: p.Accounts, Now: c.Now, NewID: c.NewID, Opening: opening, Ordinary: ordinary,
		BookEnded: func(ctx context.Context, id account.ID) error { return p.Lab.BookEnded(ctx, id) },
	})
	p.Sweeper = sweep.New(sweep.Config{
		Store: c.Store, Terms: p.Catalog.Terms, Now: c.Now, Shared: c.Shared, Swept: c.Swept,
	})
	p.equip(c, recorder)
	var err error
	p.Keys, p.Installation, err = access.New(access.Config{
		Store: c.Store, Acts: recorder, Now: c.Now, Master: c.Master, Actions: c.Actions,
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

// equip adds the parts that are about devices, and what is done on them.
func (p *Parts) equip(c PartsConfig, recorder acts.Recorder) {
	if c.Status == nil {
		c.Status = statuses(func() *fleet.Fleet { return p.Lab })
	}
	p.Fleet, p.Devices, p.Profiles = inventory.New(inventory.Config{
		Store: c.Store, Acts: recorder, Fleet: c.Fleet, Now: c.Now, NewID: c.NewID, Status: c.Status,
	})
	p.Units = unitsOf(p.Fleet)
	p.Lab = p.newLab(c)
	p.Projects = project.New(project.Config{
		Store: c.Store, Now: c.Now, NewID: c.NewID,
		Empty: func(ctx context.Context, of arn.ARN) error { return p.Sessions.Empty(ctx, of) },
	})
	p.Sessions = session.New(session.Config{Fleet: p.Lab, Devices: p.Devices, Projects: p.Projects, NewID: c.NewID, Nonce: nonce})
	p.Logs = commandlog.NewLogs(commandlog.Config{Store: c.Store, Now: c.Now, Log: c.Lab.Log})
	p.Grid = grid.New(grid.Config{
		Store: c.Store, Fleet: p.Lab, Units: p.Units, Logs: p.Logs, Now: c.Now, NewID: c.NewID, Nonce: nonce,
	})
}

// record returns what keeps acts, and the account in whose journal they are.
func (p *Parts) record(c PartsConfig, opening func() account.Opening) (acts.Recorder, account.ID) {
	if !c.Acts {
		return acts.Unkept{Documents: c.Store}, ""
	}
	p.book = acts.New(acts.Config{
		Store: c.Store, Kinds: Kinds(), Now: c.Now, NewID: c.NewID, Opening: opening,
		Terms: func() account.Terms { return p.Catalog.Terms() },
	})
	return p.book, account.Operator
}

// Settle appends the acts that are not in the operator's journal yet. In storage
// without acts, it adopts the existing documents.
func (p *Parts) Settle(ctx context.Context) error {
	if p.book == nil {
		return nil
	}
	if err := p.book.Begin(ctx); err != nil {
		return err
	}
	return p.book.Settle(ctx)
}

// Verify recomputes every hash and state, and compares documents with the operator's
// acts.
func (p *Parts) Verify(ctx context.Context) (acts.Report, error) {
	return acts.Verify(ctx, p.store, Kinds())
}

// Begin returns the access key with an id as it is now, and has the parts go by the
// newest catalogue and the newest fleet. A request begins with it: it reads all of
// them at one moment, and parses none unless it has changed.
func (p *Parts) Begin(ctx context.Context, id string) (access.Credentials, error) {
	place, err := p.Keys.Place(ctx, id)
	if err != nil {
		return access.Credentials{}, err
	}
	found, err := p.store.Get(ctx, catalog.Head, inventory.Head, place)
	if err == nil {
		err = p.follow(ctx, found)
	}
	if err != nil {
		return access.Credentials{}, err
	}
	return p.Keys.In(store.Find(found, place))
}

// Refresh has the parts go by the newest catalogue and the newest fleet, whichever
// process put them in force.
func (p *Parts) Refresh(ctx context.Context) error {
	found, err := p.store.Get(ctx, catalog.Head, inventory.Head)
	if err != nil {
		return err
	}
	return p.follow(ctx, found)
}

// follow has the parts go by the heads that were just read.
func (p *Parts) follow(ctx context.Context, heads []store.Document) error {
	if err := p.Catalog.Follow(ctx, store.Find(heads, catalog.Head)); err != nil {
		return err
	}
	return p.Fleet.Follow(ctx, store.Find(heads, inventory.Head))
}
