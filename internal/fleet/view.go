package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/schedule"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Units returns what there is now.
func (f *Fleet) Units() *Units { return f.config.Units() }

// Now returns the time that the fleet goes by.
func (f *Fleet) Now() time.Time { return f.config.Now().UTC() }

// Label returns how people know the unit: the name of a device, and of a browser
// its version and platform as well.
func (u Unit) Label() string {
	if u.browser.Name == "" {
		return u.Name
	}
	return fmt.Sprintf("%s %s on %s", u.Name, u.browser.Version, u.browser.Platform)
}

// System returns the platform of a device, or that of a browser, such as "linux".
func (u Unit) System() string {
	if u.browser.Name == "" {
		return string(u.Platform)
	}
	return u.browser.Platform
}

// ListLive returns up to limit sessions that hold instances, of one account or of
// all for "", in the order of the accounts and of the sessions' ids, and where the
// next page begins; "" if there is none.
func (f *Fleet) ListLive(ctx context.Context, id account.ID, from Page, limit int) ([]lease.Session, Page, error) {
	prefix := holders
	if id != "" {
		prefix += string(id) + "/"
	}
	found, err := f.config.Store.Range(ctx, store.Query{Prefix: prefix, From: string(from), Limit: limit})
	if err != nil || len(found) == 0 {
		return nil, "", err
	}
	ids := make([]string, 0, len(found))
	for _, d := range found {
		ids = append(ids, d.Key[strings.LastIndexByte(d.Key, '/')+1:])
	}
	all, err := f.sessionsOf(ctx, ids)
	if len(found) < limit {
		return all, "", err
	}
	return all, Page(found[len(found)-1].Key), err
}

// Queuing returns up to limit accounts above an id that wait for something, in the
// order of their ids.
func (f *Fleet) Queuing(ctx context.Context, after account.ID, limit int) ([]account.ID, error) {
	var ids []account.ID
	q := store.Query{Prefix: queues, Limit: 1}
	if after != "" {
		q.From = queuePrefix(after) + "~" // after every place
	}
	for len(ids) < limit {
		found, err := f.config.Store.Range(ctx, q)
		if err != nil || len(found) == 0 {
			return ids, err
		}
		id := account.ID(segmentAfter(found[0].Key, queues))
		ids = append(ids, id)
		q.From = queuePrefix(id) + "~"
	}
	return ids, nil
}

// Census is how many sessions and instances a lab has, by what they do.
type Census struct {
	Live      map[account.SessionKind]int
	Waiting   map[account.SessionKind]int
	Instances map[lease.Phase]int
	Unbooked  int // sessions that ended long ago and are not in the books
}

// Census counts what there is now, on all nodes.
func (f *Fleet) Census(ctx context.Context) (Census, error) {
	c := Census{map[account.SessionKind]int{}, map[account.SessionKind]int{}, map[lease.Phase]int{}, 0}
	live, err := f.Live(ctx, "")
	if err != nil {
		return c, err
	}
	for _, s := range live {
		c.Live[s.Kind]++
	}
	waiting, err := store.All(ctx, f.config.Store, queues)
	if err != nil {
		return c, err
	}
	for _, d := range waiting {
		w, err := store.Decode[schedule.Wait](d)
		if err != nil {
			return c, err
		}
		c.Waiting[w.Class.Kind]++
	}
	instances, err := f.Instances(ctx)
	if err != nil {
		return c, err
	}
	for _, i := range instances {
		c.Instances[i.Phase]++
	}
	late, err := f.overdue(ctx)
	c.Unbooked = len(late)
	return c, err
}

// How often a verification audits the leases, how long it waits in between, and how
// long an ended session may be out of the books.
const (
	audits     = 3
	auditPause = 300 * time.Millisecond
	bookWithin = 2 * time.Minute
)

// Verify returns what is wrong with the leases and stays so: what Audit finds each
// time, and sessions that should be in the books by now.
func (f *Fleet) Verify(ctx context.Context) ([]string, error) {
	wrong, err := f.Audit(ctx)
	for n := 1; n < audits && err == nil && len(wrong) > 0; n++ {
		if err := rest(ctx, auditPause); err != nil {
			return nil, err
		}
		var again []string
		again, err = f.Audit(ctx)
		wrong = slices.DeleteFunc(wrong, func(finding string) bool { return !slices.Contains(again, finding) })
	}
	if err != nil {
		return nil, err
	}
	overdue, err := f.overdue(ctx)
	return append(wrong, overdue...), err
}

// rest waits for a while, or until ctx ends.
func rest(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// overdue names the sessions that ended long ago and are not in the books.
func (f *Fleet) overdue(ctx context.Context) ([]string, error) {
	found, err := store.All(ctx, f.config.Store, unbooked)
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(found))
	for _, d := range found {
		ids = append(ids, strings.TrimPrefix(d.Key, unbooked))
	}
	sessions, err := f.sessionsOf(ctx, ids)
	var late []string
	for _, s := range sessions {
		if f.config.Now().Sub(s.Ended) >= bookWithin && s.Booked == nil {
			late = append(late, "session "+s.ID+" ended at "+s.Ended.Format(time.RFC3339)+" and is not in the books")
		}
	}
	return late, err
}
