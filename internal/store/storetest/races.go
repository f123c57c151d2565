package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/slotfarm/slotfarm/internal/store"
)

// counter is what the tests of races keep in a document.
type counter struct {
	N int `json:"n"`
}

// Count lets many callers, spread over the nodes of one store, count in one
// document: no count may be lost.
func Count(t *testing.T, key string, nodes ...store.Documents) {
	t.Helper()
	const each = 2
	together(func(i int) {
		for range each {
			err := store.Update(context.Background(), nodes[i%len(nodes)], key, func(c counter, _ bool) (counter, error) {
				c.N++
				return c, nil
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	found, err := nodes[0].Get(context.Background(), key)
	if want := fmt.Sprintf(`{"n":%d}`, callers*each); err != nil || len(found) != 1 || string(found[0].Body) != want {
		t.Errorf("counted %v, %v, want %s", texts(found), err, want)
	}
}

func testCount(t *testing.T, s *subject) { Count(t, "counter", s) }

// Skew lets callers read two documents and change one of them: a rule about
// both documents is kept only if the condition on the document that is only
// read holds at the commit.
func Skew(t *testing.T, nodes ...store.Documents) {
	t.Helper()
	ctx := context.Background()
	for round := range 8 {
		one, other := fmt.Sprintf("skew/%d/one", round), fmt.Sprintf("skew/%d/other", round)
		together(func(i int) { // at most one of two may exist
			mine, theirs := one, other
			if i%2 == 1 {
				mine, theirs = other, one
			}
			_, err := nodes[i%len(nodes)].Commit(ctx, store.Commit{
				If: map[string]int64{mine: 0, theirs: 0}, Put: []store.Document{doc(mine, `{"n":1}`)},
			})
			if err != nil && !errors.Is(err, store.ErrConflict) {
				t.Error(err)
			}
		})
		if found, err := nodes[0].Get(ctx, one, other); err != nil || len(found) != 1 {
			t.Errorf("round %d: %v, %v, want one of two", round, texts(found), err)
		}
		if _, err := nodes[0].Commit(ctx, store.Commit{Put: []store.Document{doc(one, `{"n":1}`), doc(other, `{"n":1}`)}}); err != nil {
			t.Fatal(err)
		}
		together(func(i int) { // at least one of two must stay
			keys := []string{one, other}
			err := store.Change(ctx, nodes[i%len(nodes)], keys, func(m store.Moment) (store.Commit, error) {
				if len(m) < 2 {
					return store.Commit{}, nil
				}
				return store.Commit{Delete: []string{keys[i%2]}}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
		if found, err := nodes[0].Get(ctx, one, other); err != nil || len(found) != 1 {
			t.Errorf("round %d: %v is left, %v, want one", round, texts(found), err)
		}
	}
}

func testSkew(t *testing.T, s *subject) { Skew(t, s) }

// Cross lets callers make commits that read what others write and write what
// others read, in every order of keys. None may wait forever, and of those that
// conflict at least one must succeed.
func Cross(t *testing.T, nodes ...store.Documents) {
	t.Helper()
	ctx, keys := context.Background(), []string{"cross/a", "cross/b", "cross/c", "cross/d", "cross/e"}
	var done atomic.Int64
	together(func(i int) {
		docs := nodes[i%len(nodes)]
		for round := range 5 {
			at := func(n int) string { return keys[(i+round+n)%len(keys)] }
			read, first, second := at(0), at(1+i%2), at(2-i%2)
			m, err := store.Read(ctx, docs, keys...)
			if err != nil {
				t.Error(err)
				return
			}
			c := store.Commit{If: map[string]int64{read: m[read].Version, first: m[first].Version}, Put: []store.Document{doc(first, `1`)}}
			if i%3 == 0 {
				c.Delete = []string{second}
			} else {
				c.Put = append(c.Put, doc(second, `2`))
			}
			switch _, err := docs.Commit(ctx, c); {
			case err == nil:
				done.Add(1)
			case !errors.Is(err, store.ErrConflict):
				t.Error(err)
			}
		}
	})
	if done.Load() == 0 {
		t.Error("no commit succeeded")
	}
}

func testCross(t *testing.T, s *subject) { Cross(t, s) }

// testMoment changes documents together while others read them: a caller that
// reads them together must see one moment.
func testMoment(t *testing.T, s *subject) {
	ctx := context.Background()
	s.commit(store.Commit{Put: []store.Document{doc("m/a", `0`), doc("m/b", `0`), doc("m/c", `0`)}})
	stop := make(chan struct{})
	var group sync.WaitGroup
	defer group.Wait() // also if a commit ends the test
	defer close(stop)
	read := func(f func() ([]store.Document, error)) {
		group.Go(func() {
			for {
				found, err := f()
				if err != nil || len(found) != 3 || found[0].Version != found[1].Version || found[1].Version != found[2].Version {
					t.Errorf("read %+v, %v, want three of one version", found, err)
					return
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for range 2 {
		read(func() ([]store.Document, error) { return s.Get(ctx, "m/c", "m/b", "m/a") })
		read(func() ([]store.Document, error) { return s.Range(ctx, store.Query{Prefix: "m/", Limit: 3}) })
	}
	for i := range 100 {
		body := fmt.Sprint(i)
		s.commit(store.Commit{Put: []store.Document{doc("m/a", body), doc("m/b", body), doc("m/c", body)}})
	}
}

// testNeverBack reads one document, alone and among others: after one reader
// has seen a version, no reader may see an older one.
func testNeverBack(t *testing.T, s *subject) {
	ctx := context.Background()
	s.put("m/a", `0`)
	var newest atomic.Int64
	stop := make(chan struct{})
	var group sync.WaitGroup
	defer group.Wait() // also if a put ends the test
	defer close(stop)
	for i := range 4 {
		group.Go(func() {
			for {
				before := newest.Load()
				keys := []string{"m/a", fmt.Sprintf("m/none-%d", i)}
				found, err := s.Get(ctx, keys[:1+i%2]...)
				if err != nil || len(found) != 1 || found[0].Version < before {
					t.Errorf("read %+v, %v, after somebody saw version %d", found, err, before)
					return
				}
				for now := before; now < found[0].Version && !newest.CompareAndSwap(now, found[0].Version); now = newest.Load() {
				}
				select {
				case <-stop:
					return
				default:
				}
			}
		})
	}
	for i := range 200 {
		if version := s.put("m/a", fmt.Sprint(i)); version < newest.Load() {
			t.Errorf("version %d was given after version %d was seen", version, newest.Load())
		}
	}
}

// testTogether updates journals and commits documents at the same time.
func testTogether(t *testing.T, s *subject) {
	together(func(i int) {
		if _, err := s.Update(context.Background(), purchase(numbered(i), 1)); err != nil {
			t.Error(err)
		}
		if _, err := s.Commit(context.Background(), store.Commit{Put: []store.Document{doc(fmt.Sprintf("t/%03d", i), `1`)}}); err != nil {
			t.Error(err)
		}
	})
	found, err := s.Range(context.Background(), store.Query{Prefix: "t/", Limit: store.MaxPage})
	if err != nil || len(found) != callers {
		t.Errorf("%d documents, %v, want %d", len(found), err, callers)
	}
	for i := range callers {
		s.wantSeq(numbered(i), 2)
	}
}
