package nodes

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// wrecks is how often one fleet is wrecked, and soakedWrecks how often by TestSoak.
const wrecks, soakedWrecks = 8, 12

// fleet is nodes that share a PostgreSQL, and the accounts that buy there.
type fleet struct {
	database *pgtest.Server
	on       []harness.Storage // how each node reaches it
	site     harness.Site
	nodes    []*harness.Server
	chance   *rand.Rand
}

// startFleet runs three nodes on a database, one of them behind a PgBouncer. What is left to chance follows from
// the seed.
func startFleet(t *testing.T, seed uint64) *fleet {
	t.Helper()
	f := &fleet{database: pgtest.Start(t), chance: rand.New(rand.NewPCG(seed, 0))}
	url := f.database.Database(t)
	direct := harness.InDatabase(t, f.database, url)
	pooled := direct
	pooled.Flags = []string{"--database-url", f.database.Bouncer(t).URL(path.Base(url)), "--master-key-file", direct.Master}
	f.site, f.on = harness.ServeSite(t, direct), []harness.Storage{direct, direct, pooled}
	for node := range f.on {
		f.nodes = append(f.nodes, f.start(t, node))
	}
	return f
}

// start starts a node.
func (f *fleet) start(t *testing.T, node int) *harness.Server {
	t.Helper()
	return f.on[node].Serve(t, f.site.Key, "--max-slots", "100000").Server
}

// another returns a node other than one.
func (f *fleet) another(node int) int {
	return (node + 1 + f.chance.IntN(len(f.nodes)-1)) % len(f.nodes)
}

// misfortune does damage to a fleet under load, and repairs what the nodes do not have to repair themselves.
type misfortune func(t *testing.T, f *fleet, s *shift)

// misfortunes are those that a fleet lives through, by name.
var misfortunes = map[string]misfortune{
	"node killed": func(t *testing.T, f *fleet, s *shift) {
		f.nodes[s.victim].KillNow(t)
		s.more(t)
		f.nodes[s.victim] = f.start(t, s.victim)
	},
	"postmaster killed":  stopDatabase(syscall.SIGKILL),
	"immediate shutdown": stopDatabase(syscall.SIGQUIT),
	"backend killed":     func(t *testing.T, f *fleet, _ *shift) { f.database.KillBackend(t) },
}

func stopDatabase(signal syscall.Signal) misfortune {
	return func(t *testing.T, f *fleet, _ *shift) {
		f.database.Stop(signal)
		f.database.Run(t)
	}
}

// TestFleetKeepsWhatItAcknowledged has buyers use three nodes on one PostgreSQL, one of them through PgBouncer, while, at random moments, one of
// the nodes or the database or a process of it is killed. What is started again are those that were killed; the
// others go on by themselves. What had been acknowledged must be there, once; what had not may be there, once; and
// buyers who repeat such orders under their ids, at other nodes, end up with exactly one transaction for each.
func TestFleetKeepsWhatItAcknowledged(t *testing.T) {
	t.Parallel()
	t.Log(wreck(t, harness.Moments()))
}

// wreck has cycles of misfortunes befall a fleet, each of them as often as the others, and says what it came to.
func wreck(t *testing.T, seed uint64) string {
	t.Helper()
	harness.Repeatable(t, "TestFleetKeepsWhatItAcknowledged", seed)
	f, b, begin := startFleet(t, seed), harness.NewBooks(), time.Now()
	count, unheard := map[string]int{}, 0
	var longest time.Duration
	for cycle := 0; cycle < harness.Rounds(wrecks, soakedWrecks) && !t.Failed(); {
		names := slices.Sorted(maps.Keys(misfortunes))
		f.chance.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			s := newShift(f, b, fmt.Sprintf("cycle-%d", cycle), name)
			longest = max(longest, s.work(t, misfortunes[name]))
			unheard += s.settle(t)
			count[name]++
			cycle++
		}
	}
	for i, s := range f.nodes {
		s.Cmd.Process.Signal(syscall.SIGTERM)
		if code, err := s.Wait(); err != nil || code != 0 {
			t.Errorf("node %d ended with code %d: %v\n%s", i, code, err, s.Stderr)
		}
	}
	return fmt.Sprintf("%v in %v: %d purchases acknowledged, each of them there once; %d made but not answered, each answered when it was repeated; all nodes sold again within %v",
		count, time.Since(begin).Round(time.Millisecond), b.Count(), unheard, longest.Round(time.Millisecond))
}

// shift is the load of one misfortune.
type shift struct {
	*fleet
	books    *harness.Books
	name     string
	victim   int // the node that is killed, or -1 for the database
	answered chan struct{}
	first    sync.Once
	sold     []atomic.Int64 // by each node
	closed   atomic.Bool

	mu   sync.Mutex
	open []sending
}

// sending is an order that was sent to a node and not acknowledged.
type sending struct {
	harness.Order
	node int
}

func newShift(f *fleet, b *harness.Books, name, misfortune string) *shift {
	s := &shift{fleet: f, books: b, name: name, victim: -1, answered: make(chan struct{}), sold: make([]atomic.Int64, len(f.nodes))}
	if strings.HasPrefix(misfortune, "node") {
		s.victim = f.chance.IntN(len(f.nodes))
	}
	return s
}

// work has the buyers buy, and the misfortune happen some time after the first purchase. It returns when all is
// well again and all buyers have gone home, with how long it took from the last start until all sold again.
func (s *shift) work(t *testing.T, happen misfortune) (pause time.Duration) {
	t.Helper()
	nodes := slices.Clone(s.nodes)
	var all sync.WaitGroup
	for buyer := range harness.Buyers {
		all.Go(func() { s.buy(t, buyer, nodes) })
	}
	select {
	case <-s.answered:
		<-time.After(time.Duration(s.chance.Int64N(int64(80 * time.Millisecond))))
	case <-time.After(harness.Patience):
		t.Errorf("no purchase was answered within %v", harness.Patience)
	}
	happen(t, s.fleet, s)
	begin := time.Now()
	s.more(t)
	if pause = time.Since(begin); pause > resumption {
		t.Errorf("not all nodes sold within %v after the last start, want within %v", pause, resumption)
	}
	s.closed.Store(true)
	all.Wait()
	return pause
}

// more waits until each node that was not killed has sold some more.
func (s *shift) more(t *testing.T) {
	t.Helper()
	for node := range s.sold {
		if want := s.sold[node].Load() + 10; node != s.victim {
			harness.Await(t, fmt.Sprintf("node %d to sell more", node), func() bool { return s.sold[node].Load() >= want })
		}
	}
}

// buy orders one slot after another until the shift ends, each at the next node. Half of the buyers repeat an order
// without an answer at once at the node after that, the others leave it open and go home.
func (s *shift) buy(t *testing.T, buyer int, nodes []*harness.Server) {
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	a, node := s.site.Tenants[buyer%len(s.site.Tenants)], buyer%len(nodes)
	for n := 0; !s.closed.Load(); n++ {
		o := harness.Order{Account: a.Account, Id: fmt.Sprintf("%s-buyer-%d-order-%d", s.name, buyer, n)}
		s.books.Sent(o)
		for !s.place(t, a.At(nodes[node]), o, node) {
			if buyer < harness.Buyers/2 || s.closed.Load() {
				s.leave(sending{o, node})
				return
			}
			node = (node + 1) % len(nodes)
			<-pause.C
		}
		node = (node + 1) % len(nodes)
	}
}

func (s *shift) leave(open sending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = append(s.open, open)
}

// place sends an order to a node, and returns false when it was not acknowledged. Only a node that is killed gives
// no answer, and only the lack of a database is one of 503.
func (s *shift) place(t *testing.T, a harness.Tenant, o harness.Order, node int) bool {
	ctx, cancel := context.WithTimeout(t.Context(), resumption)
	defer cancel()
	got, err := harness.Try(ctx, a, o, s.books)
	switch {
	case err != nil && node != s.victim:
		t.Errorf("order %s: node %d gave no answer: %v", o.Id, node, err)
	case err == nil && got.Status == http.StatusOK:
		s.sold[node].Add(1)
		s.first.Do(func() { close(s.answered) })
		return true
	case err == nil && (got.Status != http.StatusServiceUnavailable || s.victim >= 0):
		t.Errorf("order %s: node %d answered %+v", o.Id, node, got)
	}
	return false
}

// settle compares the nodes with the books, repeats unanswered orders at other nodes, and returns how many purchases
// had not been acknowledged.
func (s *shift) settle(t *testing.T) (unheard int) {
	t.Helper()
	for i, n := range s.nodes {
		harness.Await(t, fmt.Sprintf("node %d to be ready", i), func() bool { return n.Ready() })
	}
	for _, a := range s.site.Tenants {
		unheard += harness.CheckSurvived(t, a.At(s.nodes[s.chance.IntN(len(s.nodes))]), s.books)
		for _, open := range s.open {
			if open.Account == a.Account && !harness.Place(t, a.At(s.nodes[s.another(open.node)]), open.Order, s.books) {
				t.Errorf("order %s could not be repeated", open.Id)
			}
		}
		harness.CheckSettled(t, a.At(s.nodes[s.chance.IntN(len(s.nodes))]), s.books)
	}
	s.nodes[s.chance.IntN(len(s.nodes))].Verify(t)
	return unheard
}

// TestSoak wrecks fleets for as long as -soak says, with fresh seeds.
func TestSoak(t *testing.T) {
	if *harness.Soak == 0 {
		t.Skip("without -soak; make soak has it")
	}
	begin := time.Now()
	for wrecked := 0; !t.Failed() && (wrecked < 200 || time.Since(begin) < *harness.Soak); wrecked += soakedWrecks {
		t.Run("fleet", func(t *testing.T) { t.Log(wreck(t, rand.Uint64()|1)) })
	}
}
