package devicefarm

import (
	"testing"

	"github.com/slotfarm/slotfarm/internal/service"
	"github.com/slotfarm/slotfarm/internal/web"
)

// BenchmarkToken makes a page token and reads it back.
func BenchmarkToken(b *testing.B) {
	call := &web.Request{Operation: "ListOfferingTransactions", Identity: web.Identity{Account: "111122223333"}}
	b.ReportAllocs()
	for b.Loop() {
		text := token(call, service.Cursor{Seq: 99_901})
		if _, err := place(call, &text); err != nil {
			b.Fatal(err)
		}
	}
}
