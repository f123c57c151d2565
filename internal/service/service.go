// Package service holds the use cases, free of any protocol: it joins the rules
// of package account with a journal, a clock and a source of ids.
//
// Every change is one journal update that opens the account where needed, rolls
// it through the boundaries it has passed, and then decides. Every read of an
// account that is behind rolls it first. The package holds no rule itself.
package service

import (
	"context"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/catalog"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/manifest"
)

// Config is what a Service works with. Store, Shelf, Now and NewID are required.
type Config struct {
	Store journal.Store
	Shelf *catalog.Shelf
	Now   func() time.Time // the wall clock
	NewID func() string    // unique ids

	Shared bool // other processes work on the store too
	Closed bool // only Configure opens accounts

	// Test and Frozen say how accounts start that are opened on first use: as
	// test accounts, and with the clock at an instant.
	Test   bool
	Frozen *time.Time

	Swept func(accounts int, err error) // hears of each Sweep and how many accounts it rolled
}

// Service answers for all accounts. New makes one.
type Service struct {
	Config
	seed manifest.Seed // the newest; guarded by Shelf.Exclusively
}

// New returns a service that sells what is on a shelf.
func New(c Config) *Service { return &Service{Config: c} }

// Purchase buys slots at once and returns the transaction and the account after
// it; a repeated call gets the first transaction. Errors: those of
// account.State.Purchase and of the journal.
func (s *Service) Purchase(ctx context.Context, c journal.Caller, o account.Order) (account.Transaction, View, error) {
	return s.order(ctx, c, func(state account.State, terms account.Terms, now time.Time) (account.Event, error) {
		return state.Purchase(o, terms, now)
	})
}

// Renew sets the next period's quantity and returns the transaction and the
// account after it; a repeated call gets the first transaction. Errors: those of
// account.State.Renew and of the journal.
func (s *Service) Renew(ctx context.Context, c journal.Caller, o account.Order) (account.Transaction, View, error) {
	return s.order(ctx, c, func(state account.State, terms account.Terms, now time.Time) (account.Event, error) {
		return state.Renew(o, terms, now)
	})
}

// order runs a command whose event holds one transaction.
func (s *Service) order(ctx context.Context, c journal.Caller, f single) (account.Transaction, View, error) {
	view, entries, err := s.change(ctx, c, f.command)
	if err != nil {
		return account.Transaction{}, view, err
	}
	newest := entries[len(entries)-1]
	return newest.Event.Transactions[0], view, nil
}

// Configure changes an account's settings and returns it. Errors: those of
// account.State.Configure and of the journal.
func (s *Service) Configure(ctx context.Context, c journal.Caller, settings account.Settings) (View, error) {
	f := single(func(state account.State, terms account.Terms, now time.Time) (account.Event, error) {
		return state.Configure(settings, terms, now)
	})
	view, _, err := s.changeOrOpen(ctx, c, true, f.command)
	return view, err
}

// command decides on an account that is rolled up to now.
type command func(state account.State, terms account.Terms, now time.Time) ([]account.Event, error)

// single is a command that leads to one event.
type single func(state account.State, terms account.Terms, now time.Time) (account.Event, error)

func (f single) command(state account.State, terms account.Terms, now time.Time) ([]account.Event, error) {
	event, err := f(state, terms, now)
	return []account.Event{event}, err
}

// nothing is the command that leaves an account as time has made it.
func nothing(account.State, account.Terms, time.Time) ([]account.Event, error) { return nil, nil }

// change opens the account where that may be, rolls it and runs the command on
// it, in one update. It returns the account after it and the entries that it made,
// or the recorded entry of a repeated call.
func (s *Service) change(ctx context.Context, c journal.Caller, f command) (View, []journal.Entry, error) {
	return s.changeOrOpen(ctx, c, !s.Closed, f)
}

// changeOrOpen is change that opens an account or, unless opens is set, says
// NotFound of one that was never opened.
func (s *Service) changeOrOpen(ctx context.Context, c journal.Caller, opens bool, f command) (View, []journal.Entry, error) {
	deciding := s.Shelf.Decisions()
	deciding.Lock()
	defer deciding.Unlock()
	wall, terms, opening := s.Now(), s.Shelf.Terms(), s.opening()
	outcome, err := s.update(ctx, c, wall, func(state account.State) ([]account.Event, error) {
		var events []account.Event
		if !state.Opened() && !opens {
			return nil, neverOpened(c.Account)
		}
		if !state.Opened() {
			events = append(events, account.Open(opening, wall))
			state = account.Apply(state, events[0])
		}
		now := state.Now(wall)
		rolled, err := state.Roll(terms, now)
		if err != nil {
			return nil, err
		}
		for _, event := range rolled {
			state = account.Apply(state, event)
		}
		decided, err := f(state, terms, now)
		if err != nil {
			return nil, err
		}
		return append(append(events, rolled...), decided...), nil
	})
	return View{outcome.State, outcome.Seq, terms, outcome.State.Now(wall)}, outcome.Entries, err
}

// update runs a decision on the caller's account.
func (s *Service) update(ctx context.Context, c journal.Caller, wall time.Time, decide journal.Decide) (journal.Outcome, error) {
	return s.Store.Update(ctx, journal.Change{
		Account: c.Account, Recorded: wall, By: c.By, Retry: c.Retry, Decide: decide,
	})
}

// opening returns how an account starts that is opened now.
func (s *Service) opening() account.Opening {
	return account.Opening{Seed: s.NewID(), Test: s.Test, Frozen: s.Frozen}
}
