package storetest

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// callers is how many goroutines update at once.
const callers = 64

// together runs f in one goroutine per caller and waits for all.
func together(f func(i int)) {
	var group sync.WaitGroup
	for i := range callers {
		group.Go(func() { f(i) })
	}
	group.Wait()
}

func testSimultaneousRetries(t *testing.T, s *subject) {
	var ids sync.Map
	var repeated atomic.Int64
	together(func(int) {
		outcome, err := s.Update(context.Background(), retry(alice, "call-1"))
		if err != nil {
			t.Error(err)
			return
		}
		if outcome.Repeated {
			repeated.Add(1)
		}
		last := outcome.Entries[len(outcome.Entries)-1]
		ids.Store(last.Event.Transactions[0].ID, true)
	})
	distinct := 0
	ids.Range(func(any, any) bool { distinct++; return true })
	if distinct != 1 || repeated.Load() != callers-1 {
		t.Errorf("%d transactions, %d repeats, want 1 and %d", distinct, repeated.Load(), callers-1)
	}
	s.wantSeq(alice, 2)
}

func testConcurrentUpdates(t *testing.T, s *subject) {
	var bought, refused atomic.Int64
	together(func(int) {
		switch _, err := s.Update(context.Background(), purchase(alice, 1)); {
		case err == nil:
			bought.Add(1)
		case fault.KindOf(err) == fault.LimitExceeded:
			refused.Add(1)
		default:
			t.Error(err)
		}
	})
	limit := int64(terms.MaxSlots)
	if bought.Load() != limit || refused.Load() != callers-limit {
		t.Errorf("%d bought, %d refused, want %d and %d", bought.Load(), refused.Load(), limit, callers-limit)
	}
	s.wantSeq(alice, 1+limit)
}

func testManyAccounts(t *testing.T, s *subject) {
	const each = 5
	together(func(i int) {
		for range each {
			if _, err := s.Update(context.Background(), purchase(numbered(i), 1)); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range callers {
		s.wantSeq(numbered(i), 1+each)
	}
}

func testAccounts(t *testing.T, s *subject) {
	for _, i := range []int{3, 1, 2} {
		s.update(open(numbered(i)))
	}
	pages := []struct {
		after account.ID
		limit int
		want  []account.ID
	}{
		{"", 2, []account.ID{numbered(1), numbered(2)}},
		{numbered(2), 2, []account.ID{numbered(3)}},
		{numbered(3), 2, nil},
	}
	for _, p := range pages {
		got, err := s.Accounts(context.Background(), p.after, p.limit)
		if diff := cmp.Diff(p.want, got); err != nil || diff != "" {
			t.Errorf("accounts after %q: %v, %s", p.after, err, diff)
		}
	}
}

func testPages(t *testing.T, s *subject) {
	for range 4 {
		s.update(purchase(alice, 1))
	}
	s.update(change(alice, configure))
	s.update(purchase(bob, 1))
	s.update(purchase(alice, 1))
	ctx := context.Background()
	tests := []struct {
		name string
		page func() ([]journal.Record, error)
		want []int64
	}{
		{"forward", func() ([]journal.Record, error) { return s.Forward(ctx, alice, 0, 3) }, []int64{1, 2, 3}},
		{"forward, end", func() ([]journal.Record, error) { return s.Forward(ctx, alice, 5, 9) }, []int64{6, 7}},
		{"back, with transactions only", func() ([]journal.Record, error) { return s.Back(ctx, alice, 8, 3) }, []int64{7, 5, 4}},
		{"back, end", func() ([]journal.Record, error) { return s.Back(ctx, alice, 4, 9) }, []int64{3, 2}},
	}
	for _, tt := range tests {
		wantPage(t, tt.name, tt.page, tt.want)
	}
}

// wantPage compares the numbers of the entries on a page.
func wantPage(t *testing.T, name string, page func() ([]journal.Record, error), want []int64) {
	t.Helper()
	records, err := page()
	var got []int64
	for _, r := range records {
		got = append(got, r.Seq)
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%s: %v, %s", name, err, diff)
	}
}
