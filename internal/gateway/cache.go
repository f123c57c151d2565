package gateway

import (
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// staleAfter is how long a session that was read is taken for what it is. So long a
// session that was ended elsewhere may still get commands.
const staleAfter = 400 * time.Millisecond

// remembered is how many values are remembered.
const remembered = 1 << 14

// cache remembers sessions, or URLs of test grids, by their ids, for a short time.
type cache[T any] struct{ known *lru.Cache[string, cached[T]] }

type cached[T any] struct {
	value T
	at    time.Time
}

func newCache[T any]() cache[T] {
	known, err := lru.New[string, cached[T]](remembered)
	if err != nil {
		return cache[T]{} // the size is above zero
	}
	return cache[T]{known}
}

// get returns a value as it was at most staleAfter ago, or as read returns it.
func (c cache[T]) get(id string, now time.Time, read func() (T, error)) (T, error) {
	if known, ok := c.known.Get(id); ok && now.Sub(known.at) < staleAfter && now.Sub(known.at) >= 0 {
		return known.value, nil
	}
	value, err := read()
	if err == nil {
		c.known.Add(id, cached[T]{value, now})
	}
	return value, err
}

// forget makes the next get read the value.
func (c cache[T]) forget(id string) { c.known.Remove(id) }

// background is work that goes on when its client has gone.
type background struct{ group sync.WaitGroup }

func (b *background) wait() { b.group.Wait() }

// run runs f to its end.
func (b *background) run(f func()) { b.group.Go(f) }
