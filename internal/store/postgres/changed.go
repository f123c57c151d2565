package postgres

import (
	"context"
	"sync"
	"time"
)

// How often a node that waits for changes of documents asks for those of other
// nodes, how long they are kept for it, how long a delay makes it assume that
// everything has changed, and how often a node that commits removes old ones.
const (
	pollPause   = 500 * time.Millisecond
	pollGap     = time.Minute
	keptChanges = 10 * time.Minute
	forgetPause = time.Minute
)

// Changed tells when documents may have changed. It does not use LISTEN, which
// needs a connection of its own; a pooler in transaction mode does not give
// one.
func (j *Journal) Changed(ctx context.Context, prefix string) <-chan struct{} {
	j.poll.enter(j)
	return j.watchers.Watch(ctx, prefix, j.poll.leave)
}

// poll asks the database for changes of other nodes while somebody waits.
type poll struct {
	mu      sync.Mutex
	waiting int
	stop    context.CancelFunc // of the asking; nil while nobody asks
	asking  sync.WaitGroup
	closed  bool
	forgot  time.Time // when old changes were last removed
}

// enter begins to ask, unless the node already does.
func (p *poll) enter(j *Journal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting++
	if p.stop != nil || p.closed {
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.stop = cancel
	p.asking.Go(func() { j.ask(ctx) })
}

// leave ends the asking if nobody waits any more.
func (p *poll) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting--
	if p.waiting == 0 && p.stop != nil {
		p.stop()
		p.stop = nil
	}
}

// close ends the asking and waits for its end. It must be called after the last
// leave.
func (p *poll) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.asking.Wait()
}

// ask tells the watchers what other nodes have changed, until ctx ends.
func (j *Journal) ask(ctx context.Context) {
	ticker := time.NewTicker(pollPause)
	defer ticker.Stop()
	seen, at := "", time.Time{}
	for {
		begin := time.Now()
		if begin.Sub(at) > pollGap {
			seen = "" // the changes kept for this node may be gone
		}
		keys, now, err := j.changes(ctx, seen)
		switch {
		case err != nil:
			seen = ""
		case seen == "": // the changes since the last read are unknown
			j.watchers.TellAll()
			fallthrough
		default:
			j.watchers.Tell(keys...)
			seen, at = now, begin
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// changesQuery returns the present moment, and the keys changed by transactions
// that an earlier moment ($1, null for none) could not see yet.
const changesQuery = `
SELECT pg_current_snapshot()::text, coalesce((
	SELECT array_agg(DISTINCT key) FROM document_changes
	WHERE tx >= pg_snapshot_xmin($1::text::pg_snapshot) AND NOT pg_visible_in_snapshot(tx, $1::text::pg_snapshot)), '{}')`

// changes returns what was changed since a moment, and the present moment.
func (j *Journal) changes(ctx context.Context, seen string) (keys []string, now string, err error) {
	var since *string
	if seen != "" {
		since = &seen
	}
	err = j.within(ctx, func(ctx context.Context) error {
		return j.pool.QueryRow(ctx, changesQuery, since).Scan(&now, &keys)
	})
	return keys, now, err
}

// forgetQuery removes old changes, except those that another node is removing.
const forgetQuery = `
DELETE FROM document_changes WHERE ctid IN (
	SELECT ctid FROM document_changes WHERE at < now() - make_interval(secs => $1) FOR UPDATE SKIP LOCKED)`

// forget removes old changes from time to time. If it fails, the next attempt
// will do.
func (j *Journal) forget(ctx context.Context) {
	p := &j.poll
	p.mu.Lock()
	due := time.Since(p.forgot) > forgetPause
	if due {
		p.forgot = time.Now()
	}
	p.mu.Unlock()
	if !due {
		return
	}
	_ = j.within(ctx, func(ctx context.Context) error {
		_, err := j.pool.Exec(ctx, forgetQuery, keptChanges.Seconds())
		return err
	})
}
