package bench

import (
	"context"
	"sync/atomic"
	"time"
)

// clock tells the time and waits. Tests use a clock of their own.
type clock struct {
	now  func() time.Time
	wait func(ctx context.Context, until time.Time)
}

// wallClock is the clock of this machine.
func wallClock() clock {
	return clock{time.Now, func(ctx context.Context, until time.Time) {
		timer := time.NewTimer(time.Until(until))
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
	}}
}

// schedule says when requests are sent, for all connections of a run together.
//
// In a closed loop, a connection sends its next request when it has the answer
// to the last one. In an open loop, requests are due at fixed times, regardless
// of the server, and any free connection sends them. The latency of a request
// that is sent late counts from the time at which it was due.
type schedule struct {
	clock
	start  time.Time
	length time.Duration // 0: no end in time
	rate   float64       // requests due per second; 0: a closed loop
	limit  int64         // of requests; 0: none

	taken  atomic.Int64 // requests begun, plus attempts to begin one after the end
	failed atomic.Int64 // requests that failed
}

// begin returns a schedule that starts now.
func begin(c clock, length time.Duration, rate float64, limit int64) *schedule {
	return &schedule{clock: c, start: c.now(), length: length, rate: rate, limit: limit}
}

// take returns the number of the next request and the time from which its
// latency counts, when it is to be sent. It returns false if there is no
// further request.
func (s *schedule) take(ctx context.Context) (n int64, due time.Time, ok bool) {
	n = s.taken.Add(1) - 1
	if s.limit > 0 && n >= s.limit || ctx.Err() != nil {
		return n, due, false
	}
	now := s.now()
	if s.over(now) {
		return n, due, false
	}
	if s.rate == 0 {
		return n, now, true
	}
	due = s.start.Add(time.Duration(float64(n) / s.rate * float64(time.Second)))
	if s.over(due) {
		return n, due, false
	}
	if due.After(now) {
		s.wait(ctx, due)
	}
	return n, due, ctx.Err() == nil
}

// over reports whether no more requests are sent at an instant.
func (s *schedule) over(at time.Time) bool {
	return s.length > 0 && at.Sub(s.start) >= s.length
}

// unsent returns how many requests that were due in an open loop until end were
// not sent, given how many were sent.
func (s *schedule) unsent(end time.Time, sent int64) int64 {
	if s.rate == 0 {
		return 0
	}
	lasted := min(end.Sub(s.start), s.length)
	return max(int64(s.rate*lasted.Seconds())-sent, 0)
}
