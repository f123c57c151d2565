package throttle_test

import (
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

// caller returns a call of a key to an operation.
func caller(account, key, operation string) *web.Request {
	return &web.Request{Operation: operation, Identity: web.Identity{Account: account, Key: key}}
}

// allowed returns how many of n calls of a key may be made.
func allowed(t *testing.T, throttled *throttle.Throttle, call *web.Request, n int) int {
	t.Helper()
	ran := 0
	for range n {
		err := throttled.Admit(call)
		if err == nil {
			ran++
		} else if fault.KindOf(err) != fault.Throttled {
			t.Errorf("error = %v, want Throttled", err)
		}
	}
	return ran
}

const alice, bob = "111111111111", "222222222222"

// TestAWS has an account of two keys spend all that AWS gives it.
func TestAWS(t *testing.T) {
	throttled, clock := open(t, aws)
	both := func(operation string) int {
		return allowed(t, throttled, caller(alice, "first", operation), 100) + allowed(t, throttled, caller(alice, "second", operation), 100)
	}
	type count struct{ Purchases, Lists, Gets, Others int }
	calls := func() count {
		return count{
			Purchases: both("PurchaseOffering"), Lists: both("ListOfferings"), Gets: both("GetOfferingStatus"),
			Others: allowed(t, throttled, caller(bob, "other", "PurchaseOffering"), 5),
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

// TestShares lets one key call as often as it can, and another key of its
// account at a quarter of the rate: the latter is never refused, and the former
// gets the rest.
func TestShares(t *testing.T) {
	throttled, clock := open(t, aws)
	greedy, modest := caller(alice, "greedy", "RenewOffering"), caller(alice, "modest", "RenewOffering")
	if got := allowed(t, throttled, greedy, 100); got != 8 {
		t.Errorf("%d calls of one key at once, want 8 of the account's 10", got)
	}
	got, want := 0, 0
	for second := range 100 {
		clock.now = clock.now.Add(time.Second)
		got += allowed(t, throttled, greedy, 10)
		if second%4 == 0 {
			want++
			if allowed(t, throttled, modest, 1) != 1 {
				t.Errorf("the modest key is refused after %d seconds", second)
			}
		}
		got += allowed(t, throttled, greedy, 10)
	}
	if all := 100 + 2; got+want < all-3 || got+want > all {
		t.Errorf("%d calls in 100 seconds, want about %d", got+want, all)
	}
	if alone := allowed(t, throttled, caller(alice, "alone", "PurchaseOffering"), 100); alone != 8 {
		t.Errorf("%d calls of one key to another operation, want 8", alone)
	}
}

func TestNoLimit(t *testing.T) {
	throttled, _ := open(t, throttle.Limits{Reads: throttle.Limit{Rate: 1, Burst: 1}})
	if got := allowed(t, throttled, caller(alice, "key", "RenewOffering"), 1000); got != 1000 {
		t.Errorf("%d of 1000 calls were let in without a limit", got)
	}
	if got := allowed(t, throttled, caller(alice, "key", "ListOfferings"), 1000); got != 1 {
		t.Errorf("%d of 1000 calls were let in, want 1", got)
	}
}

func TestMessages(t *testing.T) {
	throttled, _ := open(t, throttle.Limits{Writes: throttle.Limit{Rate: 0.5, Burst: 0}, Reads: throttle.Limit{Rate: 1, Burst: 4}})
	err := throttled.Admit(caller(alice, "key", "PurchaseOffering"))
	if message := fault.MessageOf(err); !strings.Contains(message, "111111111111 calls PurchaseOffering more than 0.5 times a second") {
		t.Errorf("message = %q, want the account, the operation and the rate", message)
	}
	list := caller(alice, "key", "ListOfferings")
	allowed(t, throttled, list, 3)
	if message := fault.MessageOf(throttled.Admit(list)); !strings.Contains(message, "Key key calls ListOfferings so often that too few calls are left for the other keys of account 111111111111") {
		t.Errorf("message = %q, want the key, the operation and the account", message)
	}
}

// TestAtOnce has 64 callers share the tokens of one account.
func TestAtOnce(t *testing.T) {
	throttled, _ := open(t, aws)
	var ran atomic.Int64
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			if throttled.Admit(caller(alice, fmt.Sprint("key ", i%4), fmt.Sprintf("Write%d", i%2))) == nil {
				ran.Add(1)
			}
		})
	}
	all.Wait()
	if ran.Load() != 20 {
		t.Errorf("%d calls were let in, want 10 of each operation", ran.Load())
	}
}
