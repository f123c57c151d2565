package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

var (
	soak = flag.Duration("soak", 0, "crash servers for so long, and at least 200 times")
	seed = flag.Uint64("seed", 0, "crash servers at the moments that follow from this seed, in place of the usual ones")
)

// cyclesEach is how often one data directory is crashed on.
const cyclesEach = 20

// buyers is how many buy at the same time.
const buyers = 16

// site is storage on which servers are crashed, and the accounts that buy there.
type site struct {
	data    string    // directory, "" where there is a database
	key     accessKey // of the operator, none on a sandbox
	tenants []tenant
	start   func(t *testing.T) *server
}

// sandboxSite returns a site of sandboxes.
func sandboxSite(t *testing.T) site {
	t.Helper()
	at := site{data: filepath.Join(t.TempDir(), "data")}
	at.start = func(t *testing.T) *server { return startSandbox(t, "--data", at.data, "--max-slots", "100000") }
	for range 4 {
		at.tenants = append(at.tenants, newTenant(nil))
	}
	return at
}

// serveSite returns a site of servers for others on some storage.
func serveSite(t *testing.T, on storage) site {
	t.Helper()
	f := on.startFarm(t)
	at := site{data: f.data, key: f.key}
	at.start = func(t *testing.T) *server { return on.serve(t, f.key, "--max-slots", "100000").server }
	for range 4 {
		account := f.open(t)
		at.tenants = append(at.tenants, tenant{account: account, key: f.newKey(t, account, "")})
	}
	if err := f.stop(); err != nil {
		t.Fatal(err)
	}
	return at
}

// sites are the kinds of servers that are crashed.
var sites = map[string]func(t *testing.T) site{
	"sandbox":  sandboxSite,
	"serve":    func(t *testing.T) site { return serveSite(t, newDirectory(t)) },
	"postgres": func(t *testing.T) site { return serveSite(t, storages["postgres"](t)(t)) },
}

// settle holds a server that was started after a crash against the books, has the buyers repeat what was not
// answered, and returns how many purchases nobody had been told of.
func (at site) settle(t *testing.T, s *server, b *books) (unheard int) {
	t.Helper()
	for _, a := range at.tenants {
		a = a.at(s)
		unheard += checkSurvived(t, a, b)
		repeatOpen(t, a, b)
		checkSettled(t, a, b)
	}
	s.verify(t)
	return unheard
}

// verifyOffline verifies the data directory, which no server has open, and returns how many entries it has.
func (at site) verifyOffline(t *testing.T) (entries int) {
	t.Helper()
	var left struct {
		Entries int
		OK      bool
	}
	offline(t, &left, "verify", "--data", at.data, "-o", "json")
	if !left.OK {
		t.Errorf("what is left of the server: %+v", left)
	}
	return left.Entries
}

// TestKilledServerKeepsWhatItAcknowledged kills servers at random moments in the middle of a load of purchases and
// starts them again on the same data. What they had acknowledged must be there, once; what they had not may be
// there, once; and buyers who repeat the unacknowledged orders under their ids end up with exactly one transaction
// for each.
func TestKilledServerKeepsWhatItAcknowledged(t *testing.T) {
	for name, open := range sites {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Log(crash(t, open(t), moments()))
		})
	}
}

// moments is the seed that -seed gives, or the usual one.
func moments() uint64 {
	if *seed != 0 {
		return *seed
	}
	return 1
}

// repeatable says how to have again what failed with a seed in a test or in TestSoak.
func repeatable(t *testing.T, test string, seed uint64) {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("again: go test ./e2e -run %s -seed %d", test, seed)
		}
	})
}

// TestSoak crashes servers of all kinds, and the database of some, for as long as -soak says, with fresh seeds.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("without -soak; make soak has it")
	}
	begin := time.Now()
	for cycles := 0; !t.Failed() && (cycles < 200 || time.Since(begin) < *soak); {
		for name, open := range sites {
			t.Run(name, func(t *testing.T) { t.Log(crash(t, open(t), rand.Uint64()|1)) })
			cycles += cyclesEach
		}
		t.Run("fleet", func(t *testing.T) { t.Log(wreck(t, rand.Uint64()|1)) })
		cycles += wrecks
	}
}

// crashes says what crashing on one site came to.
type crashes struct {
	cycles, acknowledged, unheard, entries int
	took                                   time.Duration
}

// String says what happened. What was lost or doubled is an error of the test.
func (c crashes) String() string {
	return fmt.Sprintf("%d crashes in %v: %d purchases acknowledged, each of them there once; %d made but not answered, each answered when it was repeated; %d entries",
		c.cycles, c.took.Round(time.Millisecond), c.acknowledged, c.unheard, c.entries)
}

// crash starts, loads and kills servers on a site, at the moments that follow from the seed.
func crash(t *testing.T, at site, seed uint64) (c crashes) {
	t.Helper()
	repeatable(t, "TestKilledServerKeepsWhatItAcknowledged", seed)
	chance, begin, b := rand.New(rand.NewPCG(seed, 0)), time.Now(), newBooks()
	for ; c.cycles < cyclesEach && !t.Failed(); c.cycles++ {
		s := at.start(t)
		c.unheard += at.settle(t, s, b)
		load{site: at, books: b, cycle: c.cycles}.untilKilled(t, s, time.Duration(chance.Int64N(int64(80*time.Millisecond))))
		if at.data != "" {
			at.verifyOffline(t)
		}
	}
	s := at.start(t)
	c.unheard += at.settle(t, s, b)
	c.entries = s.verify(t)
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	c.acknowledged, c.took = b.count(), time.Since(begin)
	return c
}

// load is a load of purchases that ends with a kill.
type load struct {
	site
	books *books
	cycle int
}

// untilKilled has the buyers order one slot after another, and kills the server some time after the first answer.
// It returns when all is quiet.
func (l load) untilKilled(t *testing.T, s *server, life time.Duration) {
	t.Helper()
	answered := make(chan struct{})
	var first sync.Once
	var all sync.WaitGroup
	for i := range buyers {
		a := l.tenants[i%len(l.tenants)].at(s)
		all.Go(func() {
			for n := 0; ; n++ {
				o := order{account: a.account, id: fmt.Sprintf("cycle-%d-buyer-%d-order-%d", l.cycle, i, n)}
				l.books.sent(o)
				if !place(t, a, o, l.books) {
					return
				}
				first.Do(func() { close(answered) })
			}
		})
	}
	select {
	case <-answered:
		<-time.After(life)
	case <-time.After(patience):
		t.Errorf("no purchase was answered within %v", patience)
	}
	s.killNow(t)
	all.Wait()
}

// killNow is kill of a server that must not have ended by itself before.
func (s *server) killNow(t *testing.T) {
	t.Helper()
	if err := s.kill(); err != nil {
		t.Fatal(err)
	}
	if status := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !status.Signaled() || status.Signal() != syscall.SIGKILL {
		t.Fatalf("it ended with %v, before it was killed:\n%s", s.cmd.ProcessState, s.stderr)
	}
}

// TestKilledAroundTheCommit kills a server that has made all purchases and answered none, and one that has made
// none of those that it was asked for. After the restart, the same orders are made once.
func TestKilledAroundTheCommit(t *testing.T) {
	for name, test := range map[string]struct {
		rule map[string]any
		made int
	}{
		"after":  {map[string]any{"operation": "PurchaseOffering", "dropAfterCommit": true}, buyers},
		"before": {map[string]any{"operation": "PurchaseOffering", "dropBeforeCommit": true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, b := sandboxSite(t), newBooks()
			s := at.start(t)
			s.operator(t, http.MethodPut, "/faults", map[string]any{"rules": []any{test.rule}}, nil)
			var all sync.WaitGroup
			for i := range buyers {
				a := at.tenants[i%len(at.tenants)].at(s)
				all.Go(func() {
					o := order{account: a.account, id: fmt.Sprint("buyer-", i)}
					b.sent(o)
					if place(t, a, o, b) {
						t.Errorf("order %s was answered", o.id)
					}
				})
			}
			all.Wait()
			s.killNow(t)
			if got := at.verifyOffline(t); (got > 0) != (test.made > 0) {
				t.Errorf("%d entries are left", got)
			}
			s = at.start(t)
			if unheard := at.settle(t, s, b); unheard != test.made {
				t.Errorf("%d purchases were made that nobody heard of, want %d", unheard, test.made)
			}
			if err := s.stop(); err != nil {
				t.Error(err)
			}
		})
	}
}
