package e2e

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

// order is one purchase that a buyer makes under an invocation id.
type order struct {
	account string
	id      string
}

// books are what the buyers know: every order that they sent, with the id of its transaction once the server
// has acknowledged it.
type books struct {
	mu     sync.Mutex
	orders map[order]string // order → transaction id, "" while unacknowledged
}

func newBooks() *books { return &books{orders: map[order]string{}} }

func (b *books) sent(o order) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders[o] = ""
}

func (b *books) acknowledged(o order, id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders[o] = id
}

// count returns how many orders were acknowledged.
func (b *books) count() (acknowledged int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, id := range b.orders {
		if id != "" {
			acknowledged++
		}
	}
	return acknowledged
}

// of returns the ids of the acknowledged transactions of an account, and its unacknowledged orders.
func (b *books) of(account string) (acknowledged []string, open []order) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for o, id := range b.orders {
		switch {
		case o.account != account:
		case id == "":
			open = append(open, o)
		default:
			acknowledged = append(acknowledged, id)
		}
	}
	slices.Sort(acknowledged)
	return acknowledged, open
}

// try sends an order, and enters it in the books when it is answered with success.
func try(ctx context.Context, a tenant, o order, b *books) (answer, error) {
	got, err := a.post(ctx, "PurchaseOffering", purchase{iosSlot, 1}, "Amz-Sdk-Invocation-Id", o.id)
	if err != nil || got.Status != http.StatusOK {
		return got, err
	}
	var out struct{ OfferingTransaction transaction }
	if err := json.Unmarshal([]byte(got.Body), &out); err != nil {
		return got, err
	}
	b.acknowledged(o, out.OfferingTransaction.TransactionID)
	return got, nil
}

// place sends an order, which must succeed where it is answered. It returns false when it was not.
func place(t *testing.T, a tenant, o order, b *books) bool {
	got, err := try(t.Context(), a, o, b)
	if err == nil && got.Status != http.StatusOK {
		t.Errorf("order %s: %+v", o.id, got)
	}
	return err == nil && got.Status == http.StatusOK
}

// checkSurvived compares an account with the books right after a restart. It returns how many of the account's
// transactions nobody was told of: there may be one for each order without an answer.
func checkSurvived(t *testing.T, a tenant, b *books) (unheard int) {
	t.Helper()
	acknowledged, open := b.of(a.account)
	listed := countTransactions(t, a)
	for _, id := range acknowledged {
		if listed[id] == 0 {
			t.Errorf("account %s: LOST: the acknowledged transaction %s is gone", a.account, id)
		}
		delete(listed, id)
	}
	if len(listed) > len(open) {
		t.Errorf("account %s: %d transactions without an answer, but only %d such orders", a.account, len(listed), len(open))
	}
	return len(listed)
}

// repeatOpen sends all unacknowledged orders of an account again, under their ids.
func repeatOpen(t *testing.T, a tenant, b *books) {
	t.Helper()
	_, open := b.of(a.account)
	for _, o := range open {
		if !place(t, a, o, b) {
			t.Fatalf("order %s could not be repeated", o.id)
		}
	}
}

// checkSettled checks that the account has one transaction and one slot for each order, and nothing else.
func checkSettled(t *testing.T, a tenant, b *books) {
	t.Helper()
	want, _ := b.of(a.account)
	got := slices.Sorted(maps.Keys(countTransactions(t, a)))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("account %s: transactions (-want +got):\n%s", a.account, diff)
	}
	if slots := a.held(t)[iosSlot]; slots != len(want) {
		t.Errorf("account %s: %d slots held, want %d", a.account, slots, len(want))
	}
}

// countTransactions counts how often the account's list has each transaction, which must be once.
func countTransactions(t *testing.T, a tenant) map[string]int {
	t.Helper()
	listed := map[string]int{}
	for _, transaction := range a.transactions(t) {
		listed[transaction.TransactionID]++
		if listed[transaction.TransactionID] > 1 {
			t.Errorf("account %s: transaction %s is listed twice", a.account, transaction.TransactionID)
		}
	}
	return listed
}
