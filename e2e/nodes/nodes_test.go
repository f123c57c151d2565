package nodes

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// nodes are three servers that share a PostgreSQL.
type nodes struct {
	database *pgtest.Server
	farms    []*harness.Farm
	start    func() *harness.Farm
}

func startNodes(t *testing.T) *nodes {
	t.Helper()
	n := &nodes{database: pgtest.Start(t)}
	on := harness.InDatabase(t, n.database, n.database.Database(t))
	key := on.Initialise(t)
	n.start = func() *harness.Farm { return on.Serve(t, key, "--max-slots", "1000") }
	for range 3 {
		n.farms = append(n.farms, n.start())
	}
	return n
}

func (n *nodes) servers() []*harness.Server {
	var all []*harness.Server
	for _, f := range n.farms {
		all = append(all, f.Server)
	}
	return all
}

// customer opens an account that may hold so many slots, with a key that may buy.
func (n *nodes) customer(t *testing.T, limit int) harness.Tenant {
	t.Helper()
	f := n.farms[0]
	account := f.Open(t)
	f.As(t, f.Key, nil, "account", "set", "--account", account, "--max-slots", fmt.Sprintf("%s=%d", harness.IosSlot, limit))
	return harness.Tenant{Account: account, Key: f.NewKey(t, account, "")}
}

// TestLinearizableNodesStopAtTheLimit has 64 clients make 500 purchases for one account that may hold 200 slots, at
// three nodes, with renewals and reads between, each call at another node than the one before.
func TestLinearizableNodesStopAtTheLimit(t *testing.T) {
	t.Parallel()
	n := startNodes(t)
	const limit, orders, clients = 200, 500, 64
	h := newHistory(n.customer(t, limit), limit, n.servers)
	var left, renewals atomic.Int64
	left.Store(orders)
	var done sync.WaitGroup
	for client := range clients {
		done.Go(func() {
			for i := 0; left.Add(-1) >= 0; i++ {
				id := fmt.Sprintf("client-%d-order-%d", client, i)
				h.do(t, client, id, call{kind: "buy"})
				h.do(t, client, id+"-status", call{kind: "status"})
				h.do(t, client, id+"-newest", call{kind: "newest"})
				if i%4 == client%4 {
					h.do(t, client, id+"-renewal", call{"renew", int(renewals.Add(1))}) // no two the same, or the search is long
				}
			}
		})
	}
	done.Wait()
	t.Log(h.check(t, n.farms[0].Server))
	bought, refused := 0, 0
	for _, op := range h.calls {
		if op.Input.(call).kind == "buy" {
			bought++
			if op.Output.(reply).refused {
				refused++
			}
		}
	}
	if bought != orders || refused != orders-limit {
		t.Errorf("%d of %d purchases were refused, want %d of %d", refused, bought, orders-limit, orders)
	}
	for _, f := range n.farms {
		if got := h.At(f.Server).Held(t); got[harness.IosSlot] != limit {
			t.Errorf("%s has %v, want %d slots", f.Endpoint, got, limit)
		}
		f.VerifyAs(t, f.Key)
		if err := f.Stop(); err != nil {
			t.Error(err)
		}
	}
}

// TestLinearizableWithNodesKilled has clients use three nodes that are killed in turns and started again.
func TestLinearizableWithNodesKilled(t *testing.T) {
	t.Parallel()
	n := startNodes(t)
	const limit = 60
	var mu sync.Mutex // guards n.farms
	servers := func() []*harness.Server {
		mu.Lock()
		defer mu.Unlock()
		return n.servers()
	}
	var all []*history
	for range 4 {
		all = append(all, newHistory(n.customer(t, limit), limit, servers))
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		mixed(t, all, 24, 80)
	}()
	kills := 0
	for running := true; running; kills++ {
		victim := kills % len(n.farms)
		if err := n.farms[victim].Kill(); err != nil {
			t.Fatal(err)
		}
		next := n.start()
		mu.Lock()
		n.farms[victim] = next
		mu.Unlock()
		select {
		case <-done:
			running = false
		case <-time.After(time.Duration(rand.Int64N(int64(200 * time.Millisecond)))):
		}
	}
	for _, h := range all {
		t.Log(h.check(t, n.farms[0].Server))
	}
	t.Logf("%d nodes killed", kills)
	n.farms[0].VerifyAs(t, n.farms[0].Key)
}

// TestOneCallAtThreeNodes sends each of a hundred purchases to three nodes at once, under one id: each is made once,
// and all three have the same answer.
func TestOneCallAtThreeNodes(t *testing.T) {
	t.Parallel()
	n := startNodes(t)
	const calls = 100
	a := n.customer(t, 1000)
	made := map[string]bool{}
	for i := range calls {
		answers := make([]harness.Answer, len(n.farms))
		var all sync.WaitGroup
		for k, s := range n.servers() {
			all.Go(func() {
				var err error
				if answers[k], err = a.At(s).Post(t.Context(), "PurchaseOffering", harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1}, "Amz-Sdk-Invocation-Id", fmt.Sprint("call-", i)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		r, err := read(answers[0])
		if err != nil || answers[0].Status != http.StatusOK || answers[1] != answers[0] || answers[2] != answers[0] {
			t.Fatalf("one call has the answers %+v, %v", answers, err)
		}
		made[r.id] = true
	}
	listed := a.At(n.farms[0].Server).Transactions(t)
	if len(made) != calls || len(listed) != calls {
		t.Errorf("%d calls made %d transactions, and %d are listed", calls, len(made), len(listed))
	}
}

// TestNodesSeeAtOnce changes at one node what the others rely on: keys, limits and the catalogue.
func TestNodesSeeAtOnce(t *testing.T) {
	t.Parallel()
	n := startNodes(t)
	first := n.farms[0]
	a := n.customer(t, 1)
	tries := func(what string, k harness.AccessKey, want string) {
		t.Helper()
		for _, f := range n.farms {
			got, err := harness.Tenant{Server: f.Server, Account: a.Account, Key: k}.Post(t.Context(), "PurchaseOffering", harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1})
			if err != nil || got.Exception() != want {
				t.Errorf("%s: %s answers %+v, %v, want %q", what, f.Endpoint, got, err, want)
			}
		}
	}
	a.At(first.Server).Buy(t, harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1})
	tries("the limit is reached", a.Key, "LimitExceededException")
	first.As(t, first.Key, nil, "account", "set", "--account", a.Account, "--max-slots", harness.IosSlot+"=4")
	tries("the limit is higher", a.Key, "")
	first.As(t, first.Key, nil, "key", "disable", a.Key.ID, "--account", a.Account)
	tries("the key is disabled", a.Key, "UnrecognizedClientException")
	first.As(t, first.Key, nil, "key", "enable", a.Key.ID, "--account", a.Account)
	tries("the key is enabled again", a.Key, "LimitExceededException")
	first.As(t, first.Key, nil, "key", "delete", a.Key.ID, "--account", a.Account)
	tries("the key is deleted", a.Key, "UnrecognizedClientException")
	tries("a key is new", first.NewKey(t, a.Account, "read-only"), "AccessDeniedException")

	first.As(t, first.Key, nil, "promotion", "set", "SEEN", "--percent-off", "50")
	for _, f := range n.farms {
		var listed struct{ Promotions []struct{ ID string } }
		f.As(t, f.Key, &listed, "promotion", "list")
		var ids []string
		for _, p := range listed.Promotions {
			ids = append(ids, p.ID)
		}
		if !strings.Contains(strings.Join(ids, " "), "SEEN") {
			t.Errorf("%s lists %v, without the new promotion", f.Endpoint, ids)
		}
	}
}

// TestDatabaseAway stops the database: nodes refuse calls quickly, in a way that SDKs repeat, say so on /readyz, and go
// on when it is back, all by themselves.
func TestDatabaseAway(t *testing.T) {
	t.Parallel()
	n := startNodes(t)
	a := n.customer(t, 1000)
	ready := func(s *harness.Server) int {
		resp, err := harness.Web.Get(s.Endpoint + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		a.At(n.farms[0].Server).Buy(t, harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1})
		n.database.Stop(signal)
		for _, s := range n.servers() {
			begin := time.Now()
			for _, operation := range []string{"PurchaseOffering", "GetOfferingStatus"} {
				got, err := a.At(s).Post(t.Context(), operation, harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1})
				if diff := cmp.Diff(harness.Unavailable, got); diff != "" || err != nil {
					t.Errorf("%s while the database is away: %v (-want +got):\n%s", operation, err, diff)
				}
			}
			if took := time.Since(begin); took > 20*time.Second {
				t.Errorf("two calls were refused after %v", took)
			}
			if got := ready(s); got != http.StatusServiceUnavailable {
				t.Errorf("/readyz: %d, want 503", got)
			}
		}
		n.database.Run(t)
		for _, s := range n.servers() {
			harness.Await(t, "a node that sells again", func() bool {
				got, err := a.At(s).Post(t.Context(), "PurchaseOffering", harness.Purchase{OfferingID: harness.IosSlot, Quantity: 1})
				return err == nil && got.Status == http.StatusOK && ready(s) == http.StatusOK
			})
		}
	}
	n.farms[0].VerifyAs(t, n.farms[0].Key)
}
