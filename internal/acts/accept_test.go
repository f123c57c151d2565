package acts_test

import (
	"context"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/store"
)

// TestAccept takes documents as somebody else left them: changed, deleted and added.
func TestAccept(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]store.Commit{
		"changed": put("thing/1", "forged"), "deleted": {Delete: []string{"thing/1"}}, "added": put("thing/0", "new"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, s := context.Background(), newSite(t)
			b := s.book(s)
			s.must(b.As(somebody, "thing made", "").Commit(ctx, put("thing/1", "first")))
			s.must(s.Commit(ctx, do))
			s.wantVerified("before", "document thing/")
			key, _, _ := strings.Cut(strings.TrimPrefix(s.verified(), "document "), " ")
			s.must(nil, b.Accept(ctx, somebody, key, "we know"))
			s.wantVerified("accepted", "3 acts, ")
			if act := s.acted()[2]; act.Event.Act.Name != "we know" || act.Event.Act.Documents[0].Key != key || act.By != somebody {
				t.Errorf("act = %+v by %+v, want that of %s", act.Event.Act, act.By, key)
			}
			s.must(s.Commit(ctx, put(key, "forged again")))
			s.wantVerified("forged again", "document "+key)
		})
	}
}

func TestAcceptRefuses(t *testing.T) {
	t.Parallel()
	ctx, s := context.Background(), newSite(t)
	b := s.book(s)
	s.must(s.Commit(ctx, put("thing/free", "x")))
	s.must(b.As(somebody, "thing made", "").Commit(ctx, put("thing/1", "first")))
	s.must(s.Commit(ctx, store.Commit{Put: []store.Document{{Key: "thing/1", Body: []byte(`{"does":1}`)}}}))
	for _, tt := range []struct {
		key, reason string
		want        fault.Kind
	}{
		{"thing/1", "", fault.Argument},
		{"thing/1", "we know", fault.Conflict},
		{"thing/free", "we know", fault.NotFound},
		{"other/1", "we know", fault.NotFound},
		{"thing//", "we know", fault.NotFound},
	} {
		if err := b.Accept(ctx, somebody, tt.key, tt.reason); fault.KindOf(err) != tt.want {
			t.Errorf("accept %q for %q: %v, want kind %v", tt.key, tt.reason, err, tt.want)
		}
	}
	if got := len(s.acted()); got != 2 {
		t.Errorf("%d acts, want that of the start and one", got)
	}
}
