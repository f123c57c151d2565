package acts_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// thing is a document with something that no digest covers.
type thing struct {
	Says   string `json:"says"`
	Secret string `json:"secret"`
}

// kinds are the kinds of documents of the tests.
func kinds() []acts.Kind {
	return []acts.Kind{{Prefix: "thing/", Content: func(d store.Document) ([]byte, error) {
		if d.Key == "thing/free" {
			return nil, nil
		}
		t, err := store.Decode[thing](d)
		return []byte(t.Says), err
	}}}
}

// somebody is who acts in the tests.
var somebody = journal.By{Key: "SLOTA", Source: "192.0.2.1", Request: "r-1"}

// site is a store and what acts on it.
type site struct {
	store.Store
	t    testing.TB
	wall time.Time
	ids  atomic.Int64
}

func newSite(t testing.TB) *site {
	t.Helper()
	kept, err := sqlite.OpenMemory(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := kept.Close(); err != nil {
			t.Error(err)
		}
	})
	return &site{Store: kept, t: t, wall: time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)}
}

// terms are what is for sale in the tests.
func terms() account.Terms {
	return account.Terms{Catalog: offering.Default(), MaxSlots: 10}
}

// book returns a book as a process has one, over a store that may fail.
func (s *site) book(over store.Store) *acts.Book {
	return acts.New(acts.Config{
		Store: over, Kinds: kinds(), Now: func() time.Time { return s.wall }, Terms: terms,
		NewID:   func() string { return fmt.Sprintf("id-%d", s.ids.Add(1)) },
		Opening: func() account.Opening { return account.Opening{Seed: "operator"} },
	})
}

// put returns a commit that puts a thing.
func put(key, says string) store.Commit {
	body, _ := json.Marshal(thing{Says: says, Secret: "of " + says}) // two strings always have a JSON
	return store.Commit{Put: []store.Document{{Key: key, Body: body}}}
}

// must ends the test on an error.
func (s *site) must(_ any, err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// acted returns the acts in the operator's journal.
func (s *site) acted() []journal.Entry {
	s.t.Helper()
	records, err := s.Forward(context.Background(), account.Operator, 0, 1000)
	s.must(nil, err)
	var found []journal.Entry
	for _, r := range records {
		e, err := r.Entry()
		s.must(nil, err)
		if e.Event.Kind == account.KindActed {
			found = append(found, e)
		}
	}
	return found
}

// waits returns how many acts are in the outbox.
func (s *site) waits() int {
	s.t.Helper()
	found, err := store.All(context.Background(), s, "act/")
	s.must(nil, err)
	return len(found)
}

// verified returns what verifying finds, as one line.
func (s *site) verified() string {
	s.t.Helper()
	report, err := acts.Verify(context.Background(), s, kinds())
	s.must(nil, err)
	if err := report.Err(); err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d acts, %d documents", report.Acts, report.Documents)
}

// wantVerified holds what verifying finds against what it should begin with.
func (s *site) wantVerified(what, want string) {
	s.t.Helper()
	if got := s.verified(); !strings.HasPrefix(got, want) {
		s.t.Errorf("%s: verify says %q, want %q", what, got, want)
	}
}

// TestAct keeps an act: who did it, what it changed, and nothing of a secret.
func TestAct(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newSite(t)
	s.must(s.Commit(ctx, put("thing/free", "as it likes")))
	b := s.book(s)
	version, err := b.As(somebody, "thing made", "one").Commit(ctx, put("thing/1", "first"))
	s.must(nil, err)
	s.must(b.As(somebody, "nothing changed", "").Commit(ctx, store.Commit{}))
	entries := s.acted()
	if len(entries) != 3 {
		t.Fatalf("%d acts, want that documents were adopted, one made, and nothing changed", len(entries))
	}
	const first = "a7937b64b8caa58f03721bb6bacf5c78cb235febe0e70b1b84cd99541461a08e" // SHA-256 of its name
	want := account.Act{What: "thing made", Name: "one", Documents: []account.ActDocument{{Key: "thing/1", Version: version, Digest: first}}}
	if diff := cmp.Diff(want, *entries[1].Event.Act); diff != "" {
		t.Errorf("act (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(somebody, entries[1].By); diff != "" {
		t.Errorf("who did it (-want +got):\n%s", diff)
	}
	if got := s.waits(); got != 0 {
		t.Errorf("%d acts in the outbox, want none", got)
	}
	s.wantVerified("as it was left", "3 acts, 1 documents")
	if _, err := b.As(somebody, "", "").Commit(ctx, put("thing/2", "second")); fault.KindOf(err) != fault.Argument {
		t.Errorf("an act without a word: %v, want an Argument", err)
	}
	s.wantVerified("after a refusal", "3 acts, 1 documents")
}

// TestConditions has an act not happen whose commit does not.
func TestConditions(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newSite(t)
	commit := put("thing/1", "first")
	commit.If = map[string]int64{"thing/1": 0}
	docs := s.book(s).As(somebody, "thing made", "")
	s.must(docs.Commit(ctx, commit))
	if _, err := docs.Commit(ctx, commit); !errors.Is(err, store.ErrConflict) {
		t.Errorf("the same again: %v, want a conflict", err)
	}
	if len(s.acted()) != 2 || s.waits() != 0 {
		t.Errorf("acts: %d and %d that wait, want that of the start and one", len(s.acted()), s.waits())
	}
}

// failing is a store at which a process dies: what is set fails.
type failing struct {
	store.Store
	appends, deletes bool
}

var errDied = errors.New("the process died")

func (f *failing) Update(ctx context.Context, c journal.Change) (journal.Outcome, error) {
	if f.appends {
		return journal.Outcome{}, errDied
	}
	return f.Store.Update(ctx, c)
}

func (f *failing) Commit(ctx context.Context, c store.Commit) (int64, error) {
	if f.deletes && len(c.Delete) == 1 && strings.HasPrefix(c.Delete[0], "act/") {
		return 0, errDied
	}
	return f.Store.Commit(ctx, c)
}

// TestCrashBetween stops after the documents were changed and before the act is
// in the journal, and after that and before it left the outbox. Verifying is content
// all along, others go on meanwhile, and the act is kept once.
func TestCrashBetween(t *testing.T) {
	t.Parallel()
	for name, died := range map[string]failing{"before the journal": {appends: true}, "before the outbox": {deletes: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, s := context.Background(), newSite(t)
			over := &failing{Store: s.Store}
			b := s.book(over)
			s.must(nil, b.Begin(ctx))
			over.appends, over.deletes = died.appends, died.deletes
			s.must(b.As(somebody, "thing made", "").Commit(ctx, put("thing/1", "first")))
			if s.waits() != 1 {
				t.Fatalf("%d acts wait, want one", s.waits())
			}
			if err := b.Settle(ctx); !errors.Is(err, errDied) {
				t.Errorf("settle while nothing works: %v", err)
			}
			s.wantVerified("with an act in the outbox", fmt.Sprintf("%d acts, 1 documents", len(s.acted())))
			other := s.book(s)
			s.must(other.As(somebody, "thing changed", "").Commit(ctx, put("thing/1", "second")))
			s.wantVerified("changed by another process", fmt.Sprintf("%d acts, 1 documents", len(s.acted())))
			for range 3 {
				s.must(nil, other.Settle(ctx))
			}
			if s.waits() != 0 {
				t.Errorf("%d acts wait, want none", s.waits())
			}
			s.wantVerified("in the end", "3 acts, 1 documents")
		})
	}
}

// TestCrashAtAdoption tries to begin while the journal fails: nothing is changed
// before it has begun.
func TestCrashAtAdoption(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newSite(t)
	over := &failing{Store: s.Store, appends: true}
	b := s.book(over)
	if _, err := b.As(somebody, "thing made", "").Commit(ctx, put("thing/1", "first")); !errors.Is(err, errDied) {
		t.Errorf("an act of a journal that does not begin: %v, want that it fails", err)
	}
	s.wantVerified("nothing happened", "0 acts, 0 documents")
	over.appends = false
	s.must(b.As(somebody, "thing made", "").Commit(ctx, put("thing/1", "first")))
	s.wantVerified("begun", "2 acts, 1 documents")
}

// TestAdoption adopts what was there before acts were kept, once.
func TestAdoption(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newSite(t)
	const there = 450
	for i := range there {
		s.must(s.Commit(ctx, put(fmt.Sprintf("thing/%03d", i), "before")))
	}
	report, err := acts.Verify(ctx, s, kinds())
	if err != nil || report.Err() != nil || !report.Unproven() || report.Documents != there {
		t.Errorf("before: %+v, %v, want that nothing proves the documents", report, err)
	}
	for range 3 {
		s.must(nil, s.book(s).Begin(ctx))
	}
	s.wantVerified("adopted", fmt.Sprintf("3 acts, %d documents", there))
	s.must(s.Commit(ctx, put("thing/007", "forged")))
	s.wantVerified("forged", "document thing/007 is not what the operator left: it is not what entry 2 of account 000000000000 left")
}

// TestForgedDocuments changes documents behind the operator's back.
func TestForgedDocuments(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for _, tt := range []struct {
		name string
		do   store.Commit
		want string // after the name of the document
	}{
		{"nothing", store.Commit{}, "6 acts, 2 documents"},
		{"the secret alone", store.Commit{Put: []store.Document{{Key: "thing/1", Body: []byte(`{"says":"changed","secret":"sealed anew"}`)}}}, "6 acts, 2 documents"},
		{"what is free", put("thing/free", "x"), "6 acts, 2 documents"},
		{"changed", put("thing/1", "forged"), "document thing/1 is not what the operator left: it is not what entry 4 of account 000000000000 left"},
		{"as it was before", put("thing/1", "first"), "document thing/1 is not what the operator left: it is not what entry 4 "},
		{"unreadable", store.Commit{Put: []store.Document{{Key: "thing/1", Body: []byte(`{"does":1}`)}}}, "document thing/1 is not what the operator left: it cannot be read: "},
		{"deleted", store.Commit{Delete: []string{"thing/1"}}, "document thing/1 is not what the operator left: it is missing, and entry 4 "},
		{"added", put("thing/0", "new"), "document thing/0 is not what the operator left: no act of the operator left it"},
		{"brought back", put("thing/2", "gone"), "document thing/2 is not what the operator left: entry 6 of account 000000000000 took it away"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			docs := s.book(s).As(somebody, "thing done", "")
			for _, c := range []store.Commit{put("thing/1", "first"), put("thing/1", "changed"), put("thing/2", "gone"), {Delete: []string{"thing/2"}}, put("thing/3", "third")} {
				s.must(docs.Commit(ctx, c))
			}
			s.must(s.Commit(ctx, tt.do))
			s.wantVerified(tt.name, tt.want)
		})
	}
}

// TestOlderDocuments audits storage whose documents are those of an older moment,
// with the versions that they had.
func TestOlderDocuments(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newSite(t)
	docs := s.book(s).As(somebody, "thing done", "")
	s.must(docs.Commit(ctx, put("thing/1", "first")))
	s.must(docs.Commit(ctx, put("thing/2", "first")))
	older, err := store.All(ctx, s, "thing/")
	s.must(nil, err)
	s.must(docs.Commit(ctx, put("thing/1", "changed")))
	s.must(docs.Commit(ctx, store.Commit{Delete: []string{"thing/2"}}))
	for i, want := range []string{"it is older than what entry 5 of account 000000000000 left", "entry 6 of account 000000000000 took it away"} {
		a := acts.NewAudit(kinds())
		report, err := journal.Walk(ctx, s, a.Entry)
		s.must(nil, err)
		newer, err := store.All(ctx, s, "thing/")
		s.must(nil, err)
		if i == 0 {
			newer = nil
		}
		for _, d := range append(newer, older[i]) {
			s.must(nil, a.Document(d))
		}
		wrong := a.Report(report).Wrong
		if diff := cmp.Diff(&journal.Wrong{Document: older[i].Key, Reason: want}, wrong); diff != "" {
			t.Errorf("%s (-want +got):\n%s", older[i].Key, diff)
		}
	}
}

// TestActsRollFirst keeps an act of an account that holds slots and has passed a
// boundary: it is charged first, as if there were no act.
func TestActsRollFirst(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newSite(t)
	b := s.book(s)
	s.must(nil, b.Begin(ctx))
	s.must(s.Update(ctx, journal.Change{Account: account.Operator, Decide: func(state account.State) ([]account.Event, error) {
		bought, err := state.Purchase(account.Order{OfferingID: terms().Catalog.Offerings[0].ID, Quantity: 1}, terms(), s.wall)
		return []account.Event{bought}, err
	}}))
	before, err := s.Head(ctx, account.Operator)
	s.must(nil, err)
	s.wall = s.wall.AddDate(0, 2, 0)
	s.must(b.As(somebody, "thing made", "").Commit(ctx, put("thing/1", "first")))
	after, err := s.Head(ctx, account.Operator)
	s.must(nil, err)
	rolled, err := before.State.Roll(terms(), s.wall)
	s.must(nil, err)
	want := before.State
	for _, e := range rolled {
		want = account.Apply(want, e)
	}
	want.At = s.wall
	if diff := cmp.Diff(want, after.State); diff != "" || len(rolled) != 2 {
		t.Errorf("state after %d boundaries and an act (-want +got):\n%s", len(rolled), diff)
	}
}

// TestUnkept changes documents and nothing else.
func TestUnkept(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newSite(t)
	s.must(acts.Unkept{Documents: s}.As(somebody, "thing made", "").Commit(ctx, put("thing/1", "first")))
	s.wantVerified("no acts", "0 acts, 1 documents")
}
