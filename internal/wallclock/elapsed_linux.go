package wallclock

import (
	"time"

	"golang.org/x/sys/unix"
)

// System returns the clocks of this machine.
func System() Sources {
	begin := time.Now()
	return Sources{Wall: time.Now, Elapsed: func() time.Duration { return elapsed(begin) }}
}

// elapsed reads the clock that counts from the start of the machine. If the
// kernel has none, elapsed uses the monotonic clock, which stops while the
// machine sleeps.
func elapsed(begin time.Time) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return time.Since(begin)
	}
	return time.Duration(t.Nano())
}
