package simulation

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	soak = flag.Duration("soak", 0, "simulate fresh seeds for so long")
	only = flag.Uint64("seed", 0, "simulate this seed only")
)

// steps is how long a history is.
const steps = 250

// play simulates a seed and says which one it was if that fails.
func play(t *testing.T, seed uint64) figures {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Logf("to reproduce: go test ./internal/simulation -run TestSeeds -seed %d", seed)
		}
	}()
	f, _ := simulate(t, seed, steps)
	return f
}

// TestSeeds simulates the same seeds each time, so that a failure is of the
// change and not of chance.
func TestSeeds(t *testing.T) {
	t.Parallel()
	if *only != 0 {
		t.Log(play(t, *only))
		return
	}
	const each = 4
	for i := range uint64(2) {
		t.Run(fmt.Sprintf("from %d", 1+each*i), func(t *testing.T) {
			t.Parallel()
			var all figures
			for seed := range uint64(each) {
				all.add(play(t, 1+each*i+seed))
			}
			t.Log(all)
			if all.faults < all.steps/10 || all.acknowledged < all.calls/4 || all.months < all.steps/2 {
				t.Errorf("%s: hardly anything happened", all)
			}
		})
	}
}

// TestSeedsRepeat has a seed lead to the same journals, to the last byte.
func TestSeedsRepeat(t *testing.T) {
	t.Parallel()
	_, first := simulate(t, 77, steps)
	_, second := simulate(t, 77, steps)
	if diff := cmp.Diff(first, second); diff != "" || len(first) == 0 {
		t.Errorf("%d journals, which differ (-first +second):\n%s", len(first), diff)
	}
}

// TestSoak simulates fresh seeds for as long as -soak says, on all processors.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("without -soak; make soak has it")
	}
	var all figures
	var adding sync.Mutex
	begin := time.Now()
	t.Run("workers", func(t *testing.T) {
		for i := range runtime.GOMAXPROCS(0) {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				for time.Since(begin) < *soak && !t.Failed() {
					f := play(t, rand.Uint64()|1)
					adding.Lock()
					all.add(f)
					adding.Unlock()
				}
			})
		}
	})
	took := time.Since(begin)
	fmt.Printf("%s; %.0f account-months a second for %s\n", all, float64(all.months)/took.Seconds(), took.Round(time.Second))
}

// String says what was simulated.
func (f figures) String() string {
	return fmt.Sprintf("%d steps, %d account-months, %d faults injected, %d of %d calls acknowledged, %d sessions, lost %d, doubled %d",
		f.steps, f.months, f.faults, f.acknowledged, f.calls, f.sessions, f.lost, f.doubled)
}
