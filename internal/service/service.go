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
	"github.com/slotfarm/slotfarm/internal/journal"
)

// Config is what a Service works with. All fields but Frozen are required.
type Config struct {
	Journal journal.Journal
	Terms   account.Terms
	Now     func() time.Time // the wall clock
	NewID   func() string    // unique ids

	// Test and Frozen say how accounts start that are opened on first use: as
	// test accounts, and with the clock at an instant.
	Test   bool
	Frozen *time.Time
}

// Service answers for all accounts. New makes one.
type Service struct{ Config }

// New returns a service.
func New(config Config) *Service { return &Service{config} }

// Caller is on whose account, by whom and as which call something is done.
type Caller struct {
	Account account.ID
	Key     string // access key id
	Source  string // network address
	Request string // id of the request
	Attempt *Attempt
}

// Attempt tells the attempts of one call from other calls. Nil says that they
// cannot be told apart.
type Attempt struct {
	Call   string // id of the call, the same on each attempt
	Digest string // of what the call asks
}

// retry returns the attempt as the journal keeps it.
func (c Caller) retry() *journal.Retry {
	if c.Attempt == nil {
		return nil
	}
	return &journal.Retry{ID: c.Attempt.Call, Request: c.Attempt.Digest}
}

// Purchase buys slots at once and returns the transaction; a repeated call gets
// the first answer. Errors: those of account.State.Purchase and of the journal.
func (s *Service) Purchase(ctx context.Context, c Caller, o account.Order) (account.Transaction, error) {
	return s.order(ctx, c, func(state account.State, now time.Time) (account.Event, error) {
		return state.Purchase(o, s.Terms, now)
	})
}

// Renew sets the next period's quantity and returns the transaction; a repeated
// call gets the first answer. Errors: those of account.State.Renew and of the
// journal.
func (s *Service) Renew(ctx context.Context, c Caller, o account.Order) (account.Transaction, error) {
	return s.order(ctx, c, func(state account.State, now time.Time) (account.Event, error) {
		return state.Renew(o, s.Terms, now)
	})
}

// order runs a command whose event holds one transaction.
func (s *Service) order(ctx context.Context, c Caller, command func(account.State, time.Time) (account.Event, error)) (account.Transaction, error) {
	_, entries, err := s.change(ctx, c, one(command))
	if err != nil {
		return account.Transaction{}, err
	}
	newest := entries[len(entries)-1]
	return newest.Event.Transactions[0], nil
}

// Configure changes an account's settings and returns it. Errors: those of
// account.State.Configure and of the journal.
func (s *Service) Configure(ctx context.Context, c Caller, settings account.Settings) (View, error) {
	view, _, err := s.change(ctx, c, one(func(state account.State, now time.Time) (account.Event, error) {
		return state.Configure(settings, s.Terms, now)
	}))
	return view, err
}

// command decides on an account that is rolled up to now.
type command func(state account.State, now time.Time) ([]account.Event, error)

func one(f func(account.State, time.Time) (account.Event, error)) command {
	return func(state account.State, now time.Time) ([]account.Event, error) {
		event, err := f(state, now)
		return []account.Event{event}, err
	}
}

// change opens the account where needed, rolls it and runs the command on it,
// in one update. It returns the account after it and the entries that it made,
// or the recorded entry of a repeated call.
func (s *Service) change(ctx context.Context, c Caller, f command) (View, []journal.Entry, error) {
	wall, opening := s.Now(), s.opening()
	outcome, err := s.Journal.Update(ctx, journal.Change{
		Account: c.Account, Recorded: wall, Retry: c.retry(),
		By: journal.By{Key: c.Key, Source: c.Source, Request: c.Request},
		Decide: func(state account.State) ([]account.Event, error) {
			var events []account.Event
			if !state.Opened() {
				events = append(events, account.Open(opening, wall))
				state = account.Apply(state, events[0])
			}
			now := state.Now(wall)
			rolled, err := state.Roll(s.Terms, now)
			if err != nil {
				return nil, err
			}
			for _, event := range rolled {
				state = account.Apply(state, event)
			}
			decided, err := f(state, now)
			if err != nil {
				return nil, err
			}
			return append(append(events, rolled...), decided...), nil
		},
	})
	return s.view(outcome.State, wall), outcome.Entries, err
}

// opening returns how an account starts that is opened now.
func (s *Service) opening() account.Opening {
	return account.Opening{Seed: s.NewID(), Test: s.Test, Frozen: s.Frozen}
}
