// Package service sweeps.
package service

import (
	"context"
	"time"

	"github.com/slotfarm/slotfarm/internal/catalog"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// Config is what a Service works with. All fields but Shared and Swept are required.
type Config struct {
	Store journal.Store
	Shelf *catalog.Shelf
	Now   func() time.Time // the wall clock

	Shared bool                          // other processes work on the store too
	Swept  func(accounts int, err error) // hears of each Sweep and how many accounts it rolled
}

// Service answers for all accounts. New makes one.
type Service struct {
	Config
}

// New returns a service that sells what is on a shelf.
func New(c Config) *Service { return &Service{Config: c} }

// update runs a decision on the caller's account.
func (s *Service) update(ctx context.Context, c journal.Caller, wall time.Time, decide journal.Decide) (journal.Outcome, error) {
	return s.Store.Update(ctx, journal.Change{
		Account: c.Account, Recorded: wall, By: c.By, Retry: c.Retry, Decide: decide,
	})
}
