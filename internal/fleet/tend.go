package fleet

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/slotfarm/slotfarm/internal/lease"
)

// tend brings an instance nearer to being ready: its back-end has to say that it
// takes sessions, and that none is left there. Only the node that the instance
// names does this. It is called again until the instance is ready.
func (f *Fleet) tend(ctx context.Context, id string) error {
	i, err := f.mine(ctx, id)
	if err != nil || !tended(i.Phase) {
		return err
	}
	now := f.config.Now().UTC()
	if now.Before(i.Until) {
		return nil // a create that is under way may still begin a session there
	}
	seat, ok := f.config.Units().Seat(id)
	if !ok {
		return f.retire(ctx, id)
	}
	if err := f.config.Backend.Ready(ctx, seat); err != nil {
		return f.silent(ctx, i, err)
	}
	clean, err := f.clean(ctx, i, seat)
	if err != nil {
		return f.silent(ctx, i, err)
	}
	if !clean {
		return nil
	}
	_, err = f.changeInstance(ctx, id, func(now lease.Instance) (lease.Instance, error) {
		if now.Fence != i.Fence || now.Phase != i.Phase {
			return now, nil
		}
		return now.Cleaned(f.config.Now().UTC()), nil
	})
	return err
}

// tended reports whether an instance in a phase becomes ready by being tended.
func tended(p lease.Phase) bool {
	switch p {
	case lease.Preparing, lease.Cleaning, lease.Suspect, lease.Offline:
		return true
	}
	return false
}

// mine returns an instance that this node works on: one that names it, names
// nobody, or names a node that is dead.
func (f *Fleet) mine(ctx context.Context, id string) (lease.Instance, error) {
	return f.changeInstance(ctx, id, func(i lease.Instance) (lease.Instance, error) {
		if tended(i.Phase) && i.Node != f.config.Node && f.dead(i.Node) {
			i.Node = f.config.Node
		}
		if i.Node != f.config.Node {
			return i, errElsewhere
		}
		return i, nil
	})
}

// errElsewhere says that another node works on the instance.
var errElsewhere = errors.New("another node works on the instance")

// silent notes that an instance's back-end does not do what was asked of it.
func (f *Fleet) silent(ctx context.Context, i lease.Instance, reason error) error {
	_, err := f.changeInstance(ctx, i.ID, func(now lease.Instance) (lease.Instance, error) {
		if now.Fence != i.Fence {
			return now, nil
		}
		return now.Silent(reason.Error(), f.config.Now().UTC()), nil
	})
	return err
}

// clean ends what is left at an instance's back-end and reports whether nothing is.
func (f *Fleet) clean(ctx context.Context, i lease.Instance, seat Seat) (bool, error) {
	if err := f.endRemote(ctx, i, seat); err != nil {
		return false, err
	}
	left, known, err := f.strays(ctx, seat)
	if err != nil {
		return false, err
	}
	if !known {
		return f.waitedOut(ctx, i)
	}
	for _, id := range left {
		if err := f.config.Backend.Delete(ctx, seat, id); err != nil {
			return false, err
		}
	}
	if len(left) == 0 {
		return f.seen.none(seat.URL, f.config.Now()), nil
	}
	left, _, err = f.strays(ctx, seat)
	return err == nil && len(left) == 0 && f.seen.none(seat.URL, f.config.Now()), err
}

// endRemote ends the session at the back-end that the instance's last session had.
func (f *Fleet) endRemote(ctx context.Context, i lease.Instance, seat Seat) error {
	if i.Session == "" {
		return nil
	}
	s, err := f.Session(ctx, i.Session)
	if err != nil || s.Remote == "" || s.Instance != i.ID {
		return nil //nolint:nilerr // what is there is asked next
	}
	return f.config.Backend.Delete(ctx, seat, s.Remote)
}

// waitedOut reports whether a session that nobody can ask about must have ended by
// itself by now.
func (f *Fleet) waitedOut(ctx context.Context, i lease.Instance) (bool, error) {
	if i.Session == "" {
		return true, nil
	}
	s, err := f.Session(ctx, i.Session)
	if err != nil {
		return false, err
	}
	return s.Remote == "" || !f.config.Now().Before(i.Since.Add(s.Limits.Idle+Grace)), nil
}

// Grace is how much longer than a session's idle limit a back-end may wait for a
// command before it ends the session by itself.
const Grace = 30 * time.Second

// strays returns the sessions at a seat's back-end that nobody has: neither a live
// session names them, nor can a create begin them that was under way when they were
// first seen. Known is false if the back-end cannot be asked.
func (f *Fleet) strays(ctx context.Context, seat Seat) (left []string, known bool, err error) {
	ids, known, err := f.config.Backend.Sessions(ctx, seat)
	if err != nil || !known || len(ids) == 0 {
		f.seen.forget(seat.URL, nil)
		return nil, known, err
	}
	live, err := f.Live(ctx, "")
	if err != nil {
		return nil, true, err
	}
	var until time.Time
	named := map[string]bool{}
	for _, s := range live {
		at, ok := f.config.Units().Seat(s.Instance)
		if !ok || at.URL != seat.URL {
			continue
		}
		named[s.Remote] = true
		if s.Creating != nil && s.Creating.Until.After(until) {
			until = s.Creating.Until
		}
	}
	left = slices.DeleteFunc(ids, func(id string) bool { return named[id] })
	return f.seen.over(seat.URL, left, until, f.config.Now()), true, nil
}

// sightings are the sessions at back-ends that nobody has, by the back-end's URL
// and their ids, and until when a create may still claim them.
type sightings struct {
	mu    sync.Mutex
	until map[string]map[string]time.Time
}

// over notes the sessions that were seen and returns those which no create that was
// under way at their first sight can claim any more.
func (s *sightings) over(url string, ids []string, until, now time.Time) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	before, seen := s.until[url], map[string]time.Time{}
	var over []string
	for _, id := range ids {
		limit, again := before[id]
		if !again {
			limit = until
		}
		seen[id] = limit
		if !now.Before(limit) {
			over = append(over, id)
		}
	}
	if s.until == nil {
		s.until = map[string]map[string]time.Time{}
	}
	s.until[url] = seen
	return over
}

// none reports whether no session is left at a back-end that a create may claim.
func (s *sightings) none(url string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, limit := range s.until[url] {
		if now.Before(limit) {
			return false
		}
	}
	return true
}

// forget removes what was seen at a back-end, but the sessions with some ids.
func (s *sightings) forget(url string, but []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id := range s.until[url] {
		if !slices.Contains(but, id) {
			delete(s.until[url], id)
		}
	}
}
