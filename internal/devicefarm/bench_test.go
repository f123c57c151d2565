package devicefarm

import (
	"testing"

	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/billing"
)

// BenchmarkToken makes a page token and reads it back.
func BenchmarkToken(b *testing.B) {
	call := &awsjson.Call{Operation: "ListOfferingTransactions", Identity: awsjson.Identity{Account: "111122223333"}}
	b.ReportAllocs()
	for b.Loop() {
		text := token(call, billing.Cursor{Seq: 99_901})
		if _, err := place(call, &text); err != nil {
			b.Fatal(err)
		}
	}
}
