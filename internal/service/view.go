package service

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// View is an account at a moment of its own time, rolled up to it.
type View struct {
	State   account.State
	Entries int64 // of its journal
	Terms   account.Terms
	Now     time.Time
}

// View returns an account as it is now. One that was never opened looks as it
// would look if it were opened now, and stays unopened.
func (s *Service) View(ctx context.Context, c journal.Caller) (View, error) {
	head, err := s.Store.Head(ctx, c.Account)
	if err != nil {
		return View{}, err
	}
	wall, state := s.Now(), head.State
	if !state.Opened() {
		state = account.Apply(state, account.Open(s.opening(), wall))
	}
	view := View{state, head.Seq, s.Shelf.Terms(), state.Now(wall)}
	if !state.Behind(view.Now) {
		return view, nil
	}
	c.Retry = nil // rolling is not what was called
	view, _, err = s.change(ctx, c, nothing)
	return view, err
}

// Known returns an account as it is now, or NotFound where it was never opened.
func (s *Service) Known(ctx context.Context, c journal.Caller) (View, error) {
	head, err := s.Store.Head(ctx, c.Account)
	if err != nil {
		return View{}, err
	}
	if head.Seq == 0 {
		return View{}, neverOpened(c.Account)
	}
	return s.View(ctx, c)
}

func neverOpened(id account.ID) error {
	return fault.New(fault.NotFound, "account %q was never opened", id)
}

// Quote returns the transaction that a purchase would make now. It buys nothing.
// Errors: those of account.State.Purchase.
func (s *Service) Quote(ctx context.Context, c journal.Caller, o account.Order) (account.Transaction, error) {
	view, err := s.View(ctx, c)
	if err != nil {
		return account.Transaction{}, err
	}
	event, err := view.State.Purchase(o, view.Terms, view.Now)
	if err != nil {
		return account.Transaction{}, err
	}
	return event.Transactions[0], nil
}

// Cursor is a place in an account's list of transactions: the entry that holds
// a transaction, and its place in the entry. The zero Cursor is the newest end.
type Cursor struct {
	Seq   int64
	Index int
}

// Transactions returns up to limit transactions older than from, newest first,
// and where the next page starts; the zero Cursor when there is none. Entries
// never change, so pages do not shift while new transactions arrive.
func (s *Service) Transactions(ctx context.Context, c journal.Caller, from Cursor, limit int) ([]account.Transaction, Cursor, error) {
	before := int64(math.MaxInt64)
	if from != (Cursor{}) {
		before = from.Seq + 1
	}
	// Every record holds a transaction, but the first one may be used up, and
	// one more than the page tells whether another page follows.
	records, err := s.Store.Back(ctx, c.Account, before, limit+2)
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
