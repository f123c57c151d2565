// Package fleet is what goes on in a lab: the queue, the leases, the instances and
// the sessions on them. It alone writes leases.
//
// What goes on is documents that change by compare-and-swap, and what it came to
// is entries of the accounts' journals; neither needs the other's lock. Everything
// that an account's sessions begin and end with goes through one lane of the
// account on each node, which puts what has come in into one commit. The rules are
// in packages lease and schedule. Back-ends are asked through an interface, since
// slices know no network.
package fleet

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Accounts are where rights come from and where sessions are booked.
type Accounts interface {
	// View returns an account as it is now.
	View(ctx context.Context, c journal.Caller) (billing.View, error)

	// Open opens an account that may be used and was never opened.
	Open(ctx context.Context, c journal.Caller) error

	// Book enters an ended session into the account's journal, once however often it
	// is called, and returns the entry's place.
	Book(ctx context.Context, c journal.Caller, s account.Session) (journal.Place, error)
}

// Backend asks the back-ends of instances. Its errors say in a sentence what was
// asked and what came back.
type Backend interface {
	// Ready returns nil if the back-end says that it takes sessions.
	Ready(ctx context.Context, s Seat) error

	// Sessions returns the ids of the sessions that live at the back-end. Known is
	// false if it cannot be asked.
	Sessions(ctx context.Context, s Seat) (ids []string, known bool, err error)

	// Delete ends a session at the back-end. One that does not exist is no error.
	Delete(ctx context.Context, s Seat, remote string) error
}

// Config is what a fleet works with. All fields are required but Log and Observe.
type Config struct {
	Store    store.Documents
	Accounts Accounts
	Backend  Backend
	Units    func() *Units    // what there is now
	Now      func() time.Time // the wall clock
	NewID    func() string    // unique ids
	Node     string           // unique among the processes on the store, also over restarts
	Log      *slog.Logger
	Observe  func(Observation) // hears of what happened
}

// Observation is something that happened to a session or an instance.
type Observation struct {
	Event   string // admitted, refused, ended, reaped or expired
	Kind    account.SessionKind
	Account account.ID
	Waited  time.Duration // of a session that was admitted
}

// Fleet is what goes on in a lab. New makes one, Run has it work.
type Fleet struct {
	config Config

	mu    sync.Mutex
	lanes map[account.ID]*lane // that have work
	work  sync.WaitGroup

	activity activity
	seen     sightings
}

// New returns a fleet in a store. It does nothing by itself before Run.
func New(c Config) *Fleet {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Observe == nil {
		c.Observe = func(Observation) {}
	}
	return &Fleet{config: c, lanes: map[account.ID]*lane{}, activity: newActivity(), seen: sightings{}}
}

// Node returns the name of this process among those on the store.
func (f *Fleet) Node() string { return f.config.Node }

// Session returns the session with an id. NotFound if there is none.
func (f *Fleet) Session(ctx context.Context, id string) (lease.Session, error) {
	s, _, err := f.session(ctx, id)
	return s, err
}
