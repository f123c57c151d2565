package account

import (
	"time"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// latest is the first instant that a clock may not show, because RFC 3339
// cannot write it.
var latest = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)

// checkClock returns an Argument error for an instant that a clock cannot show.
func checkClock(at time.Time) error {
	if at.Before(time.Unix(0, 0)) || !at.Before(latest) {
		return fault.New(fault.Argument, "the clock cannot show %s; it must be from 1970 to 9999.", at.Format(time.RFC3339))
	}
	return nil
}

// longest is the largest number of years that one move crosses, so that no move
// keeps other accounts waiting.
const longest = 100

// Freeze stands a test account's clock still at an instant. Before the first
// transaction and session that may be any instant from 1970 to 9999, later none
// before now.
// It returns the events of the boundaries that the move crosses, oldest first,
// and of the move itself; none if the clock is already frozen there. With slots
// held, one call moves a hundred years at most; the next call continues.
// Errors: NotEligible for an ordinary account; Argument for an instant out of
// range; Conflict for a move backwards.
func (s State) Freeze(at time.Time, terms Terms, now time.Time) ([]Event, error) {
	at = at.UTC().Truncate(time.Millisecond)
	if s.Frozen != nil && s.Frozen.Equal(at) {
		return nil, nil
	}
	if err := s.checkMove(at, now); err != nil {
		return nil, err
	}
	if far := now.AddDate(longest, 0, 0); len(s.Holdings) > 0 && at.After(far) {
		at = far
	}
	events, err := s.Roll(terms, at)
	if err != nil {
		return nil, err
	}
	return append(events, Event{Kind: KindClock, At: at, Frozen: &at}), nil
}

// Release lets a test account's clock follow the wall clock again; wall is its
// time. Events and errors are those of Freeze; a running clock causes no
// events.
func (s State) Release(wall time.Time, terms Terms, now time.Time) ([]Event, error) {
	if s.Test && s.Frozen == nil {
		return nil, nil
	}
	wall = wall.UTC().Truncate(time.Millisecond)
	if err := s.checkMove(wall, now); err != nil {
		return nil, err
	}
	events, err := s.Roll(terms, wall)
	if err != nil {
		return nil, err
	}
	return append(events, Event{Kind: KindClock, At: wall}), nil
}

// checkMove returns nil if the clock may move to an instant.
func (s State) checkMove(at, now time.Time) error {
	if !s.Test {
		return fault.New(fault.NotEligible, "this is not a test account; only test accounts have a clock of their own.")
	}
	if err := checkClock(at); err != nil {
		return err
	}
	if at.Before(now) && s.charged() {
		return fault.New(fault.Conflict, "the clock cannot go back from %s to %s: the account has %s. Restore a snapshot to go back.",
			now.Format(time.RFC3339Nano), at.Format(time.RFC3339Nano), s.history())
	}
	return nil
}

// charged reports whether the account's time stands in its books, so that its clock
// cannot go back any more.
func (s State) charged() bool { return s.Transactions > 0 || s.Booked > 0 }

// history says in words why the account's clock cannot go back.
func (s State) history() string {
	if s.Transactions > 0 {
		return "transactions"
	}
	return "sessions"
}
