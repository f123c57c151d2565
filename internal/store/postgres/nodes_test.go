package postgres_test

import (
	"context"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// purchase is a change that opens a test account where needed and buys one slot of it, of which limit may be held.
// A retry id of "" is none.
func purchase(id account.ID, limit int, retry string) journal.Change {
	terms := account.Terms{Catalog: offering.Default(), MaxSlots: limit}
	at := time.Date(2026, 1, 10, 0, 0, 0, 0, time.UTC)
	c := journal.Change{Account: id, Recorded: at, Decide: func(s account.State) ([]account.Event, error) {
		var events []account.Event
		if !s.Opened() {
			events = append(events, account.Open(account.Opening{Seed: string(id), Test: true}, at))
			s = account.Apply(s, events[0])
		}
		event, err := s.Purchase(account.Order{OfferingID: terms.Catalog.Offerings[0].ID, Quantity: 1}, terms, at)
		if err != nil {
			return nil, err
		}
		return append(events, event), nil
	}}
	if retry != "" {
		c.Retry = &journal.Retry{ID: retry, Request: "buy 1"}
	}
	return c
}

// openNodes opens one journal several times, as the nodes of a service do.
func openNodes(t *testing.T, url string, n int) []*postgres.Journal {
	t.Helper()
	nodes := make([]*postgres.Journal, n)
	for i := range nodes {
		nodes[i] = open(t, url)
	}
	return nodes
}

// wantVerified holds a journal against its hashes and events, and counts its entries.
func wantVerified(t *testing.T, j *postgres.Journal, entries int64) {
	t.Helper()
	report, err := journal.Verify(context.Background(), j)
	if err != nil || report.Wrong != nil || report.Entries != entries {
		t.Errorf("verify: %+v, %+v, %v, want %d entries", report, report.Wrong, err, entries)
	}
}

// retries returns how many entries of an account stand under each retry id.
func retries(t *testing.T, j *postgres.Journal, id account.ID) map[string]int {
	t.Helper()
	found := map[string]int{}
	for after := int64(0); ; {
		records, err := j.Forward(context.Background(), id, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(records) == 0 {
			return found
		}
		for _, r := range records {
			entry, err := r.Entry()
			if err != nil {
				t.Fatal(err)
			}
			if entry.Retry != nil {
				found[entry.Retry.ID]++
			}
			after = r.Seq
		}
	}
}

func TestNodes(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	tests := []struct {
		name string
		run  func(t *testing.T, url string)
	}{
		{"attempts of one call at three nodes append once", testAttempts},
		{"a repeat arrives among new calls at a node that knows the newest entry", testRepeatAmongOthers},
		{"three nodes keep one limit, and see what another has acknowledged", testLimit},
		{"a rewind on one node while two append", testRewindAmongNodes},
		{"a rewind while a node that lags behind appends", testRewindBesideStaleNode},
		{"eight nodes make the tables once", testMigratedOnce},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { tt.run(t, s.Database(t)) })
	}
}

// testAttempts sends each call to all nodes at once; the first call of an account is also the one that opens it.
func testAttempts(t *testing.T, url string) {
	const calls, accounts = 100, 25
	nodes := openNodes(t, url, 3)
	for call := range calls {
		change := purchase(account.ID(fmt.Sprintf("%012d", call%accounts)), calls, fmt.Sprint("call ", call))
		outcomes := make([]journal.Outcome, len(nodes))
		var all sync.WaitGroup
		for i, node := range nodes {
			all.Go(func() {
				var err error
				if outcomes[i], err = node.Update(t.Context(), change); err != nil {
					t.Errorf("call %d at node %d: %v", call, i, err)
				}
			})
		}
		all.Wait()
		if t.Failed() {
			return
		}
		first, repeated := outcomes[0], 0
		for _, o := range outcomes {
			if diff := cmp.Diff(first.Entries[len(first.Entries)-1], o.Entries[len(o.Entries)-1]); diff != "" {
				t.Errorf("call %d has two answers: %s", call, diff)
			}
			if o.Repeated {
				repeated++
			}
		}
		if repeated != len(nodes)-1 {
			t.Errorf("call %d: %d of %d answers were repeats", call, repeated, len(nodes))
		}
	}
	wantVerified(t, nodes[0], accounts+calls)
}

// testRepeatAmongOthers repeats a call at another node, where it is decided together with calls that are new and on
// a head that is the newest one, so that nothing but the recorded id tells that it is a repeat.
func testRepeatAmongOthers(t *testing.T, url string) {
	const id, rounds, each = "111111111111", 20, 8
	nodes := openNodes(t, url, 2)
	buy := func(node int, retry string, repeated bool) {
		outcome, err := nodes[node].Update(t.Context(), purchase(id, account.MaxQuantity, retry))
		if err != nil || outcome.Repeated != repeated {
			t.Errorf("call %q at node %d: repeated = %t, %v, want %t", retry, node, outcome.Repeated, err, repeated)
		}
	}
	for round := range rounds {
		first := fmt.Sprint("first ", round)
		buy(0, first, false)
		buy(1, fmt.Sprint("second ", round), false)
		var all sync.WaitGroup
		for i := range each {
			all.Go(func() { buy(1, fmt.Sprint("new ", round, i), false) })
			all.Go(func() { buy(1, first, true) })
		}
		all.Wait()
	}
	wantVerified(t, nodes[0], 1+rounds*(2+each))
}

func testLimit(t *testing.T, url string) {
	const callers, calls, limit = 64, 500, 200
	nodes := openNodes(t, url, 3)
	var call, bought, refused atomic.Int64
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for n := call.Add(1); n <= calls; n = call.Add(1) {
				outcome, err := nodes[n%3].Update(t.Context(), purchase("111111111111", limit, ""))
				if fault.KindOf(err) == fault.LimitExceeded {
					refused.Add(1)
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				bought.Add(1)
				if head, err := nodes[(n+1)%3].Head(t.Context(), "111111111111"); err != nil || head.Seq < outcome.Seq {
					t.Errorf("another node sees entry %d, %v, after %d was acknowledged", head.Seq, err, outcome.Seq)
				}
			}
		})
	}
	all.Wait()
	if bought.Load() != limit || refused.Load() != calls-limit {
		t.Errorf("%d bought, %d refused, want %d and %d", bought.Load(), refused.Load(), limit, calls-limit)
	}
	wantVerified(t, nodes[0], 1+limit)
}

// testRewindAmongNodes has every append that began after a rewind had ended stay, and those before it, of which it
// is not known whether they were first, stay once or not at all.
func testRewindAmongNodes(t *testing.T, url string) {
	const id, rounds, callers, appends = "111111111111", 10, 4, 5
	nodes := openNodes(t, url, 3)
	if _, err := nodes[2].Update(t.Context(), purchase(id, 1, "")); err != nil {
		t.Fatal(err)
	}
	head, err := nodes[2].Head(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for round := 0; round < rounds && !t.Failed(); round++ {
		var rewound atomic.Bool
		var began, kept sync.Map // by retry id
		begun := make(chan struct{}, callers)
		var all sync.WaitGroup
		for caller := range callers {
			all.Go(func() {
				for n, after := 0, 0; after < appends && !t.Failed(); n++ {
					retry, late := fmt.Sprint(round, caller, n), rewound.Load()
					if _, err := nodes[caller%2].Update(t.Context(), purchase(id, account.MaxQuantity, retry)); err != nil {
						t.Error(err)
					}
					if n == 0 {
						begun <- struct{}{}
					}
					began.Store(retry, true)
					if late {
						kept.Store(retry, true)
						after++
					}
				}
			})
		}
		<-begun
		if err := nodes[2].Rewind(t.Context(), id, head.Place()); err != nil {
			t.Error(err)
		}
		rewound.Store(true)
		all.Wait()
		if t.Failed() {
			return // what is there now is what was, and says nothing
		}
		found := retries(t, nodes[2], id)
		for retry, n := range found {
			if _, ok := began.Load(retry); !ok || n > 1 {
				t.Errorf("round %d: %q is there %d times, begun in this round: %t", round, retry, n, ok)
			}
		}
		kept.Range(func(retry, _ any) bool {
			if found[retry.(string)] != 1 {
				t.Errorf("round %d: %q was appended after the rewind and is lost", round, retry)
			}
			return true
		})
		wantVerified(t, nodes[2], 2+int64(len(found)))
	}
}

func testMigratedOnce(t *testing.T, url string) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			j, err := postgres.Open(t.Context(), url)
			if err != nil {
				t.Error(err)
				return
			}
			j.Close()
		})
	}
	all.Wait()
	conn := connect(t, url)
	rows, err := conn.Query(t.Context(), "SELECT version_id FROM goose_db_version ORDER BY id", pgx.QueryExecModeExec)
	if err != nil {
		t.Fatal(err)
	}
	got, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	files, filesErr := os.ReadDir("migrations")
	if err != nil || filesErr != nil {
		t.Fatal(err, filesErr)
	}
	want := []int64{0}              // the one that goose begins with
	for i := range len(files) + 1 { // one is no file: it makes documents of records
		want = append(want, int64(i+1))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("versions applied: %s", diff)
	}
}

// connect returns a plain connection to a database.
func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}
