package sandbox

import (
	"context"
	"sync/atomic"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// Clocks freezes and moves the clocks of test accounts. New makes it.
type Clocks struct{ config Config }

// Freeze stops a test account's clock at an instant and returns the account and
// the transactions that came due on the way, oldest first. Errors: those of
// account.State.Freeze and of the journal.
func (k *Clocks) Freeze(ctx context.Context, c journal.Caller, at time.Time) (billing.View, []account.Transaction, error) {
	return k.Advance(ctx, c, func(time.Time) time.Time { return at })
}

// Advance is Freeze at the instant that to returns for the account's own time.
// A move over centuries is split into several updates, so that others need not
// wait for it.
func (k *Clocks) Advance(ctx context.Context, c journal.Caller, to func(now time.Time) time.Time) (billing.View, []account.Transaction, error) {
	var target atomic.Pointer[time.Time] // the result of to; decisions run in another goroutine
	view, due, err := k.move(ctx, c, func(state account.State, terms account.Terms, now time.Time) ([]account.Event, error) {
		at := to(now)
		target.Store(&at)
		return state.Freeze(at, terms, now)
	})
	for err == nil && view.Now.Before(target.Load().Truncate(time.Millisecond)) {
		var more []account.Transaction
		view, more, err = k.move(ctx, c, func(state account.State, terms account.Terms, now time.Time) ([]account.Event, error) {
			return state.Freeze(*target.Load(), terms, now)
		})
		due = append(due, more...)
	}
	return view, due, err
}

// Release lets a test account's clock follow the wall clock again. Results and
// errors are those of Freeze.
func (k *Clocks) Release(ctx context.Context, c journal.Caller) (billing.View, []account.Transaction, error) {
	wall := k.config.Now()
	return k.move(ctx, c, func(state account.State, terms account.Terms, now time.Time) ([]account.Event, error) {
		return state.Release(wall, terms, now)
	})
}

func (k *Clocks) move(ctx context.Context, c journal.Caller, f billing.Command) (billing.View, []account.Transaction, error) {
	view, entries, err := k.config.Accounts.Change(ctx, c, f)
	return view, transactions(entries), err
}

func transactions(entries []journal.Entry) []account.Transaction {
	var all []account.Transaction
	for _, e := range entries {
		all = append(all, e.Event.Transactions...)
	}
	return all
}
