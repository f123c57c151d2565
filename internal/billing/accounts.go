// Package billing holds what owners of accounts do and see: orders, renewals,
// quotes, lists of transactions, statements and settings. It connects the rules
// of package account with a journal, a clock and the catalogue.
//
// Every change is one journal update that opens the account if necessary, rolls
// it through the boundaries that it has passed, and then decides. Every read of
// an account that is behind rolls it first. The package itself holds no rules.
package billing

import (
	"context"
	"sync"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// Config is what accounts are kept with. All fields but Closed and Ordinary are
// required.
type Config struct {
	Store   journal.Journal
	Now     func() time.Time       // the wall clock
	Opening func() account.Opening // how an account starts that is opened now
	Closed  bool                   // whether only Configure opens accounts

	Ordinary account.ID // an account that cannot become a test account

	// Terms returns what is for sale now. They stay in force while Decisions is
	// held.
	Terms     func() account.Terms
	Decisions sync.Locker
}

// Accounts reads and changes accounts, and first rolls each up to its time. New
// makes it.
type Accounts struct{ config Config }

// New returns the accounts in a store, and the orders on them.
func New(c Config) (*Accounts, *Orders) {
	accounts := &Accounts{c}
	return accounts, &Orders{accounts}
}

// View is an account, rolled up to a moment of its own time.
type View struct {
	State   account.State
	Entries int64 // of its journal
	Terms   account.Terms
	Now     time.Time
}

// View returns an account as it is now. An account that was never opened looks
// as if it were opened now, but stays unopened.
func (a *Accounts) View(ctx context.Context, c journal.Caller) (View, error) {
	head, err := a.config.Store.Head(ctx, c.Account)
	if err != nil {
		return View{}, err
	}
	wall, state := a.config.Now(), head.State
	if !state.Opened() {
		state = account.Apply(state, account.Open(a.config.Opening(), wall))
	}
	view := View{state, head.Seq, a.config.Terms(), state.Now(wall)}
	if !state.Behind(view.Now) {
		return view, nil
	}
	c.Retry = nil // the retry id belongs to the call, not to rolling
	view, _, err = a.Change(ctx, c, nothing)
	return view, err
}

// Known returns an account as it is now, or NotFound if it was never opened.
func (a *Accounts) Known(ctx context.Context, c journal.Caller) (View, error) {
	head, err := a.config.Store.Head(ctx, c.Account)
	if err != nil {
		return View{}, err
	}
	if head.Seq == 0 {
		return View{}, neverOpened(c.Account)
	}
	return a.View(ctx, c)
}

func neverOpened(id account.ID) error {
	return fault.New(fault.NotFound, "account %q was never opened", id)
}

// List returns up to limit ids of accounts above after, ascending.
func (a *Accounts) List(ctx context.Context, after account.ID, limit int) ([]account.ID, error) {
	return a.config.Store.Accounts(ctx, after, limit)
}

// Configure changes an account's settings and returns it. Errors: those of
// account.State.Configure and of the journal; Conflict for a test account that has
// to be an ordinary one.
func (a *Accounts) Configure(ctx context.Context, c journal.Caller, settings account.Settings) (View, error) {
	if settings.Test != nil && *settings.Test && c.Account == a.config.Ordinary {
		return View{}, fault.New(fault.Conflict, "account %q keeps the operator's acts; it cannot be a test account", c.Account)
	}
	f := single(func(state account.State, terms account.Terms, now time.Time) (account.Event, error) {
		return state.Configure(settings, terms, now)
	})
	view, _, err := a.changeOrOpen(ctx, c, true, f.command)
	return view, err
}

// Command decides what to do with an account that is rolled up to now.
type Command func(state account.State, terms account.Terms, now time.Time) ([]account.Event, error)

// single is a Command that causes one event.
type single func(state account.State, terms account.Terms, now time.Time) (account.Event, error)

func (f single) command(state account.State, terms account.Terms, now time.Time) ([]account.Event, error) {
	event, err := f(state, terms, now)
	return []account.Event{event}, err
}

// nothing is the Command that only rolls the account.
func nothing(account.State, account.Terms, time.Time) ([]account.Event, error) { return nil, nil }

// Change opens the account if that is allowed, rolls it and runs the command on
// it, in one update. It returns the account after the command and the new
// entries, or the recorded entry of a repeated call.
func (a *Accounts) Change(ctx context.Context, c journal.Caller, f Command) (View, []journal.Entry, error) {
	return a.changeOrOpen(ctx, c, !a.config.Closed, f)
}

// changeOrOpen is Change with a choice: unless opens is set, it returns
// NotFound for an account that was never opened.
func (a *Accounts) changeOrOpen(ctx context.Context, c journal.Caller, opens bool, f Command) (View, []journal.Entry, error) {
	outcome, view, err := a.update(ctx, c, opens, f)
	return view, outcome.Entries, err
}

// update is changeOrOpen that returns all that the journal says.
func (a *Accounts) update(ctx context.Context, c journal.Caller, opens bool, f Command) (journal.Outcome, View, error) {
	a.config.Decisions.Lock()
	defer a.config.Decisions.Unlock()
	wall, terms, opening := a.config.Now(), a.config.Terms(), a.config.Opening()
	decide := func(state account.State) ([]account.Event, error) {
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
	}
	outcome, err := a.config.Store.Update(ctx, journal.Change{
		Account: c.Account, Recorded: wall, By: c.By, Retry: c.Retry, Decide: decide,
	})
	return outcome, View{outcome.State, outcome.Seq, terms, outcome.State.Now(wall)}, err
}
