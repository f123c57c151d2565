package throttle_test

import (
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/throttle"
)

// BenchmarkAdmit counts the calls of one key.
func BenchmarkAdmit(b *testing.B) {
	limits := throttle.Limits{Writes: throttle.Limit{Rate: 1e12, Burst: 1e12}}
	throttled, err := throttle.New(limits, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	call := caller(alice, "key", "PurchaseOffering")
	b.ReportAllocs()
	for b.Loop() {
		if err := throttled.Admit(call); err != nil {
			b.Fatal(err)
		}
	}
}
