package service

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// Freeze stands a test account's clock still at an instant and returns the
// account and the transactions that came due on the way, oldest first. Errors:
// those of account.State.Freeze and of the journal.
func (s *Service) Freeze(ctx context.Context, c journal.Caller, at time.Time) (billing.View, []account.Transaction, error) {
	return s.Advance(ctx, c, func(time.Time) time.Time { return at })
}

// Advance is Freeze at the instant that to makes of the account's own time. A
// move over centuries is several updates, so that others need not wait for it.
func (s *Service) Advance(ctx context.Context, c journal.Caller, to func(now time.Time) time.Time) (billing.View, []account.Transaction, error) {
	var target atomic.Pointer[time.Time] // what to made of the time; decisions run elsewhere
	view, due, err := s.moveClock(ctx, c, func(state account.State, terms account.Terms, now time.Time) ([]account.Event, error) {
		at := to(now)
		target.Store(&at)
		return state.Freeze(at, terms, now)
	})
	for err == nil && view.Now.Before(target.Load().Truncate(time.Millisecond)) {
		var more []account.Transaction
		view, more, err = s.moveClock(ctx, c, func(state account.State, terms account.Terms, now time.Time) ([]account.Event, error) {
			return state.Freeze(*target.Load(), terms, now)
		})
		due = append(due, more...)
	}
	return view, due, err
}

// Release lets a test account's clock follow the wall clock again. Results and
// errors are those of Freeze.
func (s *Service) Release(ctx context.Context, c journal.Caller) (billing.View, []account.Transaction, error) {
	wall := s.Now()
	return s.moveClock(ctx, c, func(state account.State, terms account.Terms, now time.Time) ([]account.Event, error) {
		return state.Release(wall, terms, now)
	})
}

func (s *Service) moveClock(ctx context.Context, c journal.Caller, f billing.Command) (billing.View, []account.Transaction, error) {
	view, entries, err := s.Accounts.Change(ctx, c, f)
	return view, transactions(entries), err
}

func transactions(entries []journal.Entry) []account.Transaction {
	var all []account.Transaction
	for _, e := range entries {
		all = append(all, e.Event.Transactions...)
	}
	return all
}
