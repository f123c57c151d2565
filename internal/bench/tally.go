package bench

import (
	"context"
	"time"
)

// tally holds what one connection, or all of them, measured.
type tally struct {
	latency  histogram // of successful requests
	requests int64     // all of them
	failures failures
	last     time.Time // when the last answer arrived
}

func (t *tally) add(other *tally) {
	t.latency.add(&other.latency)
	t.requests += other.requests
	t.failures = t.failures.with(other.failures)
	if other.last.After(t.last) {
		t.last = other.last
	}
}

// outcome is the outcome of a request.
type outcome struct {
	failure string // the name of the failure; "" for a success
	message string // an example of its messages message
	gone    bool   // the connection is lost, and a new one cannot be made
	cut     bool   // the run ended before the answer; the request does not count
}

// loop sends requests by the schedule until it ends, and counts them.
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
	Name    string `json:"name"` // of the exception, or of another kind of failure
	Count   int64  `json:"count"`
	Example string `json:"example"` // the message of the first one
}

type failures []Failure

// with returns the failures and others, merging those with the same name.
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
