package throttle_test

import (
	"context"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/throttle"
)

// BenchmarkAround counts the calls of one account.
func BenchmarkAround(b *testing.B) {
	limits := throttle.Limits{Writes: throttle.Limit{Rate: 1e12, Burst: 1e12}}
	throttled, err := throttle.New(limits, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	call := &awsjson.Call{Operation: "PurchaseOffering", Identity: awsjson.Identity{Account: "111111111111"}}
	run := func() (any, error) { return nil, nil }
	b.ReportAllocs()
	for b.Loop() {
		if _, err := throttled.Around(context.Background(), call, run); err != nil {
			b.Fatal(err)
		}
	}
}
