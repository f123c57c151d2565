package postgres

import (
	"context"
	"errors"
	"sync"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// The most accounts that one statement appends to, and the most updates of
// each.
const (
	maxLines = 128
	maxJobs  = 64
)

// job is a waiting update.
type job struct {
	ctx     context.Context
	change  journal.Change
	outcome journal.Outcome
	err     error
	done    chan struct{} // closed when outcome and err are final
}

// finish answers the job.
func (w *job) finish(outcome journal.Outcome, err error) {
	w.outcome, w.err = outcome, err
	close(w.done)
}

// queue holds waiting updates by account. While one writer makes the updates of
// an account, no other takes it, so this process does not conflict with itself.
type queue struct {
	mu      sync.Mutex
	changed *sync.Cond
	waiting map[account.ID][]*job
	ready   []account.ID // waiting accounts that no writer has taken, longest waiting first
	taken   map[account.ID]bool
	closed  bool
}

func newQueue() *queue {
	q := &queue{waiting: map[account.ID][]*job{}, taken: map[account.ID]bool{}}
	q.changed = sync.NewCond(&q.mu)
	return q
}

// add queues an update. It returns false if the queue is closed.
func (q *queue) add(w *job) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	id := w.change.Account
	if len(q.waiting[id]) == 0 && !q.taken[id] {
		q.ready = append(q.ready, id)
		q.changed.Signal()
	}
	q.waiting[id] = append(q.waiting[id], w)
	return true
}

// take waits for updates and returns those of some accounts, or nil if the
// queue is closed and empty.
func (q *queue) take() []*group {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.ready) == 0 {
		if q.closed {
			return nil
		}
		q.changed.Wait()
	}
	var groups []*group
	for _, id := range q.ready[:min(len(q.ready), maxLines)] {
		jobs := q.waiting[id]
		n := min(len(jobs), maxJobs)
		groups = append(groups, &group{account: id, jobs: jobs[:n]})
		q.taken[id] = true
		if n == len(jobs) {
			delete(q.waiting, id)
		} else {
			q.waiting[id] = jobs[n:]
		}
	}
	q.ready = q.ready[len(groups):]
	if len(q.ready) > 0 {
		q.changed.Signal()
	}
	return groups
}

// release returns an account to the queue.
func (q *queue) release(id account.ID) {
	q.mu.Lock()
	defer q.mu.Unlock()
	delete(q.taken, id)
	if len(q.waiting[id]) > 0 {
		q.ready = append(q.ready, id)
		q.changed.Signal()
	}
}

// close makes add refuse updates, and take return nil once nothing waits any
// more.
func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
	q.changed.Broadcast()
}

// Update queues a change for a writer and waits for its commit. If ctx ends
// first, the change may still be appended.
func (j *Journal) Update(ctx context.Context, change journal.Change) (journal.Outcome, error) {
	w := &job{ctx: ctx, change: change, done: make(chan struct{})}
	if err := ctx.Err(); err != nil {
		return journal.Outcome{}, unavailable(err)
	}
	if !j.queue.add(w) {
		return journal.Outcome{}, unavailable(errors.New("the journal is closed"))
	}
	select {
	case <-w.done:
		return w.outcome, w.err
	case <-ctx.Done():
		return journal.Outcome{}, unavailable(ctx.Err())
	}
}
