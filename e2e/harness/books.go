package harness

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Order is one purchase that a buyer makes under an invocation id.
type Order struct {
	Account string
	Id      string
}

// Books records what the buyers know: every order that they sent, with the id of its transaction once the server has
// acknowledged it.
type Books struct {
	Mu     sync.Mutex
	Orders map[Order]string // order → transaction id, "" while unacknowledged
}

// NewBooks returns empty books.
func NewBooks() *Books { return &Books{Orders: map[Order]string{}} }

// Sent enters an order before it is sent.
func (b *Books) Sent(o Order) {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	b.Orders[o] = ""
}

// Acknowledged enters the transaction that the server has made for an order.
func (b *Books) Acknowledged(o Order, id string) {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	b.Orders[o] = id
}

// Count returns how many orders were acknowledged.
func (b *Books) Count() (acknowledged int) {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	for _, id := range b.Orders {
		if id != "" {
			acknowledged++
		}
	}
	return acknowledged
}

// Of returns the ids of an account's acknowledged transactions, and its unacknowledged orders.
func (b *Books) Of(account string) (acknowledged []string, open []Order) {
	b.Mu.Lock()
	defer b.Mu.Unlock()
	for o, id := range b.Orders {
		switch {
		case o.Account != account:
		case id == "":
			open = append(open, o)
		default:
			acknowledged = append(acknowledged, id)
		}
	}
	slices.Sort(acknowledged)
	return acknowledged, open
}

// Try sends an order, and enters its transaction in the books if the answer is a success.
func Try(ctx context.Context, a Tenant, o Order, b *Books) (Answer, error) {
	got, err := a.Post(ctx, "PurchaseOffering", Purchase{OfferingID: IosSlot, Quantity: 1}, "Amz-Sdk-Invocation-Id", o.Id)
	if err != nil || got.Status != http.StatusOK {
		return got, err
	}
	var out struct{ OfferingTransaction Transaction }
	if err := json.Unmarshal([]byte(got.Body), &out); err != nil {
		return got, err
	}
	b.Acknowledged(o, out.OfferingTransaction.TransactionID)
	return got, nil
}

// Place sends an order. If there is an answer, it must be a success; if there is none, Place returns false.
func Place(t *testing.T, a Tenant, o Order, b *Books) bool {
	got, err := Try(t.Context(), a, o, b)
	if err == nil && got.Status != http.StatusOK {
		t.Errorf("order %s: %+v", o.Id, got)
	}
	return err == nil && got.Status == http.StatusOK
}

// CheckSurvived compares an account with the books right after a restart. It returns how many of the account's
// transactions were never acknowledged: there may be one for each order without an answer.
func CheckSurvived(t *testing.T, a Tenant, b *Books) (unheard int) {
	t.Helper()
	acknowledged, open := b.Of(a.Account)
	listed := CountTransactions(t, a)
	for _, id := range acknowledged {
		if listed[id] == 0 {
			t.Errorf("account %s: LOST: the acknowledged transaction %s is gone", a.Account, id)
		}
		delete(listed, id)
	}
	if len(listed) > len(open) {
		t.Errorf("account %s: %d transactions without an answer, but only %d such orders", a.Account, len(listed), len(open))
	}
	return len(listed)
}

// RepeatOpen sends all unacknowledged orders of an account again, under their ids.
func RepeatOpen(t *testing.T, a Tenant, b *Books) {
	t.Helper()
	_, open := b.Of(a.Account)
	for _, o := range open {
		if !Place(t, a, o, b) {
			t.Fatalf("order %s could not be repeated", o.Id)
		}
	}
}

// CheckSettled checks that the account has one transaction and one slot for each order, and nothing else.
func CheckSettled(t *testing.T, a Tenant, b *Books) {
	t.Helper()
	want, _ := b.Of(a.Account)
	got := slices.Sorted(maps.Keys(CountTransactions(t, a)))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("account %s: transactions (-want +got):\n%s", a.Account, diff)
	}
	if slots := a.Held(t)[IosSlot]; slots != len(want) {
		t.Errorf("account %s: %d slots held, want %d", a.Account, slots, len(want))
	}
}

// CountTransactions counts how often the account's list contains each transaction, which must be once.
func CountTransactions(t *testing.T, a Tenant) map[string]int {
	t.Helper()
	listed := map[string]int{}
	for _, transaction := range a.Transactions(t) {
		listed[transaction.TransactionID]++
		if listed[transaction.TransactionID] > 1 {
			t.Errorf("account %s: transaction %s is listed twice", a.Account, transaction.TransactionID)
		}
	}
	return listed
}
