package storetest

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/journal"
)

// testReplaceRecord replaces a record that is there and one that is not.
func testReplaceRecord(t *testing.T, s *subject) {
	ctx := context.Background()
	old, replaced := journal.Named{Name: "a", Body: []byte("1")}, journal.Named{Name: "a", Body: []byte("2")}
	if done, err := s.ReplaceRecord(ctx, "kind", old); err != nil || done {
		t.Errorf("ReplaceRecord of nothing = %v, %v, want false", done, err)
	}
	if err := s.PutRecords(ctx, "kind", old); err != nil {
		t.Fatal(err)
	}
	if done, err := s.ReplaceRecord(ctx, "kind", replaced); err != nil || !done {
		t.Errorf("ReplaceRecord = %v, %v, want true", done, err)
	}
	values, err := s.ListRecords(ctx, "kind", "")
	if diff := cmp.Diff([]journal.Named{replaced}, values); err != nil || diff != "" {
		t.Errorf("records: %v, (-want +got):\n%s", err, diff)
	}
}

func testRecords(t *testing.T, s *subject) {
	ctx := context.Background()
	put := func(kind, name, body string) {
		if err := s.PutRecords(ctx, kind, journal.Named{Name: name, Body: []byte(body)}); err != nil {
			t.Fatal(err)
		}
	}
	list := func(kind, prefix string, want ...string) {
		t.Helper()
		values, err := s.ListRecords(ctx, kind, prefix)
		var got []string
		for _, v := range values {
			got = append(got, v.Name+"="+string(v.Body))
		}
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("records of %s from %q: %v, %s", kind, prefix, err, diff)
		}
	}
	put("kind", "b/2", "old")
	put("kind", "b/1", "one")
	put("kind", "b/2", "two")
	put("kind", "b/é", "letter")
	put("kind", "b0", "beside")
	put("kind", "c%_", "wild")
	put("other", "b/1", "not this")
	list("kind", "", "b/1=one", "b/2=two", "b/é=letter", "b0=beside", "c%_=wild")
	list("kind", "b/", "b/1=one", "b/2=two", "b/é=letter")
	list("kind", "%")
	for _, want := range []bool{true, false} {
		if found, err := s.DeleteRecord(ctx, "kind", "b/1"); err != nil || found != want {
			t.Errorf("DeleteRecord = %v, %v, want %v", found, err, want)
		}
	}
	if s.engine.Durable {
		s.close()
		s.reopen()
		list("kind", "b/", "b/2=two", "b/é=letter")
		list("other", "", "b/1=not this")
	}
}

// testAddRecords adds records under names that are free, and under some that are
// not; of many who add at once one succeeds.
func testAddRecords(t *testing.T, s *subject) {
	ctx := context.Background()
	named := func(name, body string) journal.Named { return journal.Named{Name: name, Body: []byte(body)} }
	for _, tt := range []struct {
		values []journal.Named
		want   bool
	}{
		{[]journal.Named{named("a", "1"), named("b", "1")}, true},
		{[]journal.Named{named("c", "2"), named("b", "2")}, false},
		{[]journal.Named{named("a", "2")}, false},
		{[]journal.Named{named("c", "3")}, true},
	} {
		if added, err := s.AddRecords(ctx, "kind", tt.values...); err != nil || added != tt.want {
			t.Errorf("AddRecords(%s) = %v, %v, want %v", tt.values, added, err, tt.want)
		}
	}
	values, err := s.ListRecords(ctx, "kind", "")
	if diff := cmp.Diff([]journal.Named{named("a", "1"), named("b", "1"), named("c", "3")}, values); err != nil || diff != "" {
		t.Errorf("records: %v, (-want +got):\n%s", err, diff)
	}
	var wg sync.WaitGroup
	var added atomic.Int64
	for i := range 16 {
		wg.Go(func() {
			ok, err := s.AddRecords(ctx, "kind", named(fmt.Sprintf("own %d", i), "x"), named("common", "x"))
			if err != nil {
				t.Error(err)
			}
			if ok {
				added.Add(1)
			}
		})
	}
	wg.Wait()
	if n := added.Load(); n != 1 {
		t.Errorf("%d of 16 added the same name, want 1", n)
	}
	if values, err := s.ListRecords(ctx, "kind", "own"); err != nil || len(values) != 1 {
		t.Errorf("records of those who added: %s, %v, want one", values, err)
	}
}

// revision is Revision, which must not fail.
func (s *subject) revision(kinds ...string) string {
	s.t.Helper()
	r, err := s.Revision(context.Background(), kinds...)
	if err != nil {
		s.t.Fatal(err)
	}
	return r
}

// testRevision changes records in every way: the revision of their kind changes
// each time, and no other does.
func testRevision(t *testing.T, s *subject) {
	ctx := context.Background()
	one := journal.Named{Name: "one", Body: []byte("1")}
	before, others := s.revision("kind", "more"), s.revision("other")
	if err := s.PutRecords(ctx, "kind", one); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func() error{
		"put":     func() error { return s.PutRecords(ctx, "kind", one) },
		"put two": func() error { return s.PutRecords(ctx, "more", one) },
		"add": func() error {
			_, err := s.AddRecords(ctx, "kind", journal.Named{Name: "two", Body: []byte{}})
			return err
		},
		"replace": func() error { _, err := s.ReplaceRecord(ctx, "kind", one); return err },
		"delete":  func() error { _, err := s.DeleteRecord(ctx, "kind", "one"); return err },
	} {
		if err := change(); err != nil {
			t.Fatal(err)
		}
		after := s.revision("kind", "more")
		if after == before {
			t.Errorf("the revision is %q after %s, as before", after, name)
		}
		if again := s.revision("kind", "more"); again != after {
			t.Errorf("the revision was %q and is %q, without a change", after, again)
		}
		before = after
	}
	if got := s.revision("other"); got != others {
		t.Errorf("the revision of another kind was %q and is %q", others, got)
	}
	s.update(purchase(alice, 1))
	if got := s.revision("kind", "more"); got != before {
		t.Errorf("the revision was %q and is %q after a purchase", before, got)
	}
	if err := s.Clear(ctx); err != nil {
		t.Fatal(err)
	}
	if got := s.revision("kind", "more"); got == before {
		t.Errorf("the revision is %q after everything was removed, as before", got)
	}
}
