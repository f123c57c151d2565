package nodes

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/anishathalye/porcupine"
)

// A call of a history, and what it was answered. A call lasts from its first attempt until it is answered: all its
// attempts have one id, so that it takes effect once, somewhere between.
type (
	call struct {
		kind     string // buy (one slot), renew, status or newest
		quantity int    // of a renewal
	}
	reply struct {
		refused    bool   // beyond the limit
		id         string // of the transaction; of newest, the one that the list begins with, "" where it is empty
		place      int    // of that transaction in the account's list, from 1, the oldest; 0 for none
		held, next int    // of status
	}
)

// shelf is the model of an account: how many transactions it has, the slots held, and the renewal, -1 for none.
type shelf struct{ transactions, held, renewal int }

// next returns how many slots the next period has.
func (s shelf) next() int {
	if s.renewal < 0 {
		return s.held
	}
	return s.renewal
}

// take returns whether the shelf could answer a call like this, and what it is then.
func (s shelf) take(limit int, c call, r reply) (bool, shelf) {
	switch {
	case c.kind == "status":
		return r.held == s.held && r.next == s.next(), s
	case c.kind == "newest":
		return r.place == s.transactions, s
	case r.refused:
		return c.kind == "buy" && s.held >= limit || c.quantity > limit, s
	case r.place != s.transactions+1 || c.quantity > limit:
		return false, s
	}
	s.transactions++
	if c.kind == "renew" {
		s.renewal = c.quantity
		return true, s
	}
	s.held++
	return s.held <= limit, s
}

// model is the model with which porcupine compares the history of an account.
func model(limit int) porcupine.Model {
	return porcupine.Model{
		Init: func() any { return shelf{renewal: -1} },
		Step: func(state, input, output any) (bool, any) {
			return state.(shelf).take(limit, input.(call), output.(reply))
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v → %+v", input, output) },
		DescribeState:     func(state any) string { return fmt.Sprintf("%+v", state) },
	}
}

// explain says whether one order of the calls explains all answers. The places of transactions leave little to search for:
// a transaction was made before whatever saw it had ended, and after whatever did not see it had begun. Without that, the
// search would try every order of calls that took place at the same time.
func explain(limit int, calls []porcupine.Operation) (porcupine.CheckResult, porcupine.LinearizationInfo) {
	calls = slices.Clone(calls)
	shelves, makers := shelvesOf(limit, calls)
	begun, ended := bounds(limit, calls, shelves)
	for i := range calls { // what a transaction must follow comes before it also where both are of the same instant
		calls[i].Call, calls[i].Return = 2*calls[i].Call, 2*calls[i].Return+1
	}
	for n := 1; n < len(shelves); n++ {
		if begun[n] > ended[n] {
			return porcupine.Illegal, porcupine.LinearizationInfo{}
		}
		calls[makers[n]].Call, calls[makers[n]].Return = 2*begun[n]+1, 2*ended[n]+1
	}
	return porcupine.CheckOperationsVerbose(model(limit), calls, harness.Patience)
}

// bounds returns between which instants the transaction at each place was made, from 1.
func bounds(limit int, calls []porcupine.Operation, shelves []shelf) (begun, ended []int64) {
	begun, ended = make([]int64, len(shelves)+1), make([]int64, len(shelves)+1)
	for n := range ended {
		ended[n] = math.MaxInt64 / 4
	}
	for _, op := range calls {
		first, last := -1, 0 // of the shelves that give the answer; of the one that makes a place, that which it makes
		for n, s := range shelves {
			if ok, after := s.take(limit, op.Input.(call), op.Output.(reply)); ok {
				if after != s {
					n++
					begun[n] = max(begun[n], op.Call)
				}
				if first < 0 {
					first = n
				}
				last = n
			}
		}
		if first >= 0 {
			ended[first] = min(ended[first], op.Return)
			begun[last+1] = max(begun[last+1], op.Call)
		}
	}
	for n := 1; n < len(begun); n++ {
		begun[n] = max(begun[n], begun[n-1])
	}
	for n := len(ended) - 2; n >= 0; n-- {
		ended[n] = min(ended[n], ended[n+1])
	}
	return begun, ended
}

// shelvesOf returns what the account was after each place, from 0, before the first, as far as places follow one
// another; and which of the calls made each place.
func shelvesOf(limit int, calls []porcupine.Operation) (shelves []shelf, makers []int) {
	at := map[int]int{}
	for i, op := range calls {
		if kind, r := op.Input.(call).kind, op.Output.(reply); (kind == "buy" || kind == "renew") && !r.refused {
			at[r.place] = i
		}
	}
	s := shelf{renewal: -1}
	shelves, makers = []shelf{s}, []int{-1}
	for place := 1; ; place++ {
		i, found := at[place]
		ok := found
		if found {
			ok, s = s.take(limit, calls[i].Input.(call), calls[i].Output.(reply))
		}
		if !ok {
			return shelves, makers
		}
		shelves, makers = append(shelves, s), append(makers, i)
	}
}

// TestModelOfAnAccount shows the checker histories: those that no account can have it has to refuse.
func TestModelOfAnAccount(t *testing.T) {
	buy, status, newest := call{kind: "buy"}, call{kind: "status"}, call{kind: "newest"}
	bought := func(place int) reply { return reply{id: fmt.Sprint(place), place: place} }
	// at is a call from one instant to another.
	at := func(from, to int64, c call, r reply) porcupine.Operation {
		return porcupine.Operation{Input: c, Call: from, Output: r, Return: to}
	}
	for name, tt := range map[string]struct {
		want    porcupine.CheckResult
		history []porcupine.Operation
	}{
		"a read beside a purchase sees it or not": {porcupine.Ok, []porcupine.Operation{
			at(0, 10, buy, bought(1)), at(1, 9, status, reply{}), at(2, 8, status, reply{held: 1, next: 1}), at(11, 12, newest, bought(1)),
		}},
		"the limit":              {porcupine.Ok, []porcupine.Operation{at(0, 1, buy, bought(1)), at(2, 3, buy, bought(2)), at(4, 5, buy, reply{refused: true})}},
		"a renewal stays":        {porcupine.Ok, []porcupine.Operation{at(0, 1, call{"renew", 2}, bought(1)), at(2, 3, buy, bought(2)), at(4, 5, status, reply{held: 1, next: 2})}},
		"a stale read":           {porcupine.Illegal, []porcupine.Operation{at(0, 1, buy, bought(1)), at(2, 3, status, reply{})}},
		"a stale list":           {porcupine.Illegal, []porcupine.Operation{at(0, 1, buy, bought(1)), at(2, 3, newest, reply{})}},
		"a read that goes back":  {porcupine.Illegal, []porcupine.Operation{at(0, 9, buy, bought(1)), at(1, 2, newest, bought(1)), at(3, 4, newest, reply{})}},
		"a doubled purchase":     {porcupine.Illegal, []porcupine.Operation{at(0, 1, buy, bought(1)), at(2, 3, status, reply{held: 2, next: 2})}},
		"beyond the limit":       {porcupine.Illegal, []porcupine.Operation{at(0, 9, buy, bought(1)), at(0, 9, buy, bought(2)), at(0, 9, buy, bought(3))}},
		"refused too early":      {porcupine.Illegal, []porcupine.Operation{at(0, 1, buy, bought(1)), at(2, 3, buy, reply{refused: true})}},
		"listed in another turn": {porcupine.Illegal, []porcupine.Operation{at(0, 1, buy, bought(2)), at(2, 3, buy, bought(1))}},
		"a renewal that is lost": {porcupine.Illegal, []porcupine.Operation{at(0, 1, buy, bought(1)), at(2, 3, call{"renew", 0}, bought(2)), at(4, 5, status, reply{held: 1, next: 1})}},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := explain(2, tt.history); got != tt.want {
				t.Errorf("the checker says %s, want %s", got, tt.want)
			}
		})
	}
}

// history is what clients did to one account, each call at a server of their choice.
type history struct {
	harness.Tenant
	servers func() []*harness.Server
	limit   int
	begin   time.Time

	mu       sync.Mutex
	calls    []porcupine.Operation
	attempts int
}

// newHistory begins the history of an account that has no transactions.
func newHistory(a harness.Tenant, limit int, servers func() []*harness.Server) *history {
	return &history{Tenant: a, servers: servers, limit: limit, begin: time.Now()}
}

// do makes a call, and repeats it under its id, each time at another server, until it is answered.
func (h *history) do(t *testing.T, client int, id string, c call) {
	started := time.Since(h.begin)
	for attempt := rand.IntN(16); t.Context().Err() == nil; attempt++ {
		servers := h.servers()
		r, err := h.ask(t, servers[attempt%len(servers)], id, c)
		h.mu.Lock()
		h.attempts++
		if err == nil {
			h.calls = append(h.calls, porcupine.Operation{
				ClientId: client, Input: c, Call: int64(started), Output: r, Return: int64(time.Since(h.begin)),
			})
		}
		h.mu.Unlock()
		if err == nil || time.Since(h.begin) > 2*harness.Patience {
			if err != nil {
				t.Errorf("%s has no answer: %v", id, err)
			}
			return
		}
	}
}

// ask makes one attempt of a call. An error means that the outcome is unknown.
func (h *history) ask(t *testing.T, s *harness.Server, id string, c call) (reply, error) {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	order := harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1}
	operation, in := "PurchaseOffering", any(order)
	switch c.kind {
	case "renew":
		order.Quantity = c.quantity
		operation, in = "RenewOffering", order
	case "status":
		operation, in = "GetOfferingStatus", struct{}{}
	case "newest":
		operation, in = "ListOfferingTransactions", struct{}{}
	}
	got, err := h.At(s).Post(ctx, operation, in, "Amz-Sdk-Invocation-Id", id)
	if err != nil {
		return reply{}, err
	}
	if got.Exception() == "LimitExceededException" {
		return reply{refused: true}, nil
	}
	if got.Status != http.StatusOK {
		return reply{}, fmt.Errorf("%s: %+v", operation, got)
	}
	return read(got)
}

// read returns what an answer that is no exception says of the account.
func read(got harness.Answer) (r reply, err error) {
	type slots map[string]struct{ Quantity int }
	var out struct {
		OfferingTransaction  harness.Transaction
		OfferingTransactions []harness.Transaction
		Current, NextPeriod  slots
	}
	if err := json.Unmarshal([]byte(got.Body), &out); err != nil {
		return r, err
	}
	r = reply{id: out.OfferingTransaction.TransactionID, held: out.Current[harness.IosSlot].Quantity, next: out.NextPeriod[harness.IosSlot].Quantity}
	if len(out.OfferingTransactions) > 0 {
		r.id = out.OfferingTransactions[0].TransactionID
	}
	return r, nil
}

// check compares the history with the model and the account's present list, and describes it.
func (h *history) check(t *testing.T, s *harness.Server) string {
	t.Helper()
	places, orders := map[string]int{}, 0
	listed := h.At(s).Transactions(t)
	for i, transaction := range listed {
		places[transaction.TransactionID] = len(listed) - i
	}
	for i, op := range h.calls {
		r := op.Output.(reply)
		if r.place = places[r.id]; r.place == 0 && r.id != "" {
			t.Errorf("account %s: LOST: %+v was answered %+v", h.Account, op.Input, r)
		}
		h.calls[i].Output = r
		if kind := op.Input.(call).kind; (kind == "buy" || kind == "renew") && !r.refused {
			orders++
		}
	}
	if len(listed) != orders || len(places) != orders {
		t.Errorf("account %s: %d transactions, %d of them different, for %d orders", h.Account, len(listed), len(places), orders)
	}
	result, info := explain(h.limit, h.calls)
	if result != porcupine.Ok {
		file := filepath.Join(t.ArtifactDir(), h.Account+".html")
		t.Errorf("account %s: the history is %s; -artifacts keeps it in %s: %v", h.Account, result, file, porcupine.VisualizePath(model(h.limit), info, file))
	}
	return fmt.Sprintf("%d calls in %d attempts, %d orders made", len(h.calls), h.attempts, orders)
}

// TestLinearizableOnSQLite has clients use a sandbox that loses calls before they are made and answers after, is slow
// at times and refuses some for a while. They repeat what has no answer, as SDKs do. What each account answers has to
// fit one order of the calls, which its list shows.
func TestLinearizableOnSQLite(t *testing.T) {
	t.Parallel()
	const limit = 40
	s := harness.StartSandbox(t, "--data", filepath.Join(t.TempDir(), "data"), "--max-slots", fmt.Sprint(limit))
	s.Operator(t, "PUT /faults", map[string]any{"seed": 11, "rules": []map[string]any{
		{"dropAfterCommit": true, "probability": 0.1}, {"dropBeforeCommit": true, "probability": 0.05},
		{"error": "ThrottlingException", "probability": 0.05}, {"status": 503, "probability": 0.05},
		{"delay": "20ms", "probability": 0.05},
	}}, nil)
	var all []*history
	for range 4 {
		all = append(all, newHistory(harness.NewTenant(s), limit, func() []*harness.Server { return []*harness.Server{s} }))
	}
	mixed(t, all, 24, 60)
	s.Operator(t, "PUT /faults", map[string]any{"rules": []any{}}, nil)
	for _, h := range all {
		t.Log(h.check(t, s))
	}
	s.Verify(t)
}

// mixed lets each client make a number of calls of every kind, and returns when all are answered.
func mixed(t *testing.T, all []*history, clients, calls int) {
	t.Helper()
	kinds := strings.Fields("buy buy renew status newest")
	var done sync.WaitGroup
	for client := range clients {
		h := all[client%len(all)]
		done.Go(func() {
			for n := range calls {
				c := call{kind: kinds[rand.IntN(len(kinds))]}
				if c.kind == "renew" {
					c.quantity = rand.IntN(h.limit + 5)
				}
				h.do(t, client, fmt.Sprintf("client-%d-call-%d", client, n), c)
			}
		})
	}
	done.Wait()
}
