package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/store"
)

// hintTime is how long a hint may take: half a second, plus a margin for a busy
// machine.
const hintTime = 20 * time.Second

// wantHint waits for a hint.
func wantHint(t *testing.T, changed <-chan struct{}) {
	t.Helper()
	select {
	case _, open := <-changed:
		if !open {
			t.Fatal("the channel is closed")
		}
	case <-time.After(hintTime):
		t.Fatal("there was no hint")
	}
}

// wantEnd waits for the end of a channel of hints.
func wantEnd(t *testing.T, changed <-chan struct{}) {
	t.Helper()
	late := time.After(hintTime)
	for {
		select {
		case _, open := <-changed:
			if !open {
				return
			}
		case <-late:
			t.Fatal("the channel was not closed")
		}
	}
}

// Follow lets readers at one node follow by hints alone what another node
// writes: each reader must reach the last value.
func Follow(t *testing.T, writer, reader store.Documents) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	const last = 20
	key, body := "follow/a", func(i int) string { return fmt.Sprintf(`{"n":%d}`, i) }
	ended := make(chan error, 4)
	for range cap(ended) {
		go func() {
			for range reader.Changed(ctx, "follow/") {
				found, err := reader.Get(ctx, key)
				if err != nil || len(found) == 1 && string(found[0].Body) == body(last) {
					ended <- err
					return
				}
			}
			ended <- ctx.Err()
		}()
	}
	for i := range last + 1 {
		if _, err := writer.Commit(ctx, store.Commit{Put: []store.Document{doc(key, body(i))}}); err != nil {
			t.Fatal(err)
		}
	}
	for range cap(ended) {
		select {
		case err := <-ended:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(hintTime):
			t.Fatal("the last change was not told")
		}
	}
}

func testFollow(t *testing.T, s *subject) { Follow(t, s, s) }

// testChanged takes a hint for each way in which a document changes.
func testChanged(t *testing.T, s *subject) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	under, one, all := s.Changed(ctx, "w/"), s.Changed(ctx, "w/a"), s.Changed(ctx, "")
	every := func(what string, change func()) {
		t.Helper()
		change()
		for _, changed := range []<-chan struct{}{under, one, all} {
			wantHint(t, changed)
		}
		if t.Failed() {
			t.Fatalf("after %s", what)
		}
	}
	every("the beginning", func() {})
	every("a creation", func() { s.put("w/a", `1`) })
	every("a change", func() { s.put("w/a", `2`) })
	every("a deletion", func() { s.commit(store.Commit{Delete: []string{"w/a"}}) })
	every("many changes", func() {
		for range 10 {
			s.put("w/a", `3`)
		}
	})
	every("the end of all", func() {
		if err := s.Clear(ctx); err != nil {
			t.Fatal(err)
		}
	})
	open := s.Changed(t.Context(), "w/")
	cancel()
	for _, changed := range []<-chan struct{}{under, one, all} {
		wantEnd(t, changed)
	}
	wantHint(t, open)
	s.close()
	wantEnd(t, open)
	wantEnd(t, s.Changed(t.Context(), "w/"))
}
