// Package injection breaks answers on purpose, so that callers can test how
// they react to a failing service: it throttles, fails, delays and drops calls
// by rules.
//
// It decides which rules are valid, which one takes effect on a call, and what
// the effect is. The operations and exceptions come in as values, and package
// awsjson sends the broken answers. docs/fidelity.md describes what the rules
// mean.
package injection

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/web"
)

// MaxSeed is the highest seed. Every JSON reader represents numbers up to it
// exactly.
const MaxSeed = 1<<53 - 1

// maxRules is the largest number of rules.
const maxRules = 10_000

// API says what rules may name.
type API struct {
	HasOperation func(name string) bool
	Exceptions   []awsjson.Exception
}

// Faults holds the rules in force. New makes one; it is safe for concurrent use.
type Faults struct {
	api    API
	closed chan struct{} // ends delays
	close  func()

	mu    sync.Mutex
	seed  int64
	draw  *rand.Rand
	rules []rule
}

// New returns Faults without rules.
func New(api API) *Faults {
	closed := make(chan struct{})
	f := &Faults{api: api, closed: closed, close: sync.OnceFunc(func() { close(closed) })}
	f.begin(0, nil)
	return f
}

func (f *Faults) begin(seed int64, rules []rule) {
	f.seed, f.rules = seed, rules
	f.draw = rand.New(rand.NewPCG(uint64(seed), 0))
}

// Close ends present and future delays: their calls continue at once.
func (f *Faults) Close() { f.close() }

// Set replaces all rules, and restarts the random sequence and the counts.
// Without a seed it picks one. An invalid rule is an Argument error that names
// the rule's place; it changes nothing.
func (f *Faults) Set(seed *int64, rules []Rule) error {
	from := rand.Int64N(MaxSeed + 1)
	if seed != nil {
		from = *seed
	}
	if from < 0 || from > MaxSeed {
		return fault.New(fault.Argument, "seed %d is out of range; it must be from 0 to %d", from, int64(MaxSeed))
	}
	compiled, err := f.api.compileAll(rules)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begin(from, compiled)
	return nil
}

// Add appends rules to the existing ones, which continue unchanged. Errors are
// those of Set.
func (f *Faults) Add(rules []Rule) error {
	compiled, err := f.api.compileAll(rules)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.rules)+len(compiled) > maxRules {
		return fault.New(fault.LimitExceeded, "%d more rules would make %d; there may be %d", len(compiled), len(f.rules)+len(compiled), maxRules)
	}
	f.rules = append(f.rules, compiled...)
	return nil
}

// Remove removes the rules that name an account; the others continue unchanged.
func (f *Faults) Remove(account string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rules = slices.DeleteFunc(f.rules, func(r rule) bool { return r.Account != nil && *r.Account == account })
}

// Report holds the rules in force and what they have done.
type Report struct {
	Seed  int64
	Rules []Count
}

// Count is a rule as it was given, with what it has done.
type Count struct {
	Rule
	Seen  int // calls that it matched, until it was used up
	Fired int // calls on which it took effect
}

// Report returns the rules in their order.
func (f *Faults) Report() Report {
	f.mu.Lock()
	defer f.mu.Unlock()
	report := Report{Seed: f.seed, Rules: make([]Count, 0, len(f.rules))}
	for _, r := range f.rules {
		report.Rules = append(report.Rules, r.Count)
	}
	return report
}

// Around is a web.Around: it applies the first rule that fires to the call. If
// none fires, the call runs unchanged.
func (f *Faults) Around(ctx context.Context, call *web.Request, run func() (web.Reply, error)) (web.Reply, error) {
	i, r := f.fire(call)
	if i < 0 {
		return run()
	}
	call.Attrs = append(call.Attrs, slog.Int("fault", i))
	if r.delay > 0 {
		call.Attrs = append(call.Attrs, slog.Duration("delay", r.delay))
		call.Prolong(r.delay)
		if err := f.wait(ctx, r.delay); err != nil {
			return web.Reply{}, err
		}
	}
	if r.DropAfterCommit {
		_, _ = run() // the answer is dropped
	}
	if r.effect != nil {
		return web.Reply{}, r.effect
	}
	return run()
}

// fire counts the call and returns the rule that takes effect on it, or -1.
func (f *Faults) fire(call *web.Request) (int, rule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	first := -1
	for i := range f.rules {
		r := &f.rules[i]
		if r.spent() || !r.isFor(call) {
			continue
		}
		r.Seen++
		if first < 0 && r.hits(f.draw) {
			r.Fired++
			first = i
		}
	}
	if first < 0 {
		return first, rule{}
	}
	return first, f.rules[first]
}

// wait returns after the delay, or when Close is called. If the client goes
// away before, its request is not run.
func (f *Faults) wait(ctx context.Context, delay time.Duration) error {
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-f.closed:
	case <-ctx.Done():
		return fmt.Errorf("the client went away during the delay: %w", web.ErrDropped)
	}
	return nil
}
