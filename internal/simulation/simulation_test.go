package simulation

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

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
			t.Logf("again: go test ./internal/simulation -run TestSeeds -seed %d", seed)
		}
	}()
	return simulate(t, seed, steps)
}

// TestSeeds simulates the same seeds each time, so that a failure is of the
// change and not of chance.
func TestSeeds(t *testing.T) {
	t.Parallel()
	if *only != 0 {
		t.Log(play(t, *only))
		return
	}
	var all figures
	for seed := range uint64(40) {
		all.add(play(t, seed+1))
	}
	t.Log(all)
	if all.faults < all.steps/10 || all.acknowledged < all.calls/5 || all.months < 40*steps/10 {
		t.Errorf("%s: hardly anything happened", all)
	}
}

// TestSoak simulates fresh seeds for as long as -soak says.
func TestSoak(t *testing.T) {
	if *soak == 0 {
		t.Skip("without -soak; make soak has it")
	}
	var all figures
	begin := time.Now()
	for time.Since(begin) < *soak {
		all.add(play(t, rand.Uint64()|1))
	}
	took := time.Since(begin)
	fmt.Printf("%s in %s, %.0f account-months a second\n", all, took.Round(time.Second), float64(all.months)/took.Seconds())
}

// String says what was simulated. Whatever is lost or doubled fails the run, so
// a run that ends has none.
func (f figures) String() string {
	return fmt.Sprintf("%d steps, %d account-months, %d faults injected, %d of %d calls acknowledged, lost 0, doubled 0",
		f.steps, f.months, f.faults, f.acknowledged, f.calls)
}
