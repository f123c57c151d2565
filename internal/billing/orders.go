package billing

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// Orders makes, quotes and lists the orders of accounts. New makes it.
type Orders struct{ accounts *Accounts }

// Purchase buys slots at once and returns the transaction and the account after
// it; a repeated call gets the first transaction. Errors: those of
// account.State.Purchase and of the journal.
func (o *Orders) Purchase(ctx context.Context, c journal.Caller, order account.Order) (account.Transaction, View, error) {
	return o.order(ctx, c, func(state account.State, terms account.Terms, now time.Time) (account.Event, error) {
		return state.Purchase(order, terms, now)
	})
}

// Renew sets the next period's quantity and returns the transaction and the
// account after it; a repeated call gets the first transaction. Errors: those of
// account.State.Renew and of the journal.
func (o *Orders) Renew(ctx context.Context, c journal.Caller, order account.Order) (account.Transaction, View, error) {
	return o.order(ctx, c, func(state account.State, terms account.Terms, now time.Time) (account.Event, error) {
		return state.Renew(order, terms, now)
	})
}

// Cancel takes the standing renewal of an offering back, or lets the next
// period start with no slots, and returns the account afterwards. Errors:
// NotFound if the account was never opened; those of account.State.Cancel and
// of the journal.
func (o *Orders) Cancel(ctx context.Context, c journal.Caller, what account.Cancellation) (View, error) {
	return o.correct(ctx, c, func(state account.State, terms account.Terms, now time.Time) (account.Event, error) {
		return state.Cancel(what, terms, now)
	})
}

// Credit enters a correction in the account's favour and returns the account
// afterwards. Errors: NotFound if the account was never opened; those of
// account.State.Credit and of the journal.
func (o *Orders) Credit(ctx context.Context, c journal.Caller, credit account.Credit) (View, error) {
	return o.correct(ctx, c, func(state account.State, _ account.Terms, now time.Time) (account.Event, error) {
		return state.Credit(credit, now)
	})
}

// correct runs a command of the operator on an existing account.
func (o *Orders) correct(ctx context.Context, c journal.Caller, f single) (View, error) {
	if _, err := o.accounts.Known(ctx, c); err != nil {
		return View{}, err
	}
	view, _, err := o.accounts.Change(ctx, c, f.command)
	return view, err
}

// order runs a command whose event holds one transaction.
func (o *Orders) order(ctx context.Context, c journal.Caller, f single) (account.Transaction, View, error) {
	view, entries, err := o.accounts.Change(ctx, c, f.command)
	if err != nil {
		return account.Transaction{}, view, err
	}
	newest := entries[len(entries)-1]
	return newest.Event.Transactions[0], view, nil
}

// Quote returns the transaction that a purchase would make now. It buys nothing.
// Errors: those of account.State.Purchase.
func (o *Orders) Quote(ctx context.Context, c journal.Caller, order account.Order) (account.Transaction, error) {
	view, err := o.accounts.View(ctx, c)
	if err != nil {
		return account.Transaction{}, err
	}
	event, err := view.State.Purchase(order, view.Terms, view.Now)
	if err != nil {
		return account.Transaction{}, err
	}
	return event.Transactions[0], nil
}

// Cursor is a place in an account's list of transactions: the entry that holds
// a transaction, and the transaction's place in the entry. The zero Cursor is
// the newest end.
type Cursor struct {
	Seq   int64
	Index int
}

// Transactions returns up to limit transactions older than from, newest first,
// and where the next page starts, or the zero Cursor if there is no next page.
// Entries never change, so pages do not shift while new transactions arrive.
func (o *Orders) Transactions(ctx context.Context, c journal.Caller, from Cursor, limit int) ([]account.Transaction, Cursor, error) {
	before := int64(math.MaxInt64)
	if from != (Cursor{}) {
		before = from.Seq + 1
	}
	// Every record holds a transaction, but the previous page may have used up
	// the first record. One more record than the page shows whether another
	// page follows.
	records, err := o.accounts.config.Store.Back(ctx, c.Account, before, limit+2)
	if err != nil {
		return nil, Cursor{}, err
	}
	var page []account.Transaction
	var last Cursor
	for _, record := range records {
		entry, err := record.Entry()
		if err != nil {
			return nil, Cursor{}, err
		}
		for i, transaction := range slices.Backward(entry.Event.Transactions) {
			place := Cursor{Seq: entry.Seq, Index: i}
			if place.Seq == from.Seq && place.Index >= from.Index {
				continue
			}
			if len(page) == limit {
				return page, last, nil
			}
			page, last = append(page, transaction), place
		}
	}
	return page, Cursor{}, nil
}
