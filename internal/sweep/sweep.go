// Package sweep rolls accounts that have passed a boundary without being used
// since. It decides when and by which process an account is rolled; package
// account decides what happens at a boundary.
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

	Shared bool                          // whether other processes use the store too
	Swept  func(accounts int, err error) // called after each Sweep with the number of accounts that it rolled
}

// Sweeper rolls accounts. New makes one.
type Sweeper struct{ config Config }

// New returns a sweeper of the accounts in a store.
func New(c Config) *Sweeper { return &Sweeper{c} }

// swept is how many accounts a sweep rolls before it reads further ones.
const swept = 500

// Sweep rolls every account that has passed a boundary. On shared storage it
// leaves out the shares that another process is sweeping.
func (s *Sweeper) Sweep(ctx context.Context) error {
	rolled, err := s.sweep(ctx)
	if s.config.Swept != nil {
		s.config.Swept(rolled, err)
	}
	return err
}

// sweep returns how many accounts it rolled.
func (s *Sweeper) sweep(ctx context.Context) (rolled int, err error) {
	if !s.config.Shared {
		return s.sweepShare(ctx, "", func(context.Context) (bool, error) { return true, nil })
	}
	for _, i := range rand.Perm(len(shares)) { // in random order, so that processes that begin together meet less often
		n, failed := s.sweepClaimed(ctx, shares[i:i+1])
		rolled += n
		if err = errors.Join(err, failed); failed != nil && hopeless(ctx, failed) {
			break
		}
	}
	return rolled, err
}

// hopeless reports whether err would also occur for other accounts.
func hopeless(ctx context.Context, err error) bool {
	return ctx.Err() != nil || fault.KindOf(err) == fault.Unavailable
}

// sweepClaimed sweeps a share of the accounts if no other process does.
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

// sweepShare rolls the accounts of a share, page by page, while goOn returns
// true. An account that cannot be rolled, because its entry is damaged or of a
// newer format, does not stop the others; sweepShare returns the first such
// error at the end.
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

// skipped holds the accounts that a sweep cannot roll. Accounts may be added
// concurrently.
type skipped struct {
	mu    sync.Mutex
	ids   map[account.ID]bool
	first error
}

func (s *skipped) add(id account.ID, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first == nil {
		message := fmt.Sprintf("account %s cannot be rolled; run slotfarm verify to find out why", id)
		s.ids, s.first = map[account.ID]bool{}, &fault.Error{Kind: fault.Conflict, Message: message, Err: err}
	}
	s.ids[id] = true
}

// without returns the ids that are not skipped. Nothing may be added meanwhile.
func (s *skipped) without(ids []account.ID) []account.ID {
	return slices.DeleteFunc(ids, func(id account.ID) bool { return s.ids[id] })
}

// Lag returns how long the most overdue account has been due, or 0 if none is
// due.
func (s *Sweeper) Lag(ctx context.Context) (time.Duration, error) {
	wall := s.config.Now()
	ids, err := s.config.Store.Due(ctx, wall, "", 1)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	head, err := s.config.Store.Head(ctx, ids[0])
	if due := head.State.Due(); err == nil && !due.IsZero() { // it may have been rolled meanwhile
		return max(0, wall.Sub(due)), nil
	}
	return 0, err
}

// roll brings an account up to date. The wall clock shows wall.
func (s *Sweeper) roll(ctx context.Context, id account.ID, wall time.Time) error {
	terms := s.config.Terms()
	_, err := s.config.Store.Update(ctx, journal.Change{
		Account: id, Recorded: wall, By: journal.By{Key: "sweeper"},
		Decide: func(state account.State) ([]account.Event, error) { return state.Roll(terms, state.Now(wall)) },
	})
	return err
}
