package store

import (
	"context"
	"sync"
)

// Watchers holds those who wait in this process for changes of documents: the
// part of Documents.Changed that engines share. The zero value is ready to use.
type Watchers struct {
	mu       sync.Mutex
	byPrefix map[string]map[*watcher]bool
	lengths  map[int]int // number of prefixes of each length
	closed   bool
}

// watcher is one receiver that waits for changes.
type watcher struct {
	prefix string
	hint   chan struct{} // holds one value at most
	left   func()
	forget func() bool // cancels what would happen at the end of the context
}

// Watch adds a watcher that waits until ctx ends or the watchers are closed,
// and calls left once after it has gone. The watcher gets one value at once.
func (w *Watchers) Watch(ctx context.Context, prefix string, left func()) <-chan struct{} {
	one := &watcher{prefix: prefix, hint: make(chan struct{}, 1), left: left}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.add(one)
	one.tell()
	one.forget = context.AfterFunc(ctx, func() { w.leave(one) })
	if w.closed {
		w.remove(one)
	}
	return one.hint
}

// leave removes a watcher that no longer waits.
func (w *Watchers) leave(one *watcher) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.remove(one)
}

func (w *Watchers) add(one *watcher) {
	if w.byPrefix == nil {
		w.byPrefix, w.lengths = map[string]map[*watcher]bool{}, map[int]int{}
	}
	if w.byPrefix[one.prefix] == nil {
		w.byPrefix[one.prefix] = map[*watcher]bool{}
		w.lengths[len(one.prefix)]++
	}
	w.byPrefix[one.prefix][one] = true
}

// remove ends a watcher if it is there.
func (w *Watchers) remove(one *watcher) {
	same, length := w.byPrefix[one.prefix], len(one.prefix)
	if !same[one] {
		return
	}
	delete(same, one)
	if len(same) == 0 {
		delete(w.byPrefix, one.prefix)
		if w.lengths[length]--; w.lengths[length] == 0 {
			delete(w.lengths, length)
		}
	}
	one.forget()
	close(one.hint)
	one.left()
}

// tell puts a value into the channel unless it holds one.
func (o *watcher) tell() {
	select {
	case o.hint <- struct{}{}:
	default:
	}
}

// Tell tells the watchers of the keys.
func (w *Watchers) Tell(keys ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, key := range keys {
		for length := range w.lengths {
			if length > len(key) {
				continue
			}
			for one := range w.byPrefix[key[:length]] {
				one.tell()
			}
		}
	}
}

// TellAll tells every watcher.
func (w *Watchers) TellAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, same := range w.byPrefix {
		for one := range same {
			one.tell()
		}
	}
}

// Close ends every watcher, including those added later.
func (w *Watchers) Close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed = true
	for _, same := range w.byPrefix {
		for one := range same {
			w.remove(one)
		}
	}
}
