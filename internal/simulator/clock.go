package simulator

import (
	"context"
	"time"
)

// Clock tells the time, and calls back after a while. Tests move their own.
type Clock interface {
	Now() time.Time
	// AfterFunc calls f once d has passed, in a goroutine of its own, unless
	// stop is called first.
	AfterFunc(d time.Duration, f func()) (stop func() bool)
}

// wallClock is the clock of the machine.
type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now() }

func (wallClock) AfterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}

// wait returns true once d has passed, or false once ctx has ended.
func wait(ctx context.Context, clock Clock, d time.Duration) bool {
	passed := make(chan struct{})
	stop := clock.AfterFunc(d, func() { close(passed) })
	defer stop()
	select {
	case <-passed:
		return true
	case <-ctx.Done():
		return false
	}
}
