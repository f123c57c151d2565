package postgres

import (
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/slotfarm/slotfarm/internal/store"
)

// Bounds of the questions that Gets share.
const (
	readsAtOnce = 2   // questions under way at once at once
	sharedKeys  = 256 // keys of a shared question
	fewKeys     = 16  // most keys of a Get that shares a question
)

// reads answers many simultaneous Gets with few questions to the database,
// because each request begins with a Get.
type reads struct {
	ask func(ctx context.Context, keys []string) ([]store.Document, error)

	mu      sync.Mutex
	waiting []*question // not asked yet
	asking  int
}

// question is one query to the database.
type question struct {
	keys  map[string]bool
	done  chan struct{} // closed when found and err are final
	found []store.Document
	err   error
}

// get returns documents as they were at one moment after the call began. The keys
// are sorted.
func (r *reads) get(ctx context.Context, keys []string) ([]store.Document, error) {
	if len(keys) > fewKeys {
		return r.ask(ctx, keys)
	}
	mine := r.join(keys)
	select {
	case <-mine.done:
	case <-ctx.Done():
		return nil, unavailable(ctx.Err())
	}
	if mine.err != nil {
		return nil, mine.err
	}
	var found []store.Document
	for _, key := range keys {
		if d := store.Find(mine.found, key); d.Version > 0 {
			found = append(found, d)
		}
	}
	return found, nil
}

// join adds keys to a question that has not been asked yet.
func (r *reads) join(keys []string) *question {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.waiting) - 1
	if last < 0 || len(r.waiting[last].keys)+len(keys) > sharedKeys {
		r.waiting = append(r.waiting, &question{keys: map[string]bool{}, done: make(chan struct{})})
		last++
	}
	mine := r.waiting[last]
	for _, key := range keys {
		mine.keys[key] = true
	}
	if r.asking < readsAtOnce {
		r.asking++
		go r.run()
	}
	return mine
}

// run asks questions while any wait.
func (r *reads) run() {
	for {
		r.mu.Lock()
		if len(r.waiting) == 0 {
			r.asking--
			r.mu.Unlock()
			return
		}
		next := r.waiting[0]
		r.waiting = r.waiting[1:]
		r.mu.Unlock()
		next.found, next.err = r.ask(context.Background(), slices.Sorted(maps.Keys(next.keys)))
		close(next.done)
	}
}
