package fleet

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/slotfarm/slotfarm/internal/store"
)

// How nodes tell that they live. A node that could not say so for as long as
// silence stops serving sessions, before others call it dead.
const (
	beatEvery = 3 * time.Second
	silence   = 10 * time.Second
	deadAfter = 15 * time.Second
	buryAfter = time.Hour
	named     = 2000 // sessions in one heartbeat document at most
)

// heartbeat is what a node says of itself: that it lives, since the document
// changes, and the newest command of each session that it served since it said so
// last.
type heartbeat struct {
	Beat     int64                `json:"beat"`
	Commands map[string]time.Time `json:"commands,omitempty"`
}

// activity is what this node knows of commands and of other nodes.
type activity struct {
	mu      sync.Mutex
	started time.Time            // of this node; zero before Run
	renewed time.Time            // with its monotonic reading
	newest  map[string]time.Time // by session: the newest command that any node named
	fresh   map[string]time.Time // those that were served here since the last heartbeat
	others  map[string]sighting  // by node
}

// sighting is when a heartbeat was seen to change, by the clock of who saw it.
type sighting struct {
	version int64
	at      time.Time
}

func newActivity() activity {
	return activity{newest: map[string]time.Time{}, fresh: map[string]time.Time{}, others: map[string]sighting{}}
}

// Touch says that a session got a command now.
func (f *Fleet) Touch(id string) {
	now := f.config.Now().UTC()
	f.activity.mu.Lock()
	defer f.activity.mu.Unlock()
	f.activity.newest[id], f.activity.fresh[id] = now, now
}

// Serving reports whether this node may serve sessions: it could say lately that it
// lives, so that nobody else takes its sessions over.
func (f *Fleet) Serving() bool {
	f.activity.mu.Lock()
	defer f.activity.mu.Unlock()
	return time.Since(f.activity.renewed) < silence
}

// last returns when a session got its newest command as far as is known. What
// happened before this node started, it cannot know, and counts from its start.
func (f *Fleet) last(id string) time.Time {
	f.activity.mu.Lock()
	defer f.activity.mu.Unlock()
	at := f.activity.newest[id]
	if at.Before(f.activity.started) {
		return f.activity.started
	}
	return at
}

// dead reports whether a node has not been heard of for so long that its work is to
// be taken over. Nobody, "", is dead.
func (f *Fleet) dead(node string) bool {
	f.activity.mu.Lock()
	defer f.activity.mu.Unlock()
	seen, ok := f.activity.others[node]
	if !ok {
		return node == "" || time.Since(f.activity.renewed) < silence && f.activity.listened()
	}
	return time.Since(seen.at) >= deadAfter
}

// listened reports whether the node has heard others for long enough to say that
// one it never heard of is dead.
func (a *activity) listened() bool { return !a.started.IsZero() && time.Since(a.started) >= deadAfter }

// beat says that this node lives, and listens to the others.
func (f *Fleet) beat(ctx context.Context, n int64) error {
	at := time.Now()
	if err := f.say(ctx, n); err != nil {
		return err
	}
	f.activity.mu.Lock()
	f.activity.renewed = at
	f.activity.mu.Unlock()
	return f.listen(ctx)
}

// say writes this node's heartbeat. Commands that do not fit wait for the next one.
func (f *Fleet) say(ctx context.Context, n int64) error {
	f.activity.mu.Lock()
	said := map[string]time.Time{}
	for id, at := range f.activity.fresh {
		if len(said) == named {
			break
		}
		said[id] = at
	}
	f.activity.mu.Unlock()
	c := newChange()
	c.put(nodes+f.config.Node, heartbeat{n, said})
	if err := f.commit(ctx, c); err != nil {
		return err
	}
	f.activity.mu.Lock()
	defer f.activity.mu.Unlock()
	maps.DeleteFunc(f.activity.fresh, func(id string, at time.Time) bool { return said[id].Equal(at) })
	return nil
}

// listen reads the heartbeats of the other nodes.
func (f *Fleet) listen(ctx context.Context) error {
	found, err := store.All(ctx, f.config.Store, nodes)
	if err != nil {
		return err
	}
	now := time.Now()
	for _, d := range found {
		beat, err := store.Decode[heartbeat](d)
		if err != nil {
			return err
		}
		f.hear(d.Key[len(nodes):], d.Version, beat, now)
	}
	return f.bury(ctx)
}

// bury removes the heartbeats of nodes that have been dead for long.
func (f *Fleet) bury(ctx context.Context) error {
	c := newChange()
	f.activity.mu.Lock()
	for node, seen := range f.activity.others {
		if time.Since(seen.at) >= buryAfter {
			delete(f.activity.others, node)
			c.remove(nodes + node)
		}
	}
	f.activity.mu.Unlock()
	if c.empty() {
		return nil
	}
	return f.commit(ctx, c)
}

// leave removes this node's heartbeat when it has ended. If that fails, other nodes
// bury it.
func (f *Fleet) leave() error {
	ctx, cancel := context.WithTimeout(context.Background(), beatEvery)
	defer cancel()
	c := newChange()
	c.remove(nodes + f.config.Node)
	return f.commit(ctx, c)
}

// hear takes in what another node says.
func (f *Fleet) hear(node string, version int64, beat heartbeat, now time.Time) {
	f.activity.mu.Lock()
	defer f.activity.mu.Unlock()
	if seen, ok := f.activity.others[node]; !ok || seen.version != version {
		f.activity.others[node] = sighting{version, now}
	}
	for id, at := range beat.Commands {
		if at.After(f.activity.newest[id]) {
			f.activity.newest[id] = at
		}
	}
}

// forgetActivity removes what is known of sessions that do not live any more.
func (f *Fleet) forgetActivity(live map[string]bool) {
	f.activity.mu.Lock()
	defer f.activity.mu.Unlock()
	gone := func(id string, _ time.Time) bool { return !live[id] }
	maps.DeleteFunc(f.activity.newest, gone)
	maps.DeleteFunc(f.activity.fresh, gone)
}
