package bench

import (
	"context"
	"sync"
	"time"
)

// pool holds the connections of a run.
type pool []*worker

// newPool connects n workers.
func newPool(ctx context.Context, t target, keys *keyring, n int) (pool, error) {
	p := make(pool, n)
	for i := range p {
		p[i] = newWorker(t, keys)
		if err := p[i].connect(ctx); err != nil {
			p[:i].close()
			return nil, err
		}
	}
	return p, nil
}

func (p pool) close() {
	for _, w := range p {
		w.close()
	}
}

// drive makes every worker send the requests of its own source until the
// schedule ends, and returns what all workers measured together.
func (p pool) drive(ctx context.Context, s *schedule, sources []source) *tally {
	tallies := make([]tally, len(p))
	var group sync.WaitGroup
	for i, w := range p {
		group.Go(func() {
			tallies[i].loop(ctx, s, func(n int64) outcome { return w.send(ctx, sources[i], n) })
		})
	}
	group.Wait()
	all := &tally{}
	for i := range tallies {
		all.add(&tallies[i])
	}
	return all
}

// Progress says how far a run has got.
type Progress struct {
	Name          string // of the phase that is measured or prepared
	Round, Rounds int
	Passed        time.Duration
	Length        time.Duration // of the phase; 0 if Limit says when it ends
	Done, Limit   int64         // requests
	Failed        int64
}

// watch reports the progress of a schedule until the function that it returns is
// called.
func (r *runner) watch(s *schedule, name string) (stop func()) {
	if r.config.Progress == nil {
		return func() {}
	}
	const interval = 200 * time.Millisecond
	done := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		ticker := time.NewTicker(interval)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				r.config.Progress(Progress{
					Name: name, Round: r.round, Rounds: r.config.Rounds, Passed: time.Since(s.start),
					Length: s.length, Done: s.taken.Load(), Limit: s.limit, Failed: s.failed.Load(),
				})
			}
		}
	})
	return func() { close(done); group.Wait() }
}
