package fleet

import (
	"context"
	"strings"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/store"
)

// booker is who books sessions, as journals name it.
const booker = "fleet"

// book enters an ended session into its account's journal and remembers where. The
// journal knows the session by its id, so doing this again adds nothing.
func (f *Fleet) book(ctx context.Context, id string) error {
	s, d, err := f.session(ctx, id)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return f.forget(ctx, id) // it was deleted, with what it came to in the journal
	}
	if err != nil {
		return err
	}
	if s.Booked == nil && s.Bookable() {
		c := journal.Caller{Account: s.Account, By: journal.By{Key: booker}}
		place, err := f.enter(ctx, c, s)
		if fault.KindOf(err) == fault.NotFound {
			return f.forget(ctx, id) // its account was taken back to before it was opened
		}
		if err != nil {
			return err
		}
		s.Booked = &lease.Booked{Seq: place.Seq, Hash: place.Hash.String()}
	}
	changed := newChange()
	changed.when(d)
	changed.put(d.Key, s)
	changed.remove(unbookedKey(id))
	return f.commit(ctx, changed)
}

// enter enters a session into its account's journal, which is opened if it may be.
func (f *Fleet) enter(ctx context.Context, c journal.Caller, s lease.Session) (journal.Place, error) {
	if err := f.config.Accounts.Open(ctx, c); err != nil {
		return journal.Place{}, err
	}
	return f.config.Accounts.Book(ctx, c, s.Booking())
}

// forget removes the mark of a session that is not there to be booked.
func (f *Fleet) forget(ctx context.Context, id string) error {
	changed := newChange()
	changed.remove(unbookedKey(id))
	return f.commit(ctx, changed)
}

// commit commits a change. A conflict is an error in whose chain it is.
func (f *Fleet) commit(ctx context.Context, c *change) error {
	commit, err := c.commit()
	if err == nil {
		_, err = f.config.Store.Commit(ctx, commit)
	}
	return err
}

// BookEnded books what has ended and is not booked, of one account or of all for
// "". It is called before an account's journal is taken back, so that what was used
// is not charged once more after it.
func (f *Fleet) BookEnded(ctx context.Context, id account.ID) error {
	found, err := store.All(ctx, f.config.Store, unbooked)
	if err != nil {
		return err
	}
	for _, d := range found {
		session := strings.TrimPrefix(d.Key, unbooked)
		if id != "" {
			if s, _, err := f.session(ctx, session); err == nil && s.Account != id {
				continue
			}
		}
		if err := f.book(ctx, session); err != nil && !conflict(err) {
			return err
		}
	}
	return nil
}
