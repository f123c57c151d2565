package devicefarm

import (
	"testing"

	"github.com/slotfarm/slotfarm/internal/billing"
	"github.com/slotfarm/slotfarm/internal/web"
)

// BenchmarkToken makes a page token and reads it back.
func BenchmarkToken(b *testing.B) {
	call := &web.Request{Operation: "ListOfferingTransactions", Identity: web.Identity{Account: "111122223333"}}
	b.ReportAllocs()
	for b.Loop() {
		text := token(call, billing.Cursor{Seq: 99_901})
		if _, err := place(call, &text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkWithin holds requests for a first and a later page against the API model.
func BenchmarkWithin(b *testing.B) {
	for name, body := range map[string]string{"page=first": "{}", "page=later": `{"nextToken":"AAAAAAABhj0AAAAAAAAAANXl6ZnmdDwN2a8W2ZpGJZU"}`} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := within("ListOfferingTransactions", []byte(body)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
