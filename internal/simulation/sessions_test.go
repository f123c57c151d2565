package simulation

import (
	"context"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/money"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// ended is a session that somebody wants to be booked, with all attempts.
type ended struct {
	account account.ID
	session account.Session
	over    bool          // it is booked, or its account was never opened
	place   journal.Place // that somebody was answered
}

// book has a session end on an account, and somebody book it.
func (r *run) book() {
	began := time.Date(2030, 1, 2, 3, 4, 5, 678_000_000, time.UTC)
	s := account.Session{
		ID: fmt.Sprintf("session-%d", len(r.ended)), Kind: []account.SessionKind{account.RemoteAccess, account.Job, account.TestGrid}[r.chaos.IntN(3)],
		Project: "project", Device: fmt.Sprintf("device %d", r.chaos.IntN(3)), Method: account.Metered, Rate: money.Rate(500 * r.chaos.IntN(40)),
		Began: began, Ended: began.Add(time.Duration(r.chaos.Int64N(int64(4 * time.Hour)))).Truncate(time.Millisecond),
	}
	if s.Kind != account.TestGrid {
		s.Platform = []offering.Platform{offering.Android, offering.IOS}[r.chaos.IntN(2)]
	}
	if r.often(25) {
		s.Method = account.Unmetered
	}
	s.Faulty = r.often(10)
	r.ended = append(r.ended, &ended{account: r.account(), session: s})
	r.figures.sessions++
	r.bookOnce(r.ended[len(r.ended)-1])
}

// bookAgain has one of several processes try to book a session that may be booked
// already, now and then with other values.
func (r *run) bookAgain() {
	if len(r.ended) == 0 {
		return
	}
	one := r.ended[r.chaos.IntN(len(r.ended))]
	if !r.often(10) {
		r.bookOnce(one)
		return
	}
	other := *one
	other.session.Ended = other.session.Ended.Add(time.Minute)
	if place, err := r.bookBy(&other); err == nil {
		if one.place != (journal.Place{}) {
			r.t.Fatalf("session %s was booked at %v with other values", one.session.ID, place)
		}
		*one = other // it was the first to come
		one.place, one.over = place, true
	}
}

// bookOnce tries to book a session and takes the answer, if one comes.
func (r *run) bookOnce(one *ended) {
	place, err := r.bookBy(one)
	lost := !r.calm && r.often(8)
	switch {
	case lost:
		r.figures.faults++
	case err == nil:
		if one.place != (journal.Place{}) && one.place != place {
			r.t.Fatalf("session %s stands at %v and at %v", one.session.ID, one.place, place)
		}
		one.place, one.over = place, true
	case fault.KindOf(err) == fault.NotFound:
		one.over = len(r.auditor.book(one.account).hashes) == 0
	case fault.KindOf(err) == fault.Argument:
		one.over = true // somebody booked it with other values, and heard nothing
	case fault.KindOf(err) != fault.Unavailable:
		r.t.Fatalf("%+v: %v", one.session, err)
	}
}

// bookBy has some instance of the service book a session.
func (r *run) bookBy(one *ended) (journal.Place, error) {
	caller := journal.Caller{Account: one.account, By: journal.By{Key: "lab"}}
	return r.node().Accounts.Book(context.Background(), caller, one.session)
}

// sessions is what the auditor knows of the sessions of an account.
type sessions struct {
	booked map[string]int64    // the number of the entry, by id
	exact  map[string]*big.Rat // what a month's sessions cost on devices or on browsers, in cents
	tried  int64               // milliseconds that the trial paid for
}

func newSessions() sessions {
	return sessions{booked: map[string]int64{}, exact: map[string]*big.Rat{}}
}

// enterSession books the entry of a session, and checks what it costs.
func (a *auditor) enterSession(b *book, e journal.Entry) {
	a.t.Helper()
	one := e.Event.Booking
	id, prefixed := strings.CutPrefix(e.Retry.ID, "\x01session/")
	if !prefixed || id != one.Session.ID {
		a.t.Fatalf("session %s was booked by %q", one.Session.ID, e.Retry.ID)
	}
	if first, done := b.sessions.booked[id]; done {
		a.figures.doubled++
		a.t.Errorf("session %s is booked twice, by entries %d and %d", id, first, e.Seq)
	}
	b.sessions.booked[id] = e.Seq
	cost, trial := b.sessions.charge(one.Session, monthOf(e.Event.At))
	if int64(one.Cost) != cost || int64(one.Trial) != trial {
		a.t.Fatalf("session %+v costs %d cents and %d ms of the trial, want %d and %d", one.Session, one.Cost, one.Trial, cost, trial)
	}
	b.totals[monthOf(e.Event.At)] += account.Cents(cost)
	if e.State.Booked != len(b.sessions.booked) || int64(e.State.Trial) != b.sessions.tried {
		a.t.Fatalf("entry %d of account %s has %d sessions and %d ms of the trial, want %d and %d",
			e.Seq, e.Account, e.State.Booked, e.State.Trial, len(b.sessions.booked), b.sessions.tried)
	}
}

// charge says what a session costs in a month, in cents, and how much of the trial
// it takes.
func (s *sessions) charge(one account.Session, month string) (cost, trial int64) {
	if one.Faulty || one.Method == account.Unmetered {
		return 0, 0
	}
	ms := one.Ended.Sub(one.Began).Milliseconds()
	meter := month + " devices"
	if one.Kind == account.TestGrid {
		meter = month + " browsers"
	} else {
		trial = min(ms, 60_000_000-s.tried)
		s.tried += trial
	}
	if s.exact[meter] == nil {
		s.exact[meter] = new(big.Rat)
	}
	before := rounded(s.exact[meter])
	s.exact[meter].Add(s.exact[meter], new(big.Rat).Mul(big.NewRat(int64(one.Rate), 1000), big.NewRat(ms-trial, 60_000)))
	return rounded(s.exact[meter]) - before, trial
}

// rounded rounds half-up.
func rounded(n *big.Rat) int64 {
	half := new(big.Rat).Add(n, big.NewRat(1, 2))
	return new(big.Int).Div(half.Num(), half.Denom()).Int64()
}

// endSessions has every session be booked where somebody was told, with the values
// that he had, and none that nobody asked for.
func (a *auditor) endSessions(all []*ended) {
	a.t.Helper()
	known := 0
	for _, one := range all {
		b := a.book(one.account)
		seq, booked := b.sessions.booked[one.session.ID]
		if booked {
			known++
		}
		if one.place == (journal.Place{}) {
			continue
		}
		if seq != one.place.Seq || b.hashes[seq-1] != one.place.Hash {
			a.figures.lost++
			a.t.Errorf("session %s was answered %v, and the journal has it at %d", one.session.ID, one.place, seq)
			continue
		}
		entry, err := a.records(one.account, seq-1)[0].Entry()
		if err != nil {
			a.t.Fatal(err)
		}
		if diff := cmp.Diff(one.session, entry.Event.Booking.Session); diff != "" {
			a.t.Errorf("session %s (-asked +journal):\n%s", one.session.ID, diff)
		}
	}
	have := 0
	for _, b := range a.books {
		have += len(b.sessions.booked)
	}
	if have != known {
		a.t.Errorf("%d sessions are booked, and %d were asked for", have, known)
	}
}
