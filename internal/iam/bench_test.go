package iam_test

import (
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/internal/iam"
)

// BenchmarkEvaluate decides on a purchase by the policy of a buyer.
func BenchmarkEvaluate(b *testing.B) {
	buyer := parse(b, string(iam.Buyer(5)))
	quantity, offering := 5, "A53D4D73-A6F6-4B82-A0B0-510F4D3B2A01"
	request := iam.Request{Action: "devicefarm:PurchaseOffering", Resource: "*", Context: iam.Context{
		Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Quantity: &quantity, OfferingID: &offering,
	}}
	b.ReportAllocs()
	for b.Loop() {
		if decision := buyer.Evaluate(request); !decision.Allowed {
			b.Fatal(decision.Reason)
		}
	}
}
