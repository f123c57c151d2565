package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

func testEmpty(t *testing.T, s *subject) {
	if got := s.head(alice); !cmp.Equal(got, journal.Head{}) {
		t.Errorf("head = %+v, want the zero head", got)
	}
	records, err := s.Forward(context.Background(), alice, 0, 10)
	if err != nil || len(records) != 0 {
		t.Errorf("Forward = %v, %v, want nothing", records, err)
	}
	if ids, err := s.Accounts(context.Background(), "", 10); err != nil || len(ids) != 0 {
		t.Errorf("Accounts = %v, %v, want none", ids, err)
	}
}

func testChain(t *testing.T, s *subject) {
	outcome := s.update(purchase(alice, 2))
	if len(outcome.Entries) != 2 || outcome.State.Holding(ios).Current != 2 {
		t.Fatalf("outcome = %+v, want an opening and a purchase of 2", outcome)
	}
	s.update(purchase(alice, 3))
	s.wantSeq(alice, 3)
	records, err := s.Forward(context.Background(), alice, 0, 10)
	if err != nil || len(records) != 3 {
		t.Fatalf("Forward = %d records, %v, want 3", len(records), err)
	}
	for i, r := range records {
		e, err := r.Entry()
		if err != nil || e.Seq != int64(i+1) || e.Account != alice || e.By.Key != "AKID" || !e.Recorded.Equal(start) {
			t.Errorf("entry %d = %+v, %v", i+1, e, err)
		}
	}
	head := s.head(alice)
	if head.Hash != records[2].Hash || head.State.Holding(ios).Current != 5 {
		t.Errorf("head = %+v, want the third record with 5 slots", head)
	}
}

func testRefusal(t *testing.T, s *subject) {
	s.update(purchase(alice, 50))
	if _, err := s.Update(context.Background(), purchase(alice, 1)); fault.KindOf(err) != fault.LimitExceeded {
		t.Errorf("error = %v, want the decision's LimitExceeded", err)
	}
	if _, err := s.Update(context.Background(), purchase(bob, 51)); fault.KindOf(err) != fault.LimitExceeded {
		t.Errorf("error = %v, want the decision's LimitExceeded", err)
	}
	s.wantSeq(alice, 2)
	s.wantSeq(bob, 0)
}

func testNoEvents(t *testing.T, s *subject) {
	s.update(purchase(alice, 1))
	c := purchase(alice, 1)
	c.Decide = func(account.State) ([]account.Event, error) { return nil, nil }
	outcome := s.update(c)
	if len(outcome.Entries) != 0 || outcome.State.Holding(ios).Current != 1 {
		t.Errorf("outcome = %+v, want no entry and the present state", outcome)
	}
	s.wantSeq(alice, 2)
}

func testPanic(t *testing.T, s *subject) {
	c := purchase(alice, 1)
	c.Decide = func(account.State) ([]account.Event, error) {
		var nothing *account.Event
		return []account.Event{*nothing}, nil
	}
	if _, err := s.Update(context.Background(), c); fault.KindOf(err) != fault.Internal {
		t.Errorf("error = %v, want an internal one", err)
	}
	s.update(purchase(alice, 1))
	s.wantSeq(alice, 2)
}

func testRetry(t *testing.T, s *subject) {
	first := s.update(retry(alice, "call-1"))
	s.update(purchase(alice, 4))
	again := s.update(retry(alice, "call-1"))
	if first.Repeated || !again.Repeated {
		t.Errorf("repeated = %v, then %v, want false, then true", first.Repeated, again.Repeated)
	}
	want := first.Entries[len(first.Entries)-1].Event.Transactions
	if diff := cmp.Diff(want, again.Entries[0].Event.Transactions); diff != "" {
		t.Error(diff)
	}
	if held := again.State.Holding(ios).Current; held != 5 {
		t.Errorf("the repeat's state holds %d, want the present 5", held)
	}
	s.wantSeq(alice, 3)
}

func testRetryScope(t *testing.T, s *subject) {
	s.update(retry(alice, "call-1"))
	other := retry(alice, "call-1")
	other.Retry.Request = "buy 2"
	if _, err := s.Update(context.Background(), other); fault.KindOf(err) != fault.Argument {
		t.Errorf("same id, other request: %v, want an Argument error", err)
	}
	if s.update(retry(bob, "call-1")).Repeated || s.update(retry(alice, "call-2")).Repeated {
		t.Error("another account or another id must not be a repeat")
	}
	s.wantSeq(alice, 3)
	s.wantSeq(bob, 2)
}

func testRetryBytes(t *testing.T, s *subject) {
	if _, err := s.Update(context.Background(), retry(alice, "caf\xe9")); fault.KindOf(err) != fault.Argument {
		t.Errorf("error = %v, want an Argument error", err)
	}
	s.wantSeq(alice, 0)
	s.update(retry(alice, "\u2028<é>\x00"))
	if !s.update(retry(alice, "\u2028<é>\x00")).Repeated {
		t.Error("the id was not recorded as it is")
	}
	if report, err := journal.Verify(context.Background(), s); err != nil || report.Wrong != nil {
		t.Errorf("verify: %+v, %v", report, err)
	}
}

func testRetryAfterRefusal(t *testing.T, s *subject) {
	refused := retry(alice, "call-1")
	refused.Decide = func(account.State) ([]account.Event, error) { return nil, errRefused }
	if _, err := s.Update(context.Background(), refused); !errors.Is(err, errRefused) {
		t.Errorf("error = %v, want the decision's own", err)
	}
	if s.update(retry(alice, "call-1")).Repeated {
		t.Error("a refused call was recorded")
	}
	s.wantSeq(alice, 2)
}

func testDue(t *testing.T, s *subject) {
	boundary := time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	s.update(purchase(alice, 1))
	s.update(open(bob))
	s.wantDue(boundary.Add(-time.Millisecond))
	s.wantDue(boundary, alice)
	for share, want := range map[string][]account.ID{"1": {alice}, "11": {alice}, "2": nil} {
		got, err := s.Due(context.Background(), boundary, share, 10)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("due of those that end with %s: %v, %s", share, err, diff)
		}
	}
	roll := purchase(alice, 1)
	roll.Decide = func(state account.State) ([]account.Event, error) { return state.Roll(terms, boundary) }
	s.update(roll)
	s.wantDue(boundary)
	s.wantDue(boundary.AddDate(0, 1, 0), alice)
	s.update(change(alice, func(state account.State, _ time.Time) (account.Event, error) {
		return state.Renew(account.Order{OfferingID: ios}, terms, boundary)
	}))
	roll.Decide = func(state account.State) ([]account.Event, error) {
		return state.Roll(terms, boundary.AddDate(0, 1, 0))
	}
	s.update(roll)
	s.wantDue(boundary.AddDate(10, 0, 0))
}

func testCancelled(t *testing.T, s *subject) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := s.Update(ctx, purchase(alice, 1)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("error = %v, want Unavailable", err)
	}
	s.update(purchase(bob, 1))
	s.wantSeq(bob, 2)
}

func testClosed(t *testing.T, s *subject) {
	s.update(purchase(alice, 1))
	s.close()
	if _, err := s.Update(context.Background(), purchase(alice, 1)); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("error = %v, want Unavailable", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
}

func testReopen(t *testing.T, s *subject) {
	s.update(retry(alice, "call-1"))
	s.update(purchase(bob, 1))
	before := s.head(alice)
	s.close()
	s.reopen()
	if !s.engine.Durable {
		s.wantSeq(alice, 0)
		return
	}
	if diff := cmp.Diff(before, s.head(alice)); diff != "" {
		t.Error(diff)
	}
	if !s.update(retry(alice, "call-1")).Repeated {
		t.Error("the retry id was forgotten")
	}
	s.wantSeq(alice, 2)
}

// configure is a command whose event has no transaction.
func configure(s account.State, now time.Time) (account.Event, error) {
	active := account.Active
	return s.Configure(account.Settings{Status: &active}, terms, now)
}
