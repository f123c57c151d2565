package service

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// View is an account at a moment of its own time, rolled up to it.
type View struct {
	State account.State
	Terms account.Terms
	Now   time.Time
}

func (s *Service) view(state account.State, wall time.Time) View {
	return View{State: state, Terms: s.Terms, Now: state.Now(wall)}
}

// View returns an account as it is now. One that was never opened looks as it
// would look if it were opened now, and stays unopened.
func (s *Service) View(ctx context.Context, c Caller) (View, error) {
	head, err := s.Journal.Head(ctx, c.Account)
	if err != nil {
		return View{}, err
	}
	wall, state := s.Now(), head.State
	if !state.Opened() {
		state = account.Apply(state, account.Open(s.opening(), wall))
	}
	if view := s.view(state, wall); !state.Behind(view.Now) {
		return view, nil
	}
	nothing := func(account.State, time.Time) ([]account.Event, error) { return nil, nil }
	c.Attempt = nil // rolling is not what was called
	view, _, err := s.change(ctx, c, nothing)
	return view, err
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
func (s *Service) Transactions(ctx context.Context, c Caller, from Cursor, limit int) ([]account.Transaction, Cursor, error) {
	before := int64(math.MaxInt64)
	if from != (Cursor{}) {
		before = from.Seq + 1
	}
	// Every record holds a transaction, but the first one may be used up, and
	// one more than the page tells whether another page follows.
	records, err := s.Journal.Back(ctx, c.Account, before, limit+2)
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

// Freeze stands a test account's clock still at an instant and returns the
// account and the transactions that came due on the way, oldest first. Errors:
// those of account.State.Freeze and of the journal.
func (s *Service) Freeze(ctx context.Context, c Caller, at time.Time) (View, []account.Transaction, error) {
	return s.Advance(ctx, c, func(time.Time) time.Time { return at })
}

// Advance is Freeze at the instant that to makes of the account's own time.
func (s *Service) Advance(ctx context.Context, c Caller, to func(now time.Time) time.Time) (View, []account.Transaction, error) {
	return s.moveClock(ctx, c, func(state account.State, now time.Time) ([]account.Event, error) {
		return state.Freeze(to(now), s.Terms, now)
	})
}

// Release lets a test account's clock follow the wall clock again. Results and
// errors are those of Freeze.
func (s *Service) Release(ctx context.Context, c Caller) (View, []account.Transaction, error) {
	wall := s.Now()
	return s.moveClock(ctx, c, func(state account.State, now time.Time) ([]account.Event, error) {
		return state.Release(wall, s.Terms, now)
	})
}

func (s *Service) moveClock(ctx context.Context, c Caller, f command) (View, []account.Transaction, error) {
	view, entries, err := s.change(ctx, c, f)
	return view, transactions(entries), err
}

func transactions(entries []journal.Entry) []account.Transaction {
	var all []account.Transaction
	for _, e := range entries {
		all = append(all, e.Event.Transactions...)
	}
	return all
}
