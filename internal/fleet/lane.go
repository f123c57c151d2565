package fleet

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/store"
)

// lane is what waits to happen to one account on this node. One goroutine works
// on it while there is something, and puts what has come in into one commit.
type lane struct {
	requests []*request
	poked    bool // look at the queue
}

// request is one thing that shall happen to a session of the account.
type request struct {
	enqueue *lease.Session // to put into the queue
	parent  store.Document // what it lies in; its version must be as it was read
	end     *ending        // of a session
	done    chan answer    // takes one
}

// ending is how a session ends.
type ending struct {
	id      string
	outcome lease.Outcome
	message string
}

// answer is what a request came to.
type answer struct {
	session lease.Session
	err     error
}

// do has something happen to an account's session and returns the session after
// it. If ctx ends first, it may happen all the same.
func (f *Fleet) do(ctx context.Context, id account.ID, r *request) (lease.Session, error) {
	r.done = make(chan answer, 1)
	f.submit(id, func(l *lane) { l.requests = append(l.requests, r) })
	select {
	case a := <-r.done:
		return a.session, a.err
	case <-ctx.Done():
		return lease.Session{}, &fault.Error{Kind: fault.Unavailable, Message: "The request ended before its change was made.", Err: ctx.Err()}
	}
}

// Poke has the account's queue be looked at, since something may have become free
// for it.
func (f *Fleet) Poke(id account.ID) {
	f.submit(id, func(l *lane) { l.poked = true })
}

// submit changes an account's lane, and starts its goroutine unless it works.
func (f *Fleet) submit(id account.ID, add func(*lane)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	l, working := f.lanes[id]
	if !working {
		l = &lane{}
		f.lanes[id] = l
		f.work.Go(func() { f.serve(id, l) })
	}
	add(l)
}

// serve works on a lane until nothing is left to do.
func (f *Fleet) serve(id account.ID, l *lane) {
	ctx := context.Background() // what was asked for happens, whoever has gone
	for {
		requests, ok := f.take(id, l)
		if !ok {
			return
		}
		if err := f.settle(ctx, id, requests); err != nil {
			f.config.Log.ErrorContext(ctx, "queue not settled", "account", id, "error", err)
			for _, r := range requests {
				r.answer(lease.Session{}, err)
			}
		}
	}
}

// take returns what has come into a lane, or false and the lane is gone.
func (f *Fleet) take(id account.ID, l *lane) ([]*request, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(l.requests) == 0 && !l.poked {
		delete(f.lanes, id)
		return nil, false
	}
	requests := l.requests
	l.requests, l.poked = nil, false
	return requests, true
}

// answer tells whoever asked, once.
func (r *request) answer(s lease.Session, err error) {
	select {
	case r.done <- answer{s, err}:
	default:
	}
}
