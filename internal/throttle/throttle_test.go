package throttle_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/throttle"
	"github.com/slotfarm/slotfarm/internal/web"
)

// aws are the bounds that AWS documents for Device Farm.
var aws = throttle.Limits{Reads: throttle.Limit{Rate: 10, Burst: 50}, Writes: throttle.Limit{Rate: 1, Burst: 10}}

// clock is a wall clock that tests move.
type clock struct{ now time.Time }

func open(t *testing.T, limits throttle.Limits) (*throttle.Throttle, *clock) {
	t.Helper()
	c := &clock{time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	throttled, err := throttle.New(limits, func() time.Time { return c.now })
	if err != nil {
		t.Fatal(err)
	}
	return throttled, c
}

// allowed returns how many of n calls run.
func allowed(t *testing.T, throttled *throttle.Throttle, account, operation string, n int) int {
	t.Helper()
	ran := 0
	for range n {
		call := &web.Request{Operation: operation, Identity: web.Identity{Account: account}}
		_, err := throttled.Around(context.Background(), call, func() (web.Reply, error) { ran++; return web.Reply{}, nil })
		if err != nil && fault.KindOf(err) != fault.Throttled {
			t.Errorf("error = %v, want Throttled", err)
		}
	}
	return ran
}

func TestAWS(t *testing.T) {
	throttled, clock := open(t, aws)
	type count struct{ Purchases, Lists, Gets, Others int }
	calls := func() count {
		return count{
			Purchases: allowed(t, throttled, "111111111111", "PurchaseOffering", 100),
			Lists:     allowed(t, throttled, "111111111111", "ListOfferings", 100),
			Gets:      allowed(t, throttled, "111111111111", "GetOfferingStatus", 100),
			Others:    allowed(t, throttled, "222222222222", "PurchaseOffering", 5),
		}
	}
	if diff := cmp.Diff(count{10, 50, 50, 5}, calls()); diff != "" {
		t.Errorf("at once: %s", diff)
	}
	clock.now = clock.now.Add(2 * time.Second)
	if diff := cmp.Diff(count{2, 20, 20, 5}, calls()); diff != "" {
		t.Errorf("two seconds on: %s", diff)
	}
	clock.now = clock.now.Add(time.Hour)
	if diff := cmp.Diff(count{10, 50, 50, 5}, calls()); diff != "" {
		t.Errorf("an hour on: %s", diff)
	}
}

func TestNoLimit(t *testing.T) {
	throttled, _ := open(t, throttle.Limits{Reads: throttle.Limit{Rate: 1, Burst: 1}})
	if got := allowed(t, throttled, "111111111111", "RenewOffering", 1000); got != 1000 {
		t.Errorf("%d of 1000 calls ran without a limit", got)
	}
	if got := allowed(t, throttled, "111111111111", "ListOfferings", 1000); got != 1 {
		t.Errorf("%d of 1000 calls ran, want 1", got)
	}
}

func TestMessage(t *testing.T) {
	throttled, _ := open(t, throttle.Limits{Writes: throttle.Limit{Rate: 0.5, Burst: 0}})
	call := &web.Request{Operation: "PurchaseOffering", Identity: web.Identity{Account: "111111111111"}}
	_, err := throttled.Around(context.Background(), call, nil)
	if message := fault.MessageOf(err); !strings.Contains(message, "111111111111 calls PurchaseOffering more than 0.5 times a second") {
		t.Errorf("message = %q, want the account, the operation and the rate", message)
	}
}

// TestAtOnce has 64 callers share the tokens of one account.
func TestAtOnce(t *testing.T) {
	throttled, _ := open(t, aws)
	var ran atomic.Int64
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			call := &web.Request{Operation: fmt.Sprintf("Write%d", i%2), Identity: web.Identity{Account: "111111111111"}}
			_, _ = throttled.Around(context.Background(), call, func() (web.Reply, error) { ran.Add(1); return web.Reply{}, nil })
		})
	}
	all.Wait()
	if ran.Load() != 20 {
		t.Errorf("%d calls ran, want 10 of each operation", ran.Load())
	}
}
