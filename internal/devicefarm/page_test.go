package devicefarm

import (
	"testing"

	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

// FuzzPlace reads any text as a page token: what it does not refuse leads to a
// place that a page can begin at, and is a token of this account and operation
// alone. Every place has a token.
func FuzzPlace(f *testing.F) {
	call := &web.Request{Operation: "ListOfferings", Identity: web.Identity{Account: "111122223333"}}
	others := []*web.Request{
		{Operation: "ListOfferingTransactions", Identity: call.Identity},
		{Operation: call.Operation, Identity: web.Identity{Account: "444455556666"}},
	}
	f.Fuzz(func(t *testing.T, text string, seq int64, index int) {
		made := billing.Cursor{Seq: max(seq, 0), Index: max(index, 0)}
		for _, text := range []string{text, token(call, made)} {
			at, err := place(call, &text)
			if err != nil {
				wantRefused(t, text, err)
				continue
			}
			if again, err := place(call, new(token(call, at))); err != nil || again != at {
				t.Errorf("the token of %+v leads to %+v, %v", at, again, err)
			}
			for _, other := range others {
				if at, err := place(other, &text); err == nil {
					t.Errorf("%s of account %s takes the token %q for %+v", other.Operation, other.Identity.Account, text, at)
				}
			}
			if page, next, err := window(call, make([]int, 250), &text); err != nil || len(page) > pageSize || len(page) == 0 && next != "" {
				t.Errorf("%+v leads to %d items and the token %q, %v", at, len(page), next, err)
			}
		}
		if at, err := place(call, new(token(call, made))); err != nil || at != made {
			t.Errorf("the token of %+v leads to %+v, %v", made, at, err)
		}
	})
}

// wantRefused fails for an error that is no short sentence about the token.
func wantRefused(t *testing.T, text string, err error) {
	t.Helper()
	if fault.KindOf(err) != fault.Argument || len(fault.MessageOf(err)) > 1000 {
		t.Errorf("place(%q): %v, want a short Argument error", text, err)
	}
}
