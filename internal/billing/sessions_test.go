package billing_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

const alice account.ID = "111111111111"

// farm is the accounts of one process, and the clock on its wall.
type farm struct {
	*billing.Accounts
	*billing.Orders
	store store.Store
	mu    *sync.Mutex
	now   time.Time
	terms account.Terms
}

func newFarm(s store.Store) *farm {
	f := &farm{store: s, mu: new(sync.Mutex), now: instant("2026-11-27T09:00:00Z"), terms: account.Terms{Catalog: offering.Default(), MaxSlots: 10}}
	f.terms.Catalog.Metering.TrialMinutes = 0
	f.Accounts, f.Orders = billing.New(billing.Config{
		Store: s, Now: func() time.Time { return f.now }, Opening: func() account.Opening { return account.Opening{Seed: "seed", Test: true} },
		Closed: true, Terms: func() account.Terms { return f.terms }, Decisions: f.mu,
	})
	return f
}

func instant(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at
}

// caller has a retry id of its own, as a request has.
func caller() journal.Caller {
	return journal.Caller{Account: alice, By: journal.By{Key: "AKID"}, Retry: &journal.Retry{ID: "request", Request: "body"}}
}

func session(n int) account.Session {
	began := instant("2026-11-27T08:00:00.5Z")
	return account.Session{
		ID: fmt.Sprintf("session-%d", n), Kind: account.TestGrid, Project: "p", Device: "chrome", Began: began, Ended: began.Add(time.Minute),
		Method: account.Metered, Rate: 500,
	}
}

// nodes runs a test on two nodes of each engine. Those of SQLite share a process.
func nodes(t *testing.T, test func(t *testing.T, one, two *farm)) {
	t.Run("sqlite", func(t *testing.T) {
		s, err := sqlite.Open(t.Context(), t.TempDir())
		test(t, newFarm(closed(t, s, err)), newFarm(s))
	})
	t.Run("postgres", func(t *testing.T) {
		url := pgtest.Start(t).Database(t)
		one, err := postgres.Open(t.Context(), url)
		closed(t, one, err)
		two, err := postgres.Open(t.Context(), url)
		test(t, newFarm(one), newFarm(closed(t, two, err)))
	})
}

func closed(t *testing.T, s store.Store, err error) store.Store {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (f *farm) open(t *testing.T) {
	t.Helper()
	c := caller()
	c.Retry = nil
	if _, err := f.Configure(t.Context(), c, account.Settings{}); err != nil {
		t.Fatal(err)
	}
}

// TestASessionIsBookedOnce has many callers on two nodes book the same sessions at
// the same time, while others buy.
func TestASessionIsBookedOnce(t *testing.T) {
	t.Parallel()
	const sessions, tries = 20, 6
	nodes(t, func(t *testing.T, one, two *farm) {
		one.open(t)
		places := make([][tries]journal.Place, sessions)
		var all sync.WaitGroup
		for n := range sessions {
			for try := range tries {
				all.Go(func() {
					var err error
					f := []*farm{one, two}[try%2]
					if places[n][try], err = f.Book(context.Background(), caller(), session(n)); err != nil {
						t.Error(err)
					}
				})
			}
			all.Go(func() {
				c := caller()
				c.Retry = nil
				if _, err := one.Quote(context.Background(), c, account.Order{OfferingID: one.terms.Catalog.Offerings[0].ID, Quantity: 1}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		head, err := two.store.Head(t.Context(), alice)
		if err != nil || head.Seq != sessions+2 || head.State.Booked != sessions {
			t.Fatalf("the journal ends at %d with %d sessions, %v", head.Seq, head.State.Booked, err)
		}
		for n, of := range places {
			wantBooked(t, two.store, session(n), of)
		}
		report, err := journal.Verify(t.Context(), one.store)
		if err != nil || report.Wrong != nil {
			t.Errorf("verify: %+v, %v", report.Wrong, err)
		}
	})
}

// wantBooked wants all tries of a session to have led to its one entry.
func wantBooked[Tries [6]journal.Place](t *testing.T, s store.Store, want account.Session, of Tries) {
	t.Helper()
	for _, place := range of {
		if place != of[0] {
			t.Errorf("session %s stands at %v and at %v", want.ID, of[0], place)
		}
	}
	records, err := s.Forward(t.Context(), alice, of[0].Seq-1, 1)
	if err != nil || len(records) != 1 || records[0].Hash != of[0].Hash || records[0].Transactions != journal.Booked {
		t.Fatalf("session %s: %+v, %v", want.ID, records, err)
	}
	entry, err := records[0].Entry()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, entry.Event.Booking.Session); diff != "" {
		t.Errorf("session %s (-want +got):\n%s", want.ID, diff)
	}
}

// memory returns a farm whose storage is in memory.
func memory(t *testing.T) *farm {
	t.Helper()
	s, err := sqlite.OpenMemory(t.Context())
	return newFarm(closed(t, s, err))
}

func TestBookingRefusals(t *testing.T) {
	t.Parallel()
	f := memory(t)
	if _, err := f.Book(t.Context(), caller(), session(1)); fault.KindOf(err) != fault.NotFound {
		t.Errorf("an account that was never opened: %v, want NotFound", err)
	}
	f.open(t)
	if _, err := f.Book(t.Context(), caller(), session(1)); err != nil {
		t.Fatal(err)
	}
	other := session(1)
	other.Ended = other.Ended.Add(time.Second)
	if _, err := f.Book(t.Context(), caller(), other); fault.KindOf(err) != fault.Argument {
		t.Errorf("another session with the same id: %v, want Argument", err)
	}
	other.ID, other.Kind = "session-2", "phone"
	if _, err := f.Book(t.Context(), caller(), other); fault.KindOf(err) != fault.Argument {
		t.Errorf("a session that cannot be: %v, want Argument", err)
	}
	elsewhere := session(1)
	elsewhere.Began = elsewhere.Began.In(time.FixedZone("CET", 3600)).Add(400 * time.Microsecond)
	if place, err := f.Book(t.Context(), caller(), elsewhere); err != nil || place.Seq != 3 {
		t.Errorf("the same session in another zone: %v, %v, want entry 3", place.Seq, err)
	}
}

// TestBookingCrossesTheBoundary books on an account that is behind: it is rolled
// first, and the session is of the new period.
func TestBookingCrossesTheBoundary(t *testing.T) {
	t.Parallel()
	f := memory(t)
	f.open(t)
	c := caller()
	if _, _, err := f.Purchase(t.Context(), c, account.Order{OfferingID: f.terms.Catalog.Offerings[0].ID, Quantity: 1}); err != nil {
		t.Fatal(err)
	}
	f.now = instant("2027-01-02T00:00:00Z")
	place, err := f.Book(t.Context(), c, session(1))
	if err != nil || place.Seq != 6 { // opened, configured, bought, two boundaries
		t.Errorf("booked at %d, %v, want 6", place.Seq, err)
	}
	if again, err := f.Book(t.Context(), c, session(1)); err != nil || again != place {
		t.Errorf("booked again at %v, %v, want %v", again, err, place)
	}
}

// TestStatementsOfSessions compares the statements of three months with the
// charges of their entries. The account's clock stands, so the wall clock decides
// nothing.
func TestStatementsOfSessions(t *testing.T) {
	t.Parallel()
	f := memory(t)
	f.open(t)
	n, want := 0, map[string]account.Cents{}
	for _, month := range []string{"2026-12-05T00:00:00Z", "2027-01-31T23:59:59Z", "2027-03-01T00:00:00Z"} {
		f.move(t, month)
		for range 7 {
			n++
			one := session(n)
			if n%3 == 0 {
				one.Kind, one.Platform, one.Rate = account.Job, offering.IOS, 17_000
			}
			place, err := f.Book(t.Context(), caller(), one)
			if err != nil {
				t.Fatal(err)
			}
			want[month[:7]] += f.entry(t, place.Seq).Event.Booking.Cost
		}
	}
	for _, month := range []string{"2026-11", "2026-12", "2027-01", "2027-02", "2027-03"} {
		p, err := offering.ParsePeriod(month)
		if err != nil {
			t.Fatal(err)
		}
		s, _, err := f.Statement(t.Context(), caller(), p)
		sum, sessions := account.Cents(0), 0
		for _, l := range s.Lines {
			sum, sessions = sum+l.Cost, sessions+l.Quantity
		}
		if err != nil || s.Total != want[month] || sum != s.Total || (sessions != 0) != (s.Total != 0) || len(s.Lines) > 2 {
			t.Errorf("%s: %+v, %v, want %d", month, s, err, want[month])
		}
	}
}

// move stops the account's clock at an instant.
func (f *farm) move(t *testing.T, to string) {
	t.Helper()
	c := caller()
	c.Retry = nil
	_, _, err := f.Change(t.Context(), c, func(s account.State, terms account.Terms, now time.Time) ([]account.Event, error) {
		return s.Freeze(instant(to), terms, now)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (f *farm) entry(t *testing.T, seq int64) journal.Entry {
	t.Helper()
	records, err := f.store.Forward(t.Context(), alice, seq-1, 1)
	if err != nil || len(records) != 1 {
		t.Fatalf("entry %d: %d records, %v", seq, len(records), err)
	}
	entry, err := records[0].Entry()
	if err != nil {
		t.Fatal(err)
	}
	return entry
}
