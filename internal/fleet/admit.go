package fleet

import (
	"context"
	"slices"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/schedule"
	"github.com/slotfarm/slotfarm/internal/store"
)

// maxFree is how many free instances of a unit are looked at for one commit.
const maxFree = 64

// admit begins the sessions that may begin now.
func (b *batch) admit(ctx context.Context) error {
	mine := schedule.Queue{Account: b.account, Rights: b.rights, Usage: b.usage, Waits: b.waits}
	free, err := b.free(ctx, mine)
	if err != nil || len(free) == 0 {
		return err
	}
	matches := mine.Admit(free)
	docs, err := b.documents(ctx, matches)
	if err != nil {
		return err
	}
	for _, m := range matches {
		if err := b.begin(m, docs); err != nil {
			return err
		}
	}
	return nil
}

// free returns the instances that are for the account to take now.
func (b *batch) free(ctx context.Context, mine schedule.Queue) ([]schedule.Free, error) {
	var all []schedule.Free
	for _, unit := range b.wanted(mine) {
		free, err := b.fleet.freeOf(ctx, unit)
		if err != nil {
			return nil, err
		}
		if len(free) > 0 {
			free, err = b.share(ctx, unit, mine, free)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, free...)
	}
	return all, nil
}

// wanted returns the units that the account's sessions wait for which have a slot.
func (b *batch) wanted(mine schedule.Queue) []string {
	var units []string
	for _, w := range mine.Waits {
		if mine.Rights.Free(mine.Usage, w.Class) <= 0 {
			continue
		}
		for _, unit := range w.Units {
			if !slices.Contains(units, unit) {
				units = append(units, unit)
			}
		}
	}
	return units
}

// share returns what of a unit's free instances is for the account, since nobody
// whose claim comes first takes it. Those who do are told.
func (b *batch) share(ctx context.Context, unit string, mine schedule.Queue, free []schedule.Free) ([]schedule.Free, error) {
	claims, err := b.fleet.claims(ctx, unit, b.account)
	if err != nil || len(claims) == 0 {
		return free, err
	}
	own := schedule.Claim{Account: b.account, Since: mine.Waits[0].Since}
	if own.Last, err = b.fleet.turn(ctx, unit, b.account); err != nil {
		return nil, err
	}
	rivals := []schedule.Rival{{Claim: own, Queue: mine}}
	for _, c := range claims {
		if !c.Before(own) {
			continue
		}
		queue, err := b.fleet.queueOf(ctx, c.Account)
		if err != nil {
			return nil, err
		}
		rivals = append(rivals, schedule.Rival{Claim: c, Queue: queue})
	}
	if len(rivals) == 1 {
		return free, nil
	}
	var left []schedule.Free
	for id, matches := range schedule.Divide(rivals, free) {
		if id != b.account {
			b.fleet.Poke(id)
			continue
		}
		for _, m := range matches {
			left = append(left, m.Free)
		}
	}
	return left, nil
}

// documents reads the instances and the sessions of matches, and who is on the
// browsers that serve one account at a time.
func (b *batch) documents(ctx context.Context, matches []schedule.Match) (store.Moment, error) {
	var keys []string
	for _, m := range matches {
		keys = append(keys, instanceKey(m.Free.ID), sessionKey(m.Wait.Session))
		if unit, ok := b.fleet.config.Units().Unit(m.Free.Unit); ok && unit.Shared {
			keys = append(keys, occupantKey(m.Free.Unit))
		}
	}
	if len(keys) == 0 {
		return nil, nil
	}
	slices.Sort(keys)
	return store.Read(ctx, b.fleet.config.Store, slices.Compact(keys)...)
}

// begin has a session hold an instance. What has changed since the queue was read
// makes the commit fail, and is seen by the next attempt.
func (b *batch) begin(m schedule.Match, docs store.Moment) error {
	d := docs[instanceKey(m.Free.ID)]
	i, err := decode[lease.Instance](d)
	if err != nil {
		return err
	}
	s, err := b.waiting(m.Wait, docs)
	if err != nil || i.Phase != lease.Ready || s.Stage() != lease.Waiting {
		return err // somebody was faster
	}
	if free, err := b.occupy(m.Free.Unit, docs); err != nil || !free {
		return err
	}
	if i, err = i.Hold(s.ID, s.Account, b.now); err != nil {
		return err
	}
	i.Node = b.fleet.config.Node
	s.Rate = s.RateIn(b.terms)
	if s, err = s.Assign(i, b.now); err != nil {
		return err
	}
	b.change.when(d)
	b.change.put(d.Key, i)
	b.change.remove(readyKey(i))
	b.change.put(sessionKey(s.ID), s)
	b.change.put(holderKey(s), nothing{})
	b.change.put(turnKey(i.Unit, b.account), moment{b.now})
	b.leaveQueue(s)
	b.usage = b.usage.Leave().Begin(s.Class())
	b.sessions[s.ID] = s
	b.begun = append(b.begun, s)
	return nil
}

// waiting returns the session of a wait: as it was just queued, or as it was read.
func (b *batch) waiting(w schedule.Wait, docs store.Moment) (lease.Session, error) {
	if s, ok := b.sessions[w.Session]; ok {
		return s, nil
	}
	d, ok := docs[sessionKey(w.Session)]
	if !ok {
		return lease.Session{}, noSession(w.Session)
	}
	b.change.when(d)
	return decode[lease.Session](d)
}

// freeOf returns the ready instances of a unit. Those of a browser that serves one
// account at a time are for the account that is on it.
func (f *Fleet) freeOf(ctx context.Context, unit string) ([]schedule.Free, error) {
	found, err := f.config.Store.Range(ctx, store.Query{Prefix: readies + unit + "/", Limit: maxFree})
	if err != nil || len(found) == 0 {
		return nil, err
	}
	on, err := f.occupant(ctx, unit)
	if err != nil {
		return nil, err
	}
	var free []schedule.Free
	for _, d := range found {
		one, err := store.Decode[schedule.Free](d)
		if err != nil {
			return nil, err
		}
		if on.Seats > 0 {
			one.For = on.Account
		}
		free = append(free, one)
	}
	return free, nil
}

// claims returns the claims of the accounts other than one that wait for a unit.
func (f *Fleet) claims(ctx context.Context, unit string, but account.ID) ([]schedule.Claim, error) {
	first, err := f.firsts(ctx, wants+unit+"/")
	if err != nil {
		return nil, err
	}
	var claims []schedule.Claim
	for _, d := range first {
		id := account.ID(segmentAfter(d.Key, wants+unit+"/"))
		if id == but {
			continue
		}
		since, err := store.Decode[moment](d)
		if err != nil {
			return nil, err
		}
		last, err := f.turn(ctx, unit, id)
		if err != nil {
			return nil, err
		}
		claims = append(claims, schedule.Claim{Account: id, Last: last, Since: since.At})
	}
	return claims, nil
}

// firsts returns the first document of each segment that follows a prefix.
func (f *Fleet) firsts(ctx context.Context, prefix string) ([]store.Document, error) {
	var all []store.Document
	for q := (store.Query{Prefix: prefix, Limit: 1}); ; {
		found, err := f.config.Store.Range(ctx, q)
		if err != nil || len(found) == 0 {
			return all, err
		}
		all = append(all, found[0])
		segment := segmentAfter(found[0].Key, prefix)
		q.From = prefix + segment + "/~" // after every place
	}
}

// turn returns when an account got a unit last, or the zero time.
func (f *Fleet) turn(ctx context.Context, unit string, id account.ID) (time.Time, error) {
	key := turnKey(unit, id)
	found, err := store.Read(ctx, f.config.Store, key)
	if err != nil {
		return time.Time{}, err
	}
	at, err := decode[moment](found[key])
	return at.At, err
}

// queueOf returns what an account waits for and what it may have, as it is now.
func (f *Fleet) queueOf(ctx context.Context, id account.ID) (schedule.Queue, error) {
	view, err := f.config.Accounts.View(ctx, callerOf(id))
	if err != nil {
		return schedule.Queue{}, err
	}
	q := schedule.Queue{Account: id, Rights: lease.RightsOf(view.State, view.Terms)}
	found, err := store.Read(ctx, f.config.Store, usageKey(id))
	if err != nil {
		return q, err
	}
	if q.Usage, err = decode[lease.Usage](found[usageKey(id)]); err != nil {
		return q, err
	}
	q.Waits, err = f.waits(ctx, id)
	return q, err
}

// waits returns an account's queue, oldest first.
func (f *Fleet) waits(ctx context.Context, id account.ID) ([]schedule.Wait, error) {
	found, err := store.All(ctx, f.config.Store, queuePrefix(id))
	if err != nil {
		return nil, err
	}
	var waits []schedule.Wait
	for _, d := range found {
		w, err := store.Decode[schedule.Wait](d)
		if err != nil {
			return nil, err
		}
		waits = append(waits, w)
	}
	return waits, nil
}

// dispatch tells the account whose turn it is that an instance of a unit is free.
func (f *Fleet) dispatch(ctx context.Context, unit string) error {
	claims, err := f.claims(ctx, unit, "")
	if err != nil || len(claims) == 0 {
		return err
	}
	var rivals []schedule.Rival
	for _, c := range claims {
		queue, err := f.queueOf(ctx, c.Account)
		if err != nil {
			return err
		}
		rivals = append(rivals, schedule.Rival{Claim: c, Queue: queue})
	}
	free, err := f.freeOf(ctx, unit)
	if err != nil {
		return err
	}
	for id := range schedule.Divide(rivals, free) {
		f.Poke(id)
	}
	return nil
}

// callerOf is who asks for an account's rights.
func callerOf(id account.ID) journal.Caller {
	return journal.Caller{Account: id, By: journal.By{Key: "fleet"}}
}
