package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// tested returns a change as one of a test account.
func tested(c journal.Change) journal.Change {
	decide := c.Decide
	c.Decide = func(s account.State) ([]account.Event, error) {
		events, err := decide(s)
		if err == nil && events[0].Opening != nil {
			events[0].Opening.Test = true
		}
		return events, err
	}
	return c
}

func (s *subject) rewind(id account.ID, to journal.Place) {
	s.t.Helper()
	if err := s.Rewind(context.Background(), id, to); err != nil {
		s.t.Fatal(err)
	}
}

func (s *subject) records(id account.ID) []journal.Record {
	s.t.Helper()
	records, err := s.Forward(context.Background(), id, 0, 1000)
	if err != nil {
		s.t.Fatal(err)
	}
	return records
}

func testRewind(t *testing.T, s *subject) {
	s.update(tested(open(alice)))
	s.update(purchase(bob, 1))
	s.update(retry(alice, "kept"))
	before, records := s.head(alice), s.records(alice)
	s.update(retry(alice, "taken back"))
	s.update(purchase(alice, 3))
	s.rewind(alice, before.Place())
	s.rewind(alice, before.Place())
	for range 2 {
		if diff := cmp.Diff(before, s.head(alice)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(records, s.records(alice)); diff != "" {
			t.Error(diff)
		}
		if !s.engine.Durable {
			break
		}
		s.close()
		s.reopen()
	}
	if !s.update(retry(alice, "kept")).Repeated || s.update(retry(alice, "taken back")).Repeated {
		t.Error("retry ids must be those of the entries that are left")
	}
	s.wantSeq(alice, 3)
	s.wantSeq(bob, 2)
}

func testRewindToNothing(t *testing.T, s *subject) {
	ctx := context.Background()
	s.update(tested(purchase(alice, 1)))
	s.update(purchase(bob, 1))
	s.rewind(alice, journal.Place{})
	if diff := cmp.Diff(journal.Head{}, s.head(alice)); diff != "" {
		t.Error(diff)
	}
	ids, err := s.Accounts(ctx, "", 10)
	if diff := cmp.Diff([]account.ID{bob}, ids); err != nil || diff != "" {
		t.Errorf("accounts: %v, %s", err, diff)
	}
	ids, err = s.Due(ctx, start.AddDate(1, 0, 0), "", 10)
	if diff := cmp.Diff([]account.ID{bob}, ids); err != nil || diff != "" {
		t.Errorf("due: %v, %s", err, diff)
	}
	s.rewind(numbered(1), journal.Place{})
	s.update(tested(purchase(alice, 2)))
	s.wantSeq(alice, 2)
}

// testRewindRefused also compares the due time with the entries: when an
// account goes back, so does its due time.
func testRewindRefused(t *testing.T, s *subject) {
	s.update(purchase(bob, 1))
	s.update(tested(open(alice)))
	opened := s.head(alice).Place()
	s.update(purchase(alice, 1))
	newest := s.head(alice).Place()
	tests := []struct {
		name string
		id   account.ID
		to   journal.Place
		want fault.Kind
	}{
		{"ordinary account", bob, s.head(bob).Place(), fault.NotEligible},
		{"ordinary account, to nothing", bob, journal.Place{}, fault.NotEligible},
		{"no such entry", alice, journal.Place{Seq: 3, Hash: newest.Hash}, fault.NotFound},
		{"another hash", alice, journal.Place{Seq: 1, Hash: newest.Hash}, fault.NotFound},
		{"a hash without an entry", alice, journal.Place{Hash: newest.Hash}, fault.NotFound},
		{"never opened", numbered(1), newest, fault.NotFound},
	}
	for _, tt := range tests {
		if err := s.Rewind(context.Background(), tt.id, tt.to); err == nil || fault.KindOf(err) != tt.want {
			t.Errorf("%s: error = %v, want kind %d", tt.name, err, tt.want)
		}
	}
	s.wantSeq(alice, 2)
	s.wantSeq(bob, 2)
	s.wantDue(start.AddDate(1, 0, 0), alice, bob)
	s.rewind(alice, opened)
	s.wantDue(start.AddDate(1, 0, 0), bob)
}

func (s *subject) wantDue(now time.Time, want ...account.ID) {
	s.t.Helper()
	got, err := s.Due(context.Background(), now, "", 10)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		s.t.Errorf("due at %v: %v, %s", now, err, diff)
	}
}

func testConcurrentRewinds(t *testing.T, s *subject) {
	s.update(tested(open(alice)))
	opened := s.head(alice).Place()
	together(func(i int) {
		if i%4 == 0 {
			if err := s.Rewind(context.Background(), alice, opened); err != nil {
				t.Error(err)
			}
			return
		}
		if _, err := s.Update(context.Background(), purchase(alice, 1)); err != nil {
			t.Error(err)
		}
	})
	head, records := s.head(alice), s.records(alice)
	if int(head.Seq) != len(records) || head.State.Holding(ios).Current != len(records)-1 {
		t.Errorf("head is entry %d with %d slots, and there are %d entries", head.Seq, head.State.Holding(ios).Current, len(records))
	}
}

func testClear(t *testing.T, s *subject) {
	ctx := context.Background()
	s.update(retry(alice, "call-1"))
	s.update(purchase(bob, 1))
	s.put("a", `1`)
	if err := s.Clear(ctx); err != nil {
		t.Fatal(err)
	}
	testEmpty(t, s)
	s.wantDocuments([]string{"a"})
	if found, err := s.Range(ctx, store.Query{Limit: 1}); err != nil || len(found) != 0 {
		t.Errorf("documents = %v, %v, want none", texts(found), err)
	}
	s.wantDue(start.AddDate(1, 0, 0))
	if s.update(retry(alice, "call-1")).Repeated {
		t.Error("the retry id was kept")
	}
	s.wantSeq(alice, 2)
}
