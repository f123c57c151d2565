//go:build unix

package nodes

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/e2e/harness"
)

// resumption is how long the servers may take to find the new leader. They need a second or two, on a machine
// that has time for them.
const resumption = 10 * time.Second

// TestFailover has 32 buyers use two servers on a PostgreSQL that loses its leader in every way, one after
// another. Whatever was acknowledged must be there once in the end, and nothing that nobody ordered.
func TestFailover(t *testing.T) {
	c := startCluster(t)
	c.settled(t)
	farms := serveCluster(t, c.url())
	m := openMarket(t, farms, 8)
	m.open(t, 32)

	first := c.settled(t)
	m.lose(t, c, "kill", first)
	c.do(t, "start "+first)

	second := c.settled(t)
	m.lose(t, c, "kill", second)
	c.do(t, "start "+second)

	m.lose(t, c, "switchover", c.settled(t))

	third := c.settled(t)
	m.lose(t, c, "freeze", third)
	c.do(t, "thaw "+third)
	c.settled(t)

	m.close()
	for _, f := range farms {
		t.Logf("%s: %s; unavailable: %s", f.Endpoint, m.audit(t, f), strings.Join(m.pauses, ", "))
	}
	for _, f := range farms {
		f.Cmd.Process.Signal(syscall.SIGTERM)
		if code, err := f.Wait(); err != nil || code != 0 {
			t.Errorf("the server ended with code %d: %v\n%s", code, err, f.Stderr)
		}
	}
}

// serveCluster prepares a database and serves it twice.
func serveCluster(t *testing.T, url string) []*harness.Farm {
	t.Helper()
	storage := []string{"--database-url", url, "--master-key-file", filepath.Join(t.TempDir(), "master.key")}
	got := harness.RunToEnd(t, append([]string{"init"}, storage...)...)
	var key harness.AccessKey
	if err := json.Unmarshal([]byte(got.Stdout), &key); err != nil || got.Code != 0 {
		t.Fatalf("init: %+v, %v", got, err)
	}
	args := append([]string{
		"serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s", "--read-rate", "0", "--write-rate", "0", "--max-slots", "1000000",
	}, storage...)
	var farms []*harness.Farm
	for range 2 {
		farms = append(farms, &harness.Farm{Server: harness.StartServer(t, nil, args...), Key: key})
	}
	return farms
}

// market holds the buyers, who buy under load and with failures, and what they know.
type market struct {
	servers []*harness.Server
	tenants []harness.Tenant
	books   *harness.Books
	closed  atomic.Bool
	buyers  sync.WaitGroup
	failed  atomic.Int64 // attempts that ended without an answer that counts
	pauses  []string     // for people to read

	mu    sync.Mutex
	heard []time.Time // when purchases were acknowledged
}

// openMarket makes accounts, each with a key that may buy.
func openMarket(t *testing.T, farms []*harness.Farm, accounts int) *market {
	t.Helper()
	m := &market{books: harness.NewBooks()}
	for _, f := range farms {
		m.servers = append(m.servers, f.Server)
	}
	for range accounts {
		account := farms[0].Open(t)
		m.tenants = append(m.tenants, harness.Tenant{Account: account, Key: farms[0].NewKey(t, account, "")})
	}
	return m
}

// open lets buyers in, who leave when the market closes or the test ends.
func (m *market) open(t *testing.T, buyers int) {
	t.Cleanup(m.buyers.Wait)
	for i := range buyers {
		m.buyers.Go(func() { m.buy(t, i) })
	}
}

// close sends the buyers home, once all that they ordered is acknowledged.
func (m *market) close() {
	m.closed.Store(true)
	m.buyers.Wait()
}

// buy orders slots one after another until the market closes. An order without an answer is repeated, each time
// at the next server, until it has one.
func (m *market) buy(t *testing.T, buyer int) {
	pause := time.NewTicker(100 * time.Millisecond)
	defer pause.Stop()
	a := m.tenants[buyer%len(m.tenants)]
	for n := 0; !m.closed.Load(); n++ {
		o := harness.Order{Account: a.Account, Id: fmt.Sprintf("buyer-%d-order-%d", buyer, n)}
		m.books.Sent(o)
		for attempt := buyer; ; attempt++ {
			a.Server = m.servers[attempt%len(m.servers)]
			select {
			case <-pause.C:
			case <-t.Context().Done():
				return
			}
			if m.place(t, a, o) {
				break
			}
			m.failed.Add(1)
		}
	}
}

// place sends an order and enters its answer in the books. It returns false if the outcome is unknown.
func (m *market) place(t *testing.T, a harness.Tenant, o harness.Order) bool {
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	got, err := harness.Try(ctx, a, o, m.books)
	if err != nil || got.Status >= http.StatusInternalServerError {
		return false
	}
	if got.Status != http.StatusOK {
		t.Errorf("order %s of account %s: %+v", o.Id, o.Account, got)
		return true
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.heard = append(m.heard, time.Now())
	return true
}

// more waits until the buyers have heard of some more purchases.
func (m *market) more(t *testing.T) {
	t.Helper()
	count := func() int {
		m.mu.Lock()
		defer m.mu.Unlock()
		return len(m.heard)
	}
	want := count() + 200
	harness.Await(t, "200 more purchases", func() bool { return count() >= want })
}

// lose has something happen to the leader under load, and waits until the other node leads and sells.
func (m *market) lose(t *testing.T, c *cluster, what, leader string) {
	t.Helper()
	m.more(t)
	begin, failed := time.Now(), m.failed.Load()
	c.do(t, what+" "+leader)
	harness.Await(t, "the other node to lead", func() bool {
		now, _ := c.leader()
		return now == opposite(leader)
	})
	led := time.Since(begin)
	m.more(t)
	pause := m.longestPause(begin)
	t.Logf("%s %s: %s led after %.1f s; nothing was sold for %.1f s; %d attempts failed",
		what, leader, opposite(leader), led.Seconds(), pause.Seconds(), m.failed.Load()-failed)
	if pause > led+resumption {
		t.Errorf("%s %s: nothing was sold for %v after %s led, want at most %v", what, leader, pause-led, opposite(leader), resumption)
	}
	m.pauses = append(m.pauses, fmt.Sprintf("%s %.1f s", what, pause.Seconds()))
}

// longestPause returns the longest time between two sales of which the later one came after begin.
func (m *market) longestPause(begin time.Time) (longest time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i, at := range m.heard[1:] {
		if at.After(begin) {
			longest = max(longest, at.Sub(m.heard[i]))
		}
	}
	return longest
}

// audit compares what a server has with what the buyers know, and returns the sums.
func (m *market) audit(t *testing.T, f *harness.Farm) string {
	t.Helper()
	acknowledged, lost, doubled := 0, 0, 0
	for _, a := range m.tenants {
		a.Server = f.Server
		ids, open := m.books.Of(a.Account)
		if len(open) > 0 {
			t.Errorf("account %s: %d orders were never answered", a.Account, len(open))
		}
		harness.CheckSettled(t, a, m.books)
		listed := harness.CountTransactions(t, a)
		acknowledged += len(ids)
		for _, id := range ids {
			if listed[id] == 0 {
				lost++
			}
			listed[id]--
		}
		for _, n := range listed {
			doubled += max(0, n)
		}
	}
	f.VerifyAs(t, f.Key)
	return fmt.Sprintf("acknowledged %d, lost %d, doubled %d", acknowledged, lost, doubled)
}
