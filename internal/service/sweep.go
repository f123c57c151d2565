package service

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
)

// swept is how many accounts a sweep rolls before it looks for more.
const swept = 500

// Sweep rolls every account that has passed a boundary. On storage that is shared
// it leaves out those that another process is just rolling.
func (s *Service) Sweep(ctx context.Context) error {
	rolled, err := s.sweep(ctx)
	if s.Swept != nil {
		s.Swept(rolled, err)
	}
	return err
}

// sweep returns how many accounts it rolled at least.
func (s *Service) sweep(ctx context.Context) (rolled int, err error) {
	if !s.Shared {
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
func (s *Service) sweepClaimed(ctx context.Context, share string) (rolled int, err error) {
	ids, err := s.Store.Due(ctx, s.Now(), share, 1)
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
func (s *Service) sweepShare(ctx context.Context, share string, goOn func(context.Context) (bool, error)) (rolled int, err error) {
	var broken skipped
	for more := true; more; {
		wall := s.Now()
		ids, err := s.Store.Due(ctx, wall, share, swept+len(broken.ids))
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
		s.ids, s.first = map[account.ID]bool{}, fmt.Errorf("account %s cannot be rolled: %w", id, err)
	}
	s.ids[id] = true
}

// without returns ids but the skipped ones. Nothing may be added meanwhile.
func (s *skipped) without(ids []account.ID) []account.ID {
	return slices.DeleteFunc(ids, func(id account.ID) bool { return s.ids[id] })
}

// Lag returns for how long that account has been due which has been so longest,
// and 0 where none is.
func (s *Service) Lag(ctx context.Context) (time.Duration, error) {
	wall := s.Now()
	ids, err := s.Store.Due(ctx, wall, "", 1)
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	head, err := s.Store.Head(ctx, ids[0])
	if due := head.State.Due(); err == nil && !due.IsZero() { // a caller may have rolled it meanwhile
		return max(0, wall.Sub(due)), nil
	}
	return 0, err
}

// roll brings an account up to its time when the wall clock shows wall.
func (s *Service) roll(ctx context.Context, id account.ID, wall time.Time) error {
	terms := s.Shelf.Terms()
	_, err := s.update(ctx, journal.Caller{Account: id, By: journal.By{Key: "sweeper"}}, wall, func(state account.State) ([]account.Event, error) {
		return state.Roll(terms, state.Now(wall))
	})
	return err
}
