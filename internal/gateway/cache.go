package gateway

import (
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/slotfarm/slotfarm/internal/lease"
)

// staleAfter is how long a session that was read is taken for what it is. So long a
// session that was ended elsewhere may still get commands.
const staleAfter = 400 * time.Millisecond

// remembered is how many sessions are remembered.
const remembered = 1 << 14

// cache remembers sessions for a short time.
type cache struct{ sessions *lru.Cache[string, cached] }

type cached struct {
	session lease.Session
	at      time.Time
}

func newCache() cache {
	sessions, err := lru.New[string, cached](remembered)
	if err != nil {
		return cache{} // the size is above zero
	}
	return cache{sessions}
}

// get returns a session as it was at most staleAfter ago, or as read returns it.
func (c cache) get(id string, now time.Time, read func() (lease.Session, error)) (lease.Session, error) {
	if known, ok := c.sessions.Get(id); ok && now.Sub(known.at) < staleAfter && now.Sub(known.at) >= 0 {
		return known.session, nil
	}
	s, err := read()
	if err == nil {
		c.sessions.Add(id, cached{s, now})
	}
	return s, err
}

// forget makes the next get read the session.
func (c cache) forget(id string) { c.sessions.Remove(id) }

// background is work that goes on when its client has gone.
type background struct{ group sync.WaitGroup }

func (b *background) wait() { b.group.Wait() }

// run runs f to its end.
func (b *background) run(f func()) { b.group.Go(f) }
