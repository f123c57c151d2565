package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// order is one purchase that a buyer makes under an idempotency key.
type order struct {
	account string
	key     string
}

// books are what the buyers know: every order that they sent, with the id of its transaction once the server
// has acknowledged it.
type books struct {
	mu     sync.Mutex
	orders map[order]string // order → transaction id, "" while unacknowledged
}

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

// TestKilledServerKeepsWhatItAcknowledged kills the server several times in the middle of a load of purchases
// and starts it again on the same data. What it had acknowledged must be there, once; what it had not may be
// there, once; and buyers who repeat the unacknowledged orders with their keys end up with exactly one
// transaction for each.
func TestKilledServerKeepsWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := startSandbox(t, "--data", dir, "--max-slots", "100000")
	var accounts []string
	for range 4 {
		accounts = append(accounts, newTenant(s).account)
	}
	b := &books{orders: map[order]string{}}
	for cycle, killAfter := range []int{1, 5, 20, 60, 100, 150, 220, 300} {
		loadUntilKilled(t, s, load{books: b, accounts: accounts, cycle: cycle, killAfter: killAfter})
		s = startSandbox(t, "--data", dir, "--max-slots", "100000")
		unheard := 0
		for _, account := range accounts {
			a := tenant{server: s, account: account}
			unheard += checkSurvived(t, a, b)
			repeatOpen(t, a, b)
			checkSettled(t, a, b)
		}
		s.verify(t)
		t.Logf("cycle %d: killed after %d answers; %d more purchases were made but not answered", cycle, killAfter, unheard)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}

// load is a load of purchases that ends with a kill.
type load struct {
	books     *books
	accounts  []string
	cycle     int
	killAfter int // how many acknowledged purchases the server lives to see
}

// loadUntilKilled has 12 buyers order one slot after another, and kills the server as soon as the buyers have
// seen killAfter answers. It returns when all is quiet.
func loadUntilKilled(t *testing.T, s *server, l load) {
	t.Helper()
	answers := make(chan struct{}, 12)
	var buyers sync.WaitGroup
	for i := range 12 {
		buyers.Go(func() {
			a := tenant{server: s, account: l.accounts[i%len(l.accounts)]}
			for n := 0; ; n++ {
				o := order{account: a.account, key: fmt.Sprintf("cycle-%d-buyer-%d-order-%d", l.cycle, i, n)}
				l.books.sent(o)
				if !place(t, a, o, l.books) {
					return
				}
				answers <- struct{}{}
			}
		})
	}
	go func() {
		buyers.Wait()
		close(answers)
	}()
	seen := 0
	for range answers {
		if seen++; seen == l.killAfter {
			s.cmd.Process.Kill() // and the buyers still have orders under way
		}
	}
	if seen < l.killAfter {
		t.Fatalf("the buyers gave up after %d answers", seen)
	}
	if _, err := s.wait(); err != nil {
		t.Fatal(err)
	}
}

// place sends an order and enters its answer in the books. It returns false when there was none.
func place(t *testing.T, a tenant, o order, b *books) bool {
	got, err := a.post(t.Context(), "PurchaseOffering", purchase{iosSlot, 1}, "Idempotency-Key", o.key)
	if err != nil {
		return false
	}
	var out struct{ OfferingTransaction transaction }
	if err := json.Unmarshal([]byte(got.Body), &out); err != nil || got.Status != http.StatusOK {
		t.Errorf("order %s: %+v, %v", o.key, got, err)
		return false
	}
	b.acknowledged(o, out.OfferingTransaction.TransactionID)
	return true
}

// checkSurvived compares an account with the books right after a restart. It returns how many of the account's
// transactions nobody was told of: there may be one for each order without an answer.
func checkSurvived(t *testing.T, a tenant, b *books) (unheard int) {
	t.Helper()
	acknowledged, open := b.of(a.account)
	listed := countTransactions(t, a)
	for _, id := range acknowledged {
		if listed[id] == 0 {
			t.Errorf("account %s: the acknowledged transaction %s is gone", a.account, id)
		}
		delete(listed, id)
	}
	if len(listed) > len(open) {
		t.Errorf("account %s: %d transactions without an answer, but only %d such orders", a.account, len(listed), len(open))
	}
	return len(listed)
}

// repeatOpen sends all unacknowledged orders of an account again, under their keys.
func repeatOpen(t *testing.T, a tenant, b *books) {
	t.Helper()
	_, open := b.of(a.account)
	for _, o := range open {
		if !place(t, a, o, b) {
			t.Fatalf("order %s could not be repeated", o.key)
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
	if diff := cmp.Diff(map[string]int{iosSlot: len(want)}, a.held(t)); diff != "" {
		t.Errorf("account %s: slots held (-want +got):\n%s", a.account, diff)
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
