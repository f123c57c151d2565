package service

import (
	"context"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
)

// Sweep rolls every account that has passed a boundary.
func (s *Service) Sweep(ctx context.Context) error {
	rolled, err := s.sweep(ctx)
	if s.Swept != nil {
		s.Swept(rolled, err)
	}
	return err
}

// sweep returns how many accounts it rolled at least.
func (s *Service) sweep(ctx context.Context) (rolled int, err error) {
	const page = 500
	for {
		wall := s.Now()
		ids, err := s.Store.Due(ctx, wall, page)
		if err != nil || len(ids) == 0 {
			return rolled, err
		}
		err = each(ctx, ids, func(ctx context.Context, id account.ID) error {
			return s.roll(ctx, id, wall)
		})
		if err != nil {
			return rolled, err
		}
		rolled += len(ids)
	}
}

// Lag returns for how long that account has been due which has been so longest,
// and 0 where none is.
func (s *Service) Lag(ctx context.Context) (time.Duration, error) {
	wall := s.Now()
	ids, err := s.Store.Due(ctx, wall, 1)
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
	terms := *s.terms.Load()
	_, err := s.update(ctx, Caller{Account: id, Key: "sweeper"}, wall, func(state account.State) ([]account.Event, error) {
		return state.Roll(terms, state.Now(wall))
	})
	return err
}
