package commandlog

import (
	"context"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/store"
)

// deletes is how many documents are removed by one commit.
const deletes = 200

// Delete removes the log of a session.
func (l *Logs) Delete(ctx context.Context, session string) error {
	first, _, err := l.Read(ctx, session, 0, 1)
	if err != nil || len(first) == 0 {
		return err
	}
	return l.remove(ctx, session, dayKey(session, first[0].At))
}

// Sweep removes the logs that have been kept for as long as they are, and returns
// how many.
func (l *Logs) Sweep(ctx context.Context) (removed int, err error) {
	last := l.config.Now().UTC().Add(-Retention).Format(time.DateOnly)
	for {
		found, err := l.config.Store.Range(ctx, store.Query{Prefix: days, Limit: deletes})
		if err != nil || len(found) == 0 {
			return removed, err
		}
		for _, d := range found {
			day, session, _ := strings.Cut(strings.TrimPrefix(d.Key, days), "/")
			if day >= last {
				return removed, nil
			}
			if err := l.remove(ctx, session, d.Key); err != nil {
				return removed, err
			}
			removed++
		}
	}
}

// remove removes the chunks of a session, and then other documents.
func (l *Logs) remove(ctx context.Context, session string, others ...string) error {
	q := store.Query{Prefix: chunkPrefix(session), Limit: deletes}
	for {
		found, err := l.config.Store.Range(ctx, q)
		if err != nil {
			return err
		}
		var keys []string
		for _, d := range found {
			keys = append(keys, d.Key)
		}
		if len(found) < q.Limit {
			keys = append(keys, others...)
		}
		if len(keys) > 0 {
			if _, err := l.config.Store.Commit(ctx, store.Commit{Delete: keys}); err != nil {
				return err
			}
		}
		if len(found) < q.Limit {
			return nil
		}
	}
}
