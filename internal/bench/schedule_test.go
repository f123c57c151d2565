package bench

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fake is a clock that moves when it is waited for, and when a test says so.
type fake struct{ at time.Time }

func (f *fake) clock() clock {
	return clock{func() time.Time { return f.at }, func(_ context.Context, until time.Time) { f.at = until }}
}

// took returns durations in milliseconds as a histogram counts them.
func took(milliseconds ...int) *histogram {
	h := &histogram{}
	for _, n := range milliseconds {
		h.record(time.Duration(n) * time.Millisecond)
	}
	return h
}

// TestSchedule uses one connection and a server whose answers take a given
// time.
func TestSchedule(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		length  time.Duration
		rate    float64
		limit   int64
		service []int // milliseconds of each answer; the last one for all that follow
		want    *histogram
		unsent  int64
	}{
		{"closed loop", 100 * time.Millisecond, 0, 0, []int{5, 45, 20}, took(5, 45, 20, 20, 20), 0},
		{"closed loop, limited", 0, 0, 3, []int{5, 45, 20}, took(5, 45, 20), 0},
		{"limited before the end", time.Second, 0, 1, []int{5}, took(5), 0},
		{"open loop in time", 100 * time.Millisecond, 100, 0, []int{5}, took(5, 5, 5, 5, 5, 5, 5, 5, 5, 5), 0},
		{"open loop that catches up", 100 * time.Millisecond, 100, 0, []int{5, 45, 5}, took(5, 45, 40, 35, 30, 25, 20, 15, 10, 5), 0},
		{"open loop that falls behind", 100 * time.Millisecond, 100, 0, []int{30}, took(30, 50, 70, 90), 6},
		{"open loop that is stuck", 100 * time.Millisecond, 100, 0, []int{5, 5, 5000}, took(5, 5, 5000), 7},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := &fake{noon}
			s := begin(f.clock(), tt.length, tt.rate, tt.limit)
			var got tally
			got.loop(context.Background(), s, func(n int64) outcome {
				service := tt.service[min(int(n), len(tt.service)-1)]
				f.at = f.at.Add(time.Duration(service) * time.Millisecond)
				return outcome{}
			})
			if diff := cmp.Diff(tt.want, &got.latency, cmp.AllowUnexported(histogram{})); diff != "" {
				t.Errorf("latencies (-want +got):\n%s", diff)
			}
			if unsent := s.unsent(f.at, got.requests); unsent != tt.unsent || got.requests != tt.want.total {
				t.Errorf("%d requests and %d unsent, want %d and %d", got.requests, unsent, tt.want.total, tt.unsent)
			}
		})
	}
}

// TestOpenLoopSharesItsTimes has two connections, of which one is stuck.
func TestOpenLoopSharesItsTimes(t *testing.T) {
	t.Parallel()
	f := &fake{noon}
	s := begin(f.clock(), 50*time.Millisecond, 100, 0)
	if _, due, ok := s.take(context.Background()); !ok || !due.Equal(noon) { // and never answers
		t.Fatalf("the first request is due at %s (%t)", due, ok)
	}
	var other tally
	other.loop(context.Background(), s, func(int64) outcome { return outcome{} })
	if diff := cmp.Diff(took(0, 0, 0, 0), &other.latency, cmp.AllowUnexported(histogram{})); diff != "" {
		t.Errorf("latencies of the other connection (-want +got):\n%s", diff)
	}
}

// TestLoopCountsFailures tells them from what succeeded, and from what was cut.
func TestLoopCountsFailures(t *testing.T) {
	t.Parallel()
	f := &fake{noon}
	outcomes := []outcome{{}, {failure: "A", message: "first"}, {failure: "B"}, {failure: "A", message: "second"}, {}, {cut: true}}
	var got tally
	got.loop(context.Background(), begin(f.clock(), 0, 0, 100), func(n int64) outcome { return outcomes[n] })
	if got.requests != 5 || got.latency.total != 2 {
		t.Errorf("%d requests, %d succeeded; want 5 and 2", got.requests, got.latency.total)
	}
	want := failures{{"A", 2, "first"}, {"B", 1, ""}}
	if diff := cmp.Diff(want, got.failures); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}
}

// TestLoopEnds when its context does, and when there is no connection.
func TestLoopEnds(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	var got tally
	got.loop(ctx, begin((&fake{noon}).clock(), 0, 0, 100), func(int64) outcome { cancel(); return outcome{} })
	got.loop(context.Background(), begin((&fake{noon}).clock(), 0, 0, 100), func(int64) outcome { return outcome{failure: "A", gone: true} })
	if got.requests != 2 {
		t.Errorf("%d requests, want 2", got.requests)
	}
}
