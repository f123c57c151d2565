package slotfarmtest

import (
	"context"
	"time"

	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// Fault breaks calls of an account on purpose. It has one of Error, Status,
// DropBeforeCommit and DropAfterCommit, or a Delay, or both.
type Fault struct {
	Operation        string        // such as "PurchaseOffering"; "" means every operation
	Error            string        // an exception, such as "ThrottlingException"
	Message          string        // of the exception
	Status           int           // HTTP status of the exception or, without one, of a plain answer
	Delay            time.Duration // before anything else
	DropBeforeCommit bool          // close the connection without running the operation
	DropAfterCommit  bool          // close the connection after running the operation
	Times            int           // how many times at most; 0 means always
	Probability      float64       // of each call; 0 means always
}

// Inject breaks the account's calls until the test ends. Faults are tried in
// their order, and the first that fires takes effect.
func (a *Account) Inject(faults ...Fault) {
	a.t.Helper()
	rules := make([]operatorapi.Fault, len(faults))
	for i, f := range faults {
		rules[i] = f.rule(a.id)
	}
	_, err := a.server.client.AddFaults(context.Background(), rules)
	check(a.t, err)
	a.t.Cleanup(a.Mend)
}

func (f Fault) rule(account string) operatorapi.Fault {
	return operatorapi.Fault{
		Operation: given(f.Operation), Account: &account, Error: given(f.Error), Message: given(f.Message), Status: given(f.Status),
		Delay: f.delay(), DropBeforeCommit: f.DropBeforeCommit, DropAfterCommit: f.DropAfterCommit,
		Times: given(f.Times), Probability: given(f.Probability),
	}
}

func (f Fault) delay() *string {
	if f.Delay == 0 {
		return nil
	}
	return new(f.Delay.String())
}

// given returns a pointer to a value, or nil for the zero value.
func given[T comparable](v T) *T {
	var zero T
	if v == zero {
		return nil
	}
	return &v
}

// Mend removes the account's faults.
func (a *Account) Mend() {
	a.t.Helper()
	_, err := a.server.client.RemoveFaults(context.Background(), a.id)
	check(a.t, err)
}

// Fired returns how often each of the account's faults took effect, in the order
// in which they were injected.
func (a *Account) Fired() []int {
	a.t.Helper()
	faults, err := a.server.client.Faults(context.Background())
	check(a.t, err)
	var fired []int
	for _, rule := range faults.Rules {
		if rule.Account != nil && *rule.Account == a.id {
			fired = append(fired, rule.Fired)
		}
	}
	return fired
}
