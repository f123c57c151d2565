package acts_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/slotfarm/slotfarm/internal/store"
)

// TestAnyHistory acts, dies and settles in any order: verifying is content after
// each step. Then one document is forged, and verifying names it.
func TestAnyHistory(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		ctx, s := context.Background(), newSite(t)
		over := &failing{Store: s.Store}
		b := s.book(over)
		s.must(nil, b.Begin(ctx))
		docs := b.As(somebody, "thing done", "")
		key := func() string { return fmt.Sprintf("thing/%d", rapid.IntRange(0, 2).Draw(r, "thing")) }
		says := func() string { return fmt.Sprint(rapid.IntRange(0, 2).Draw(r, "says")) }
		for range rapid.IntRange(0, 12).Draw(r, "steps") {
			switch rapid.IntRange(0, 4).Draw(r, "step") {
			case 0, 1:
				s.must(docs.Commit(ctx, put(key(), says())))
			case 2:
				s.must(docs.Commit(ctx, store.Commit{Delete: []string{key()}}))
			case 3:
				over.appends, over.deletes = rapid.Bool().Draw(r, "appends fail"), rapid.Bool().Draw(r, "deletes fail")
			default:
				_ = b.Settle(ctx) // it may fail, by the step above
			}
			if got := s.verified(); !strings.Contains(got, " acts, ") {
				r.Fatalf("verify: %s", got)
			}
		}
		victim := key()
		found, err := store.Read(ctx, s, victim)
		s.must(nil, err)
		forged := put(victim, "forged")
		if found[victim].Version > 0 && rapid.Bool().Draw(r, "delete") {
			forged = store.Commit{Delete: []string{victim}}
		}
		s.must(s.Commit(ctx, forged))
		if got := s.verified(); !strings.HasPrefix(got, "document "+victim+" is not what the operator left: ") {
			r.Fatalf("%s was forged, and verify says %s", victim, got)
		}
	})
}
