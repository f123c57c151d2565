// Package storetest defines what an engine is: whatever passes Run is one. The
// tests use the engine through store.Store alone.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Engine opens journals to test. Each call of New makes a store of its own and
// returns a function that opens it; a store may be opened again after it was
// closed, and keeps its contents if Durable is set.
type Engine struct {
	New     func(t *testing.T) func() (store.Store, error)
	Durable bool
}

// named is a test of the suite.
type named struct {
	name string
	run  func(*testing.T, *subject)
}

// Run runs the conformance suite against an engine.
func Run(t *testing.T, engine Engine) {
	for _, tt := range append(journalTests(), documentTests()...) {
		t.Run(tt.name, func(t *testing.T) {
			s := &subject{t: t, engine: engine, open: engine.New(t)}
			s.reopen()
			t.Cleanup(s.close)
			tt.run(t, s)
			s.verify()
		})
	}
}

// journalTests are the tests of journals, and of journals and documents
// together.
func journalTests() []named {
	return []named{
		{"an account that was never opened is empty", testEmpty},
		{"entries are numbered and chained", testChain},
		{"a refusal appends nothing", testRefusal},
		{"a decision without events appends nothing", testNoEvents},
		{"a panic in a decision affects no other update", testPanic},
		{"a retry returns the recorded entry", testRetry},
		{"a retry id belongs to one request of one account", testRetryScope},
		{"a retry id that JSON would change is refused", testRetryBytes},
		{"a retry after a refusal is decided again", testRetryAfterRefusal},
		{"simultaneous retries append once", testSimultaneousRetries},
		{"concurrent updates of one account follow each other", testConcurrentUpdates},
		{"concurrent updates of many accounts all arrive", testManyAccounts},
		{"pages go forward and back", testPages},
		{"who reads orders reads no sessions", testUnbooked},
		{"accounts are listed in order", testAccounts},
		{"accounts are due at their boundary", testDue},
		{"a test account goes back to an entry", testRewind},
		{"an account that goes back to its beginning was never opened", testRewindToNothing},
		{"only test accounts go back, and only to their own entries", testRewindRefused},
		{"updates and rewinds of one account follow each other", testConcurrentRewinds},
		{"clearing leaves nothing", testClear},
		{"a cancelled update says so", testCancelled},
		{"a closed journal refuses updates", testClosed},
		{"what was acknowledged is there after reopening", testReopen},
	}
}

// documentTests are the tests of documents.
func documentTests() []named {
	return []named{
		{"documents are kept under their keys", testDocuments},
		{"a document never has the same version twice", testVersions},
		{"a commit happens if all its conditions hold, or not at all", testConditions},
		{"documents are listed by prefix, both ways", testRange},
		{"keys, bodies and limits have bounds", testRefusedDocuments},
		{"documents that are read together are of one moment", testMoment},
		{"nobody sees an older version than somebody saw before", testNeverBack},
		{"many writers of one document lose no update", testCount},
		{"conditions on what is only read hold at the commit", testSkew},
		{"commits that cross each other do not wait for ever", testCross},
		{"documents behave as if changed one after another", testLinear},
		{"documents and journals change at the same time", testTogether},
		{"changes of documents are told", testChanged},
		{"who follows hints sees the last change", testFollow},
		{"documents end with the engine", testDocumentsEnded},
	}
}

// Values that the tests share.
const (
	alice account.ID = "111111111111"
	bob   account.ID = "222222222222"
	ios              = "A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"
)

var (
	start      = time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)
	terms      = account.Terms{Catalog: offering.Default(), MaxSlots: 50}
	errRefused = errors.New("refused")
)

// subject is the store under test.
type subject struct {
	t      *testing.T
	engine Engine
	open   func() (store.Store, error)
	store.Store
	closed bool
}

func (s *subject) reopen() {
	s.t.Helper()
	j, err := s.open()
	if err != nil {
		s.t.Fatal(err)
	}
	s.Store, s.closed = j, false
}

func (s *subject) close() {
	if s.closed {
		return
	}
	s.closed = true
	if err := s.Close(); err != nil {
		s.t.Error(err)
	}
}

// verify compares every journal with its hashes and events.
func (s *subject) verify() {
	if s.closed {
		return
	}
	report, err := journal.Verify(context.Background(), s)
	if err != nil || report.Wrong != nil {
		s.t.Errorf("verify: %+v, %v", report.Wrong, err)
	}
}

// update applies a change and fails the test if it is refused.
func (s *subject) update(c journal.Change) journal.Outcome {
	s.t.Helper()
	outcome, err := s.Update(context.Background(), c)
	if err != nil {
		s.t.Fatal(err)
	}
	return outcome
}

func (s *subject) head(id account.ID) journal.Head {
	s.t.Helper()
	head, err := s.Head(context.Background(), id)
	if err != nil {
		s.t.Fatal(err)
	}
	return head
}

func (s *subject) wantSeq(id account.ID, want int64) {
	s.t.Helper()
	if got := s.head(id).Seq; got != want {
		s.t.Errorf("account %s ends at entry %d, want %d", id, got, want)
	}
}

// purchase is a change that opens the account if necessary and buys iOS slots.
func purchase(id account.ID, quantity int) journal.Change {
	return change(id, func(s account.State, now time.Time) (account.Event, error) {
		return s.Purchase(account.Order{OfferingID: ios, Quantity: quantity}, terms, now)
	})
}

func change(id account.ID, command func(account.State, time.Time) (account.Event, error)) journal.Change {
	return journal.Change{
		Account:  id,
		Recorded: start,
		By:       journal.By{Key: "AKID", Source: "127.0.0.1", Request: "request"},
		Decide: func(s account.State) ([]account.Event, error) {
			var events []account.Event
			if !s.Opened() {
				events = append(events, account.Open(account.Opening{Seed: "seed-" + string(id)}, start))
				s = account.Apply(s, events[0])
			}
			event, err := command(s, start)
			if err != nil {
				return nil, err
			}
			return append(events, event), nil
		},
	}
}

// retry is a purchase of one slot with a retry id.
func retry(id account.ID, retryID string) journal.Change {
	c := purchase(id, 1)
	c.Retry = &journal.Retry{ID: retryID, Request: "buy 1"}
	return c
}

// open only opens an account.
func open(id account.ID) journal.Change {
	c := purchase(id, 1)
	c.Decide = func(account.State) ([]account.Event, error) {
		return []account.Event{account.Open(account.Opening{Seed: "seed-" + string(id)}, start)}, nil
	}
	return c
}

func numbered(i int) account.ID { return account.ID(fmt.Sprintf("%012d", i)) }
