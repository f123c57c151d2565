package postgres_test

import (
	"context"
	"testing"

	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
	"github.com/slotfarm/slotfarm/internal/store/storetest"
)

// TestConformance runs the suite that defines the contract.
func TestConformance(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	storetest.Run(t, storetest.Engine{
		Durable: true,
		New: func(t *testing.T) func() (store.Store, error) {
			url := s.Database(t)
			return func() (store.Store, error) { return postgres.Open(context.Background(), url) }
		},
	})
}
