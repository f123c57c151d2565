package crash

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/slotfarm/slotfarm/e2e/harness"
)

// cyclesEach is how often one data directory is crashed on, and soakedEach how often by TestSoak.
const cyclesEach, soakedEach = 8, 20

// TestKilledServerKeepsWhatItAcknowledged kills servers at random moments in the middle of a load of purchases and
// starts them again on the same data. What they had acknowledged must be there, once; what they had not may be
// there, once; and buyers who repeat the unacknowledged orders under their ids end up with exactly one transaction
// for each.
func TestKilledServerKeepsWhatItAcknowledged(t *testing.T) {
	for name, open := range harness.Sites {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Log(crash(t, open(t), harness.Moments()))
		})
	}
}

// TestSoak crashes servers of all kinds for as long as -soak says, with fresh seeds.
func TestSoak(t *testing.T) {
	if *harness.Soak == 0 {
		t.Skip("without -soak; make soak has it")
	}
	begin := time.Now()
	for cycles := 0; !t.Failed() && (cycles < 200 || time.Since(begin) < *harness.Soak); {
		for name, open := range harness.Sites {
			t.Run(name, func(t *testing.T) { t.Log(crash(t, open(t), rand.Uint64()|1)) })
			cycles += soakedEach
		}
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
func crash(t *testing.T, at harness.Site, seed uint64) (c crashes) {
	t.Helper()
	harness.Repeatable(t, "TestKilledServerKeepsWhatItAcknowledged", seed)
	chance, begin, b := rand.New(rand.NewPCG(seed, 0)), time.Now(), harness.NewBooks()
	for last := harness.Rounds(cyclesEach, soakedEach); c.cycles < last && !t.Failed(); c.cycles++ {
		s := at.Start(t)
		c.unheard += at.Settle(t, s, b)
		load{Site: at, books: b, cycle: c.cycles}.untilKilled(t, s, time.Duration(chance.Int64N(int64(80*time.Millisecond))))
		if at.Data != "" {
			at.VerifyOffline(t)
		}
	}
	s := at.Start(t)
	c.unheard += at.Settle(t, s, b)
	c.entries = s.Verify(t)
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	c.acknowledged, c.took = b.Count(), time.Since(begin)
	return c
}

// load is a load of purchases that ends with a kill.
type load struct {
	harness.Site
	books *harness.Books
	cycle int
}

// untilKilled has the buyers order one slot after another, and kills the server some time after the first answer.
// It returns when all is quiet.
func (l load) untilKilled(t *testing.T, s *harness.Server, life time.Duration) {
	t.Helper()
	answered := make(chan struct{})
	var first sync.Once
	var all sync.WaitGroup
	for i := range harness.Buyers {
		a := l.Tenants[i%len(l.Tenants)].At(s)
		all.Go(func() {
			for n := 0; ; n++ {
				o := harness.Order{Account: a.Account, Id: fmt.Sprintf("cycle-%d-buyer-%d-order-%d", l.cycle, i, n)}
				l.books.Sent(o)
				if !harness.Place(t, a, o, l.books) {
					return
				}
				first.Do(func() { close(answered) })
			}
		})
	}
	select {
	case <-answered:
		<-time.After(life)
	case <-time.After(harness.Patience):
		t.Errorf("no purchase was answered within %v", harness.Patience)
	}
	s.KillNow(t)
	all.Wait()
}

// TestKilledAroundTheCommit kills a server that has made all purchases and answered none, and one that has made
// none of those that it was asked for. After the restart, the same orders are made once.
func TestKilledAroundTheCommit(t *testing.T) {
	for name, test := range map[string]struct {
		rule map[string]any
		made int
	}{
		"after":  {map[string]any{"operation": "PurchaseOffering", "dropAfterCommit": true}, harness.Buyers},
		"before": {map[string]any{"operation": "PurchaseOffering", "dropBeforeCommit": true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			at, b := harness.SandboxSite(t), harness.NewBooks()
			s := at.Start(t)
			s.Operator(t, "PUT /faults", map[string]any{"rules": []any{test.rule}}, nil)
			var all sync.WaitGroup
			for i := range harness.Buyers {
				a := at.Tenants[i%len(at.Tenants)].At(s)
				all.Go(func() {
					o := harness.Order{Account: a.Account, Id: fmt.Sprint("buyer-", i)}
					b.Sent(o)
					if harness.Place(t, a, o, b) {
						t.Errorf("order %s was answered", o.Id)
					}
				})
			}
			all.Wait()
			s.KillNow(t)
			if got := at.VerifyOffline(t); (got > 0) != (test.made > 0) {
				t.Errorf("%d entries are left", got)
			}
			s = at.Start(t)
			if unheard := at.Settle(t, s, b); unheard != test.made {
				t.Errorf("%d purchases were made but not acknowledged, want %d", unheard, test.made)
			}
			if err := s.Stop(); err != nil {
				t.Error(err)
			}
		})
	}
}
