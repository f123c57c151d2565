// Package wallclock watches the wall clock for jumps. Money depends on it: a
// clock that jumps a year ahead would charge every account for twelve months.
//
// The wall clock is compared with a clock that nobody sets and that runs while
// the machine sleeps. If the wall clock gets ahead of the other clock by more
// than a bound, time follows the other clock until somebody trusts the wall
// clock again. A clock that is set back needs no watching, because an account's
// time never goes back.
package wallclock

import (
	"sync"
	"time"
)

// Sources are the two clocks.
type Sources struct {
	Wall    func() time.Time     // may be set by anybody
	Elapsed func() time.Duration // since some moment, including sleep; never set
}

// Clock is a watched wall clock. New makes one; it is safe for concurrent use.
type Clock struct {
	sources Sources
	bound   time.Duration // 0 trusts every jump

	mu      sync.Mutex
	wall    time.Time     // what the wall clock showed when both were read
	elapsed time.Duration // what the other clock showed then
	jumped  bool          // the wall clock is not trusted
}

// Jump says how far the wall clock is from the kept time.
type Jump struct {
	Wall time.Time // what the wall clock shows
	Kept time.Time // what Now returns
}

// New returns a clock that trusts the present time of the wall clock.
func New(sources Sources, bound time.Duration) *Clock {
	c := &Clock{sources: sources, bound: bound}
	c.Trust()
	return c
}

// Now returns the time: that of the wall clock or, after a jump, the last
// trusted time plus the time that has elapsed since.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now().Kept
}

// Jumped returns how far apart the clocks are, and whether the wall clock is not
// trusted.
func (c *Clock) Jumped() (Jump, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	jump := c.now()
	return jump, c.jumped
}

// Trust makes the wall clock trusted from now on.
func (c *Clock) Trust() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall, c.elapsed, c.jumped = c.shown(), c.sources.Elapsed(), false
}

// shown returns what the wall clock shows, without the monotonic reading that
// time.Now adds: Sub would compare those, and they do not move when the clock is
// set.
func (c *Clock) shown() time.Time { return c.sources.Wall().Round(0) }

// slack is how far the wall clock may go on before the other one is read again,
// which takes a system call.
const slack = time.Second

// now reads the wall clock and, if it has moved by more than the slack, the other
// one. A wall clock that was corrected is trusted again. The caller holds the lock.
func (c *Clock) now() Jump {
	wall := c.shown()
	if moved := wall.Sub(c.wall); !c.jumped && moved >= 0 && moved < slack {
		return Jump{wall, wall}
	}
	elapsed := c.sources.Elapsed()
	kept := c.wall.Add(elapsed - c.elapsed)
	c.jumped = c.bound > 0 && wall.Sub(kept) > c.bound
	if c.jumped {
		return Jump{wall, kept}
	}
	c.wall, c.elapsed = wall, elapsed
	return Jump{wall, wall}
}
