package fleet

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/schedule"
	"github.com/slotfarm/slotfarm/internal/store"
)

// settle makes everything happen that has come into an account's lane, and admits
// whom that lets begin, in one commit. An error is of storage; nothing is known of
// the requests then.
func (f *Fleet) settle(ctx context.Context, id account.ID, requests []*request) error {
	for attempt := 0; ; attempt++ {
		b := f.batch(id, requests)
		err := b.decide(ctx)
		if err != nil {
			return err
		}
		commit, err := b.change.commit()
		if err == nil && !b.change.empty() {
			_, err = f.config.Store.Commit(ctx, commit)
		}
		if errors.Is(err, store.ErrConflict) && attempt < attempts {
			if err := pause(ctx, attempt); err != nil {
				return err
			}
			continue
		}
		if err != nil {
			return err
		}
		b.tell()
		return nil
	}
}

// How often a commit is tried that meets conflicts, and how long it waits at most
// before another attempt. A conflict means that somebody else went on.
const (
	attempts  = 100
	lastPause = 100 * time.Millisecond
)

// pause waits at random before another attempt, longer each time.
func pause(ctx context.Context, attempt int) error {
	timer := time.NewTimer(rand.N(min(time.Millisecond<<min(attempt, 7), lastPause)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// batch is one attempt to settle a lane.
type batch struct {
	fleet    *Fleet
	account  account.ID
	now      time.Time
	requests []*request
	change   *change

	usage    lease.Usage
	rights   lease.Rights
	terms    account.Terms
	sessions map[string]lease.Session  // that were read, queued or changed
	held     map[string]store.Document // the instances that sessions which end hold
	waits    []schedule.Wait           // in the queue, oldest first
	on       map[string]occupant       // of browsers that begin sessions in the batch
	refused  map[*request]error
	begun    []lease.Session
	ended    []lease.Session
}

func (f *Fleet) batch(id account.ID, requests []*request) *batch {
	return &batch{
		fleet: f, account: id, now: f.config.Now().UTC(), requests: requests, change: newChange(),
		sessions: map[string]lease.Session{}, refused: map[*request]error{}, on: map[string]occupant{},
	}
}

// decide puts the commit together.
func (b *batch) decide(ctx context.Context) error {
	before, err := b.read(ctx)
	if err != nil {
		return err
	}
	if err := b.end(); err != nil {
		return err
	}
	if err := b.queue(ctx); err != nil {
		return err
	}
	if err := b.admit(ctx); err != nil {
		return err
	}
	if len(b.begun)+len(b.ended) > 0 || b.usage.Places != before.Places || b.usage.Waiting != before.Waiting {
		b.change.put(usageKey(b.account), b.usage)
	}
	return nil
}

// read reads the account's usage and the sessions that shall end. That the usage
// is as it was is what the whole commit depends on: it is the account's lock.
func (b *batch) read(ctx context.Context) (lease.Usage, error) {
	keys := []string{usageKey(b.account)}
	for _, r := range b.requests {
		switch {
		case r.end != nil:
			keys = append(keys, sessionKey(r.end.id))
		case r.parent.Key != "":
			keys = append(keys, r.parent.Key)
		}
	}
	slices.Sort(keys[1:])
	keys = slices.Compact(keys)
	found, err := b.fleet.config.Store.Get(ctx, keys...)
	if err != nil {
		return b.usage, err
	}
	usage := store.Find(found, keys[0])
	b.change.when(usage)
	if usage.Version != 0 {
		if b.usage, err = store.Decode[lease.Usage](usage); err != nil {
			return b.usage, err
		}
	}
	return b.usage, b.readSessions(ctx, found)
}

// readSessions reads the sessions that shall end out of what was found, and the
// instances that they hold.
func (b *batch) readSessions(ctx context.Context, found []store.Document) error {
	var held []string
	for _, r := range b.requests {
		if r.parent.Key != "" {
			b.checkParent(r, store.Find(found, r.parent.Key))
		}
		if r.end == nil {
			continue
		}
		d := store.Find(found, sessionKey(r.end.id))
		if d.Version == 0 {
			b.refused[r] = noSession(r.end.id)
			continue
		}
		s, err := store.Decode[lease.Session](d)
		if err != nil {
			return err
		}
		b.sessions[s.ID] = s
		b.change.when(d)
		if s.Holds() {
			held = append(held, instanceKey(s.Instance))
		}
	}
	if len(held) == 0 {
		return nil
	}
	var err error
	b.held, err = store.Read(ctx, b.fleet.config.Store, held...)
	return err
}

// checkParent makes the commit depend on what a session lies in, or refuses the
// session if that has changed.
func (b *batch) checkParent(r *request, now store.Document) {
	if now.Version != r.parent.Version {
		b.refused[r] = fault.New(fault.Conflict, "What session %s lies in was changed or deleted meanwhile; try again.", r.enqueue.ID)
		return
	}
	b.change.when(now)
}

// end ends the sessions that shall end.
func (b *batch) end() error {
	for _, r := range b.requests {
		if r.end == nil || b.refused[r] != nil {
			continue
		}
		s := b.sessions[r.end.id]
		if s.Stage() == lease.Ended {
			continue
		}
		if err := b.endOne(s, r.end); err != nil {
			return err
		}
	}
	return nil
}

func (b *batch) endOne(s lease.Session, how *ending) error {
	after := s.End(how.outcome, how.message, b.now)
	if s.Stage() == lease.Waiting {
		b.usage = b.usage.Leave()
		b.leaveQueue(s)
	} else {
		b.usage = b.usage.End(s.Class())
		b.change.remove(holderKey(s))
		b.change.put(unbookedKey(s.ID), nothing{})
		if err := b.release(s); err != nil {
			return err
		}
	}
	b.sessions[s.ID] = after
	b.change.put(sessionKey(s.ID), after)
	b.ended = append(b.ended, after)
	return nil
}

// release has the instance of a session that ends be cleaned by this node.
func (b *batch) release(s lease.Session) error {
	d, ok := b.held[instanceKey(s.Instance)]
	if !ok {
		return nil // it left the fleet
	}
	i, err := store.Decode[lease.Instance](d)
	if err != nil || i.Session != s.ID || i.Fence != s.Fence {
		return err
	}
	var until time.Time
	if s.Creating != nil {
		until = s.Creating.Until
	}
	i = i.Release(s.ID, until, b.now)
	i.Node = b.fleet.config.Node
	b.change.when(d)
	b.change.put(d.Key, i)
	return nil
}

// leaveQueue takes a session's places out of the queue.
func (b *batch) leaveQueue(s lease.Session) {
	b.change.remove(queueKey(s.Account, s.Place))
	for _, unit := range s.Units {
		b.change.remove(wantKey(unit, s.Account, s.Place))
	}
}

// queue reads the account's queue, and puts into it what shall be there.
func (b *batch) queue(ctx context.Context) error {
	view, err := b.fleet.config.Accounts.View(ctx, callerOf(b.account))
	if err != nil {
		return err
	}
	b.rights, b.terms = lease.RightsOf(view.State, view.Terms), view.Terms
	if b.usage.Waiting > 0 {
		if b.waits, err = b.fleet.waits(ctx, b.account); err != nil {
			return err
		}
	}
	b.waits = b.withoutEnded(b.waits)
	for _, r := range b.requests {
		if r.enqueue == nil || b.refused[r] != nil {
			continue
		}
		if err := b.rights.CheckQueue(b.usage); err != nil {
			b.refused[r] = err
			continue
		}
		b.enqueue(*r.enqueue)
	}
	return nil
}

// withoutEnded returns the waits without those of sessions that end in the batch.
func (b *batch) withoutEnded(waits []schedule.Wait) []schedule.Wait {
	var left []schedule.Wait
	for _, w := range waits {
		if s, ok := b.sessions[w.Session]; !ok || s.Stage() != lease.Ended {
			left = append(left, w)
		}
	}
	return left
}

func (b *batch) enqueue(s lease.Session) {
	b.usage, s.Place = b.usage.Queue()
	s.Created = b.now
	b.sessions[s.ID] = s
	b.waits = append(b.waits, wait(s))
	b.change.put(sessionKey(s.ID), s)
	b.change.put(listKey(s), nothing{})
	b.change.put(queueKey(s.Account, s.Place), wait(s))
	for _, unit := range s.Units {
		b.change.put(wantKey(unit, s.Account, s.Place), moment{s.Created})
	}
}

// tell answers the requests, and has done what follows from the commit.
func (b *batch) tell() {
	for _, r := range b.requests {
		id := ""
		switch {
		case r.enqueue != nil:
			id = r.enqueue.ID
		case r.end != nil:
			id = r.end.id
		}
		if r.enqueue != nil && b.refused[r] != nil {
			b.fleet.config.Observe(Observation{Event: "refused", Kind: r.enqueue.Kind, Account: b.account})
		}
		r.answer(b.sessions[id], b.refused[r])
	}
	for _, s := range b.begun {
		b.fleet.config.Observe(Observation{"admitted", s.Kind, s.Account, s.Began.Sub(s.Created)})
		b.fleet.prepareLater(s)
	}
	for _, s := range b.ended {
		b.fleet.config.Observe(Observation{Event: "ended", Kind: s.Kind, Account: s.Account})
		b.fleet.after(s)
	}
}
