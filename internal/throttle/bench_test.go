package throttle_test

import (
	"context"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/throttle"
	"github.com/slotfarm/slotfarm/internal/web"
)

// BenchmarkAround counts the calls of one account.
func BenchmarkAround(b *testing.B) {
	limits := throttle.Limits{Writes: throttle.Limit{Rate: 1e12, Burst: 1e12}}
	throttled, err := throttle.New(limits, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	call := &web.Request{Operation: "PurchaseOffering", Identity: web.Identity{Account: "111111111111"}}
	run := func() (web.Reply, error) { return web.Reply{}, nil }
	b.ReportAllocs()
	for b.Loop() {
		if _, err := throttled.Around(context.Background(), call, run); err != nil {
			b.Fatal(err)
		}
	}
}
