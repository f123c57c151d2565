package store_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// note is what the tests keep.
type note struct {
	Text  string `json:"text"`
	Count int    `json:"count,omitzero"`
}

func open(t *testing.T) store.Store {
	t.Helper()
	s, err := sqlite.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// read returns the document of a key.
func read(t *testing.T, docs store.Documents, key string) store.Document {
	t.Helper()
	m, err := store.Read(t.Context(), docs, key)
	if err != nil {
		t.Fatal(err)
	}
	return m[key]
}

func TestUpdate(t *testing.T) {
	docs := open(t)
	update := func(f func(n note, exists bool) (note, error)) {
		t.Helper()
		if err := store.Update(t.Context(), docs, "note", f); err != nil {
			t.Fatal(err)
		}
	}
	update(func(n note, exists bool) (note, error) {
		if exists || n != (note{}) {
			t.Errorf("a document that does not exist is %+v", n)
		}
		return note{Text: "first"}, nil
	})
	first := read(t, docs, "note")
	update(func(n note, _ bool) (note, error) { return n, nil })
	if diff := cmp.Diff(first, read(t, docs, "note")); diff != "" {
		t.Errorf("the same again was put: %s", diff)
	}
	update(func(n note, exists bool) (note, error) {
		if !exists || n.Text != "first" {
			t.Errorf("the document is %+v, exists: %t", n, exists)
		}
		return note{Text: "second", Count: 2}, nil
	})
	if got := read(t, docs, "note"); string(got.Body) != `{"text":"second","count":2}` || got.Version <= first.Version {
		t.Errorf("document = %s, version %d after %d", got.Body, got.Version, first.Version)
	}
	refused := errors.New("refused")
	err := store.Update(t.Context(), docs, "note", func(note, bool) (note, error) { return note{}, refused })
	if !errors.Is(err, refused) || string(read(t, docs, "note").Body) != `{"text":"second","count":2}` {
		t.Errorf("refused: %v, document = %s", err, read(t, docs, "note").Body)
	}
}

// TestChangeAgain has others change what a decision read, some times and then
// always.
func TestChangeAgain(t *testing.T) {
	docs := open(t)
	put := func() {
		d, err := store.Encode("b", note{Text: "other"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := docs.Commit(t.Context(), store.Commit{Put: []store.Document{d}}); err != nil {
			t.Fatal(err)
		}
	}
	decisions := 0
	change := func(ctx context.Context, times int) error {
		decisions = 0
		return store.Change(ctx, docs, []string{"a", "b"}, func(m store.Moment) (store.Commit, error) {
			if decisions++; decisions <= times {
				put()
			}
			return store.Commit{Put: []store.Document{{Key: "c", Body: []byte(`1`)}}}, nil
		})
	}
	if err := change(t.Context(), 3); err != nil || decisions != 4 {
		t.Errorf("changed three times meanwhile: %v after %d decisions, want 4", err, decisions)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	always := store.Change(ctx, docs, []string{"a"}, func(m store.Moment) (store.Commit, error) {
		cancel()
		return store.Commit{If: map[string]int64{"b": 1 << 40}, Put: []store.Document{{Key: "c", Body: []byte(`2`)}}}, nil
	})
	if fault.KindOf(always) != fault.Unavailable || string(read(t, docs, "c").Body) != `1` {
		t.Errorf("the caller has gone: %v", always)
	}
}

func TestDecode(t *testing.T) {
	for body, want := range map[string]string{
		`{"text":"a","count":3}`:         "",
		`{"text":"a","newer":1}`:         `unknown field "newer"`,
		`{"text":1}`:                     "cannot unmarshal number",
		`{"text":"a"} {}`:                "text follows",
		`{"text":"a"`:                    "unexpected EOF",
		`{"text":"a","count":3,"v":"2"}`: `unknown field "v"`,
	} {
		n, err := store.Decode[note](store.Document{Key: "k", Body: []byte(body)})
		if want == "" {
			if diff := cmp.Diff(note{"a", 3}, n); err != nil || diff != "" {
				t.Errorf("%s: %v, %s", body, err, diff)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "document k") || fault.KindOf(err) != fault.Internal {
			t.Errorf("%s: %v, want an error with %q", body, err, want)
		}
	}
	if _, err := store.Encode("k", func() {}); err == nil {
		t.Error("a function was encoded")
	}
}
