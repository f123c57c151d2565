package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// session is a change that opens the account where needed and books a session of a
// minute.
func session(id account.ID, n int) journal.Change {
	c := change(id, func(s account.State, now time.Time) (account.Event, error) {
		return s.Book(account.Session{
			ID: fmt.Sprint(n), Kind: account.RemoteAccess, Device: "Pixel 8", Began: start, Ended: start.Add(time.Minute),
			Method: account.Metered, Rate: terms.Catalog.Metering.DeviceMinute,
		}, terms, now)
	})
	c.Retry = &journal.Retry{ID: fmt.Sprintf("session %d", n), Request: "book"}
	return c
}

// testUnbooked has sessions stand between orders and settings, and looks for what
// is not a session.
func testUnbooked(t *testing.T, s *subject) {
	n := 0
	book := func(id account.ID, sessions int) {
		for range sessions {
			n++
			s.update(session(id, n))
		}
	}
	s.update(purchase(alice, 1)) // 1 opens, 2 buys
	book(alice, 5)               // to 7
	s.update(change(alice, configure))
	s.update(purchase(alice, 1)) // 9
	book(bob, 3)
	book(alice, 5) // to 14
	s.update(purchase(alice, 1))
	book(alice, 1) // 16
	if again := s.update(session(alice, n)); !again.Repeated || again.Entries[0].Seq != 16 || again.Hash != s.head(alice).Hash {
		t.Errorf("a session that is booked again: %+v", again)
	}
	ctx := context.Background()
	unbooked := func(id account.ID, after int64, limit int) func() ([]journal.Record, error) {
		return func() ([]journal.Record, error) { return s.Unbooked(ctx, id, after, limit) }
	}
	wantPage(t, "unbooked", unbooked(alice, 0, 100), []int64{1, 2, 8, 9, 15})
	wantPage(t, "unbooked, a page", unbooked(alice, 1, 2), []int64{2, 8})
	wantPage(t, "unbooked, the next page", unbooked(alice, 8, 2), []int64{9, 15})
	wantPage(t, "unbooked, the end", unbooked(alice, 15, 2), nil)
	wantPage(t, "unbooked of an account with sessions alone", unbooked(bob, 0, 100), []int64{1})
	wantPage(t, "back", func() ([]journal.Record, error) { return s.Back(ctx, alice, 17, 2) }, []int64{15, 9})
	wantPage(t, "forward", func() ([]journal.Record, error) { return s.Forward(ctx, alice, 13, 2) }, []int64{14, 15})
	s.reopenDurable()
	if got := s.head(alice).State; got.Booked != 11 || got.Trial != 11*60_000 || got.Tallies[0].Sessions != 11 {
		t.Errorf("the account has %+v", got)
	}
}

// reopenDurable opens a durable engine again.
func (s *subject) reopenDurable() {
	s.t.Helper()
	if s.engine.Durable {
		s.close()
		s.reopen()
	}
}
