package fleet

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/store"
)

// How often the parts of Run look again.
const (
	lookEvery  = 500 * time.Millisecond // at the queue, while anyone waits
	reapEvery  = time.Second            // at live sessions
	keepEvery  = 500 * time.Millisecond // at instances that are not ready
	checkEvery = 30 * time.Second       // at the back-ends of ready instances, and at what waits too long
	stepLimit  = time.Minute            // for one look
)

// Run keeps the fleet going until ctx ends: it says that this node lives, admits
// who waits, ends what is over, and tends the instances. It returns once all work
// that it began is done.
func (f *Fleet) Run(ctx context.Context) {
	f.activity.mu.Lock()
	f.activity.started, f.activity.renewed = f.config.Now().UTC(), time.Now()
	f.activity.mu.Unlock()
	var parts sync.WaitGroup
	beats := int64(0)
	keeper := newKeeper(f)
	for _, part := range []struct {
		name  string
		every time.Duration
		step  func(context.Context) error
	}{
		{"heartbeat", beatEvery, func(ctx context.Context) error { beats++; return f.beat(ctx, beats) }},
		{"queue", lookEvery, f.look},
		{"reaper", reapEvery, f.reap},
		{"instances", keepEvery, keeper.step},
		{"booking", checkEvery, func(ctx context.Context) error { return errors.Join(f.BookEnded(ctx, ""), f.expire(ctx)) }},
	} {
		parts.Go(func() { f.repeat(ctx, part.name, part.every, part.step) })
	}
	parts.Wait()
	f.work.Wait()
	if err := f.leave(); err != nil {
		f.config.Log.WarnContext(ctx, "the heartbeat stays for other nodes to remove", "error", err)
	}
}

// repeat takes a step at once and then again and again, until ctx ends.
func (f *Fleet) repeat(ctx context.Context, name string, every time.Duration, step func(context.Context) error) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		limited, cancel := context.WithTimeout(ctx, stepLimit)
		if err := step(limited); err != nil && ctx.Err() == nil {
			f.config.Log.ErrorContext(ctx, "the fleet could not do its work", "part", name, "error", err)
		}
		cancel()
		timer.Reset(every - every/10 + rand.N(every/5))
	}
}

// look has the queue of every account looked at that waits.
func (f *Fleet) look(ctx context.Context) error {
	first, err := f.firsts(ctx, queues)
	for _, d := range first {
		f.Poke(account.ID(segmentAfter(d.Key, queues)))
	}
	return err
}

// expire ends the sessions that have waited for too long.
func (f *Fleet) expire(ctx context.Context) error {
	first, err := f.firsts(ctx, queues) // the oldest of each account
	for _, d := range first {
		id := account.ID(segmentAfter(d.Key, queues))
		err = errors.Join(err, f.expireOf(ctx, id))
	}
	return err
}

func (f *Fleet) expireOf(ctx context.Context, id account.ID) error {
	waits, err := f.waits(ctx, id)
	if err != nil {
		return err
	}
	for _, w := range waits {
		s, err := f.Session(ctx, w.Session)
		if err != nil {
			return err
		}
		why := s.Over(time.Time{}, f.config.Now())
		if why == "" {
			return nil // those behind it came later
		}
		if _, err := f.End(ctx, s.ID, lease.Stopped, why); err != nil {
			return err
		}
		f.config.Observe(Observation{Event: "expired", Kind: s.Kind, Account: s.Account})
	}
	return nil
}

// reap ends the live sessions that are idle, have taken as long as they may, or
// whose create nobody finishes any more.
func (f *Fleet) reap(ctx context.Context) error {
	sessions, err := f.Live(ctx, "")
	if err != nil {
		return err
	}
	live := map[string]bool{}
	for _, s := range sessions {
		live[s.ID] = true
		if s.Stage() == lease.Assigned && f.config.Now().Sub(s.Began) >= deadAfter { // whoever began it has gone
			f.prepareLater(s)
		}
		outcome, why := f.over(s)
		if why == "" {
			continue
		}
		if _, endErr := f.End(ctx, s.ID, outcome, why); endErr != nil {
			err = errors.Join(err, endErr)
			continue
		}
		f.config.Observe(Observation{Event: "reaped", Kind: s.Kind, Account: s.Account})
	}
	f.forgetActivity(live)
	return err
}

// over returns why a live session has to end, and how it ended then, or "".
func (f *Fleet) over(s lease.Session) (lease.Outcome, string) {
	now := f.config.Now()
	if c := s.Creating; c != nil {
		if now.Before(c.Until) {
			return "", ""
		}
		return lease.Errored, "Its back-end did not begin a session in time."
	}
	if s.Stopping != nil && now.Sub(s.Stopping.At) >= deadAfter { // whoever stopped it has gone
		return s.Stopping.Outcome, s.Stopping.Message
	}
	return lease.Stopped, s.Over(f.last(s.ID), now)
}

// keeper tends the instances, those that do not get ready less and less often.
type keeper struct {
	fleet *Fleet
	tries map[string]int       // that failed in a row
	next  map[string]time.Time // that each is looked at; by the monotonic clock
}

func newKeeper(f *Fleet) *keeper {
	return &keeper{f, map[string]int{}, map[string]time.Time{}}
}

// The longest time between two looks at an instance that does not get ready, and
// how many are looked at together.
const (
	longestPause = time.Minute
	tendTogether = 16
)

// step looks at every instance whose time has come.
func (k *keeper) step(ctx context.Context) error {
	if err := k.fleet.Sync(ctx); err != nil {
		return err
	}
	all, err := k.fleet.Instances(ctx)
	if err != nil {
		return err
	}
	now := time.Now()
	var due []lease.Instance
	for _, i := range all {
		if (tended(i.Phase) || i.Phase == lease.Ready) && !now.Before(k.next[i.ID]) {
			due = append(due, i)
		}
	}
	errs := k.each(ctx, due)
	for n, i := range due {
		k.plan(i, errs[n], now)
	}
	return nil
}

// each looks at instances, some at a time, and returns what came of each.
func (k *keeper) each(ctx context.Context, due []lease.Instance) []error {
	errs := make([]error, len(due))
	places := make(chan struct{}, tendTogether)
	var looks sync.WaitGroup
	for n, i := range due {
		places <- struct{}{}
		looks.Go(func() {
			defer func() { <-places }()
			if i.Phase == lease.Ready {
				errs[n] = k.fleet.check(ctx, i)
			} else {
				errs[n] = k.fleet.tend(ctx, i.ID)
			}
		})
	}
	looks.Wait()
	return errs
}

// plan says when an instance is looked at next.
func (k *keeper) plan(i lease.Instance, err error, now time.Time) {
	pause := checkEvery
	if i.Phase != lease.Ready {
		if k.tries[i.ID]++; err == nil && i.Phase == lease.Cleaning {
			k.tries[i.ID] = min(k.tries[i.ID], 3)
		}
		pause = min(keepEvery<<min(k.tries[i.ID], 7), longestPause)
	} else {
		k.tries[i.ID] = 0
	}
	k.next[i.ID] = now.Add(pause - pause/4 + rand.N(pause/2))
}

// check asks the back-end of a ready instance whether it still is.
func (f *Fleet) check(ctx context.Context, i lease.Instance) error {
	seat, ok := f.config.Units().Seat(i.ID)
	if !ok {
		return nil
	}
	if i.Node != f.config.Node && !f.dead(i.Node) {
		return nil
	}
	if err := f.config.Backend.Ready(ctx, seat); err != nil {
		return f.silent(ctx, i, err)
	}
	return nil
}

// Audit returns what is wrong with the leases: usage that is not the sum of live
// sessions, an instance that two hold or that its session does not hold, a session
// that is booked twice or never. It reads what is stored, and so may be wrong about
// what changes meanwhile.
func (f *Fleet) Audit(ctx context.Context) ([]string, error) {
	live, err := f.Live(ctx, "")
	if err != nil {
		return nil, err
	}
	usage := map[account.ID]lease.Usage{}
	holder := map[string]string{}
	var wrong []string
	for _, s := range live {
		if !s.Holds() {
			wrong = append(wrong, "session "+s.ID+" is "+string(s.Stage())+" and counted as live")
			continue
		}
		usage[s.Account] = usage[s.Account].Begin(s.Class())
		if other, twice := holder[s.Instance]; twice {
			wrong = append(wrong, "instance "+s.Instance+" is held by sessions "+other+" and "+s.ID)
		}
		holder[s.Instance] = s.ID
		i, err := f.Instance(ctx, s.Instance)
		if err != nil {
			return nil, err
		}
		if i.Phase != lease.Held || i.Session != s.ID || i.Fence != s.Fence {
			wrong = append(wrong, "instance "+i.ID+" is "+string(i.Phase)+" and not held by session "+s.ID)
		}
	}
	stored, err := store.All(ctx, f.config.Store, usages)
	if err != nil {
		return nil, err
	}
	for _, d := range stored {
		u, err := store.Decode[lease.Usage](d)
		if err != nil {
			return nil, err
		}
		id := account.ID(strings.TrimPrefix(d.Key, usages))
		if diff := u.Differs(usage[id]); diff != "" {
			wrong = append(wrong, "account "+string(id)+": "+diff)
		}
		delete(usage, id)
	}
	for id := range usage {
		wrong = append(wrong, "account "+string(id)+" has live sessions and no usage")
	}
	return wrong, nil
}
