// Package sweep rolls accounts that have passed a boundary though nobody looked
// at them. It decides which account is rolled when and by which process; what
// happens at a boundary, package account decides.
package sweep

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Config is what a Sweeper works with. Store, Terms and Now are required.
type Config struct {
	Store store.Store
	Terms func() account.Terms // for sale now
	Now   func() time.Time     // the wall clock

	Shared bool                          // other processes work on the store too
	Swept  func(accounts int, err error) // hears of each Sweep and how many accounts it rolled
}

// Sweeper rolls accounts. New makes one.
type Sweeper struct{ config Config }

// New returns a sweeper of the accounts in a store.
func New(c Config) *Sweeper { return &Sweeper{c} }

// swept is how many accounts a sweep rolls before it looks for more.
const swept = 500

// Sweep rolls every account that has passed a boundary. On storage that is shared
// it leaves out those that another process is just rolling.
func (s *Sweeper) Sweep(ctx context.Context) error {
	rolled, err := s.sweep(ctx)
	if s.config.Swept != nil {
		s.config.Swept(rolled, err)
	}
	return err
}

// sweep returns how many accounts it rolled at least.
func (s *Sweeper) sweep(ctx context.Context) (rolled int, err error) {
	if !s.config.Shared {
		return s.sweepShare(ctx, "", func(context.Context) (bool, error) { return true, nil })
	}
	for _, i := range rand.Perm(len(shares)) { // processes that begin together meet less often
		n, failed := s.sweepClaimed(ctx, shares[i:i+1])
		rolled += n
		if err = errors.Join(err, failed); failed != nil && hopeless(ctx, failed) {
			break
		}
	}
	return rolled, err
}

// hopeless reports whether what failed with err would fail with other accounts
// too.
func hopeless(ctx context.Context, err error) bool {
	return ctx.Err() != nil || fault.KindOf(err) == fault.Unavailable
}

// sweepClaimed sweeps a share of the accounts while no other process does.
func (s *Sweeper) sweepClaimed(ctx context.Context, share string) (rolled int, err error) {
	ids, err := s.config.Store.Due(ctx, s.config.Now(), share, 1)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	claimed, err := s.claim(ctx, share)
	if err != nil || claimed == nil {
		return 0, err
	}
	rolled, err = s.sweepShare(ctx, share, claimed.renew)
	return rolled, errors.Join(err, claimed.release(context.WithoutCancel(ctx)))
}

// sweepShare rolls the accounts of a share, page by page, while goOn says so. One
// that cannot be rolled, since its entry is damaged or of a newer format, keeps no
// others from it; the first of those is the error in the end.
func (s *Sweeper) sweepShare(ctx context.Context, share string, goOn func(context.Context) (bool, error)) (rolled int, err error) {
	var broken skipped
	for more := true; more; {
		wall := s.config.Now()
		ids, err := s.config.Store.Due(ctx, wall, share, swept+len(broken.ids))
		if ids = broken.without(ids); err != nil || len(ids) == 0 {
			return rolled, errors.Join(err, broken.first)
		}
		before := len(broken.ids)
		err = journal.Each(ctx, ids, func(ctx context.Context, id account.ID) error {
			err := s.roll(ctx, id, wall)
			if err == nil || hopeless(ctx, err) {
				return err
			}
			broken.add(id, err)
			return nil
		})
		if err != nil {
			return rolled, err
		}
		rolled += len(ids) - (len(broken.ids) - before)
		if more, err = goOn(ctx); err != nil {
			return rolled, err
		}
	}
	return rolled, broken.first
}

// skipped are the accounts that a sweep cannot roll. Several may be added at once.
type skipped struct {
	mu    sync.Mutex
	ids   map[account.ID]bool
	first error
}

func (s *skipped) add(id account.ID, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first == nil {
		message := fmt.Sprintf("account %s cannot be rolled; slotfarm verify says what is wrong with it", id)
		s.ids, s.first = map[account.ID]bool{}, &fault.Error{Kind: fault.Conflict, Message: message, Err: err}
	}
	s.ids[id] = true
}

// without returns ids but the skipped ones. Nothing may be added meanwhile.
func (s *skipped) without(ids []account.ID) []account.ID {
	return slices.DeleteFunc(ids, func(id account.ID) bool { return s.ids[id] })
}

// Lag returns for how long that account has been due which has been so longest,
// and 0 where none is.
func (s *Sweeper) Lag(ctx context.Context) (time.Duration, error) {
	wall := s.config.Now()
	ids, err := s.config.Store.Due(ctx, wall, "", 1)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	head, err := s.config.Store.Head(ctx, ids[0])
	if due := head.State.Due(); err == nil && !due.IsZero() { // a caller may have rolled it meanwhile
		return max(0, wall.Sub(due)), nil
	}
	return 0, err
}

// roll brings an account up to its time when the wall clock shows wall.
func (s *Sweeper) roll(ctx context.Context, id account.ID, wall time.Time) error {
	terms := s.config.Terms()
	_, err := s.config.Store.Update(ctx, journal.Change{
		Account: id, Recorded: wall, By: journal.By{Key: "sweeper"},
		Decide: func(state account.State) ([]account.Event, error) { return state.Roll(terms, state.Now(wall)) },
	})
	return err
}
