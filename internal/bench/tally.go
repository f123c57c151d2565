package bench

import (
	"context"
	"time"
)

// tally is what one connection, or all of them, measured.
type tally struct {
	latency  histogram // of the requests that succeeded
	requests int64     // of all
	failures failures
	last     time.Time // when the last answer was there
}

func (t *tally) add(other *tally) {
	t.latency.add(&other.latency)
	t.requests += other.requests
	t.failures = t.failures.with(other.failures)
	if other.last.After(t.last) {
		t.last = other.last
	}
}

// outcome is how a request went.
type outcome struct {
	failure string // the name of what went wrong; "" is a success
	message string // an example of it
	gone    bool   // there is no connection any more, and none can be made
	cut     bool   // the run was ended while it was under way; it does not count
}

// loop sends requests as the schedule has them until it ends, and counts.
func (t *tally) loop(ctx context.Context, s *schedule, send func(n int64) outcome) {
	for {
		n, due, ok := s.take(ctx)
		if !ok {
			return
		}
		out := send(n)
		if out.cut {
			return
		}
		t.last = s.now()
		t.requests++
		if out.failure != "" {
			s.failed.Add(1)
			t.failures = t.failures.with(failures{{Name: out.failure, Count: 1, Example: out.message}})
		} else {
			t.latency.record(t.last.Sub(due))
		}
		if out.gone {
			return
		}
	}
}

// Failure is a way in which requests failed.
type Failure struct {
	Name    string `json:"name"` // the exception's, or what took its place
	Count   int64  `json:"count"`
	Example string `json:"example"` // the message of the first of them
}

type failures []Failure

// with returns the failures and others, those of the same name as one.
func (f failures) with(others failures) failures {
next:
	for _, other := range others {
		for i := range f {
			if f[i].Name == other.Name {
				f[i].Count += other.Count
				continue next
			}
		}
		f = append(f, other)
	}
	return f
}

// count returns how many requests failed.
func (f failures) count() int64 {
	var n int64
	for _, failure := range f {
		n += failure.Count
	}
	return n
}
