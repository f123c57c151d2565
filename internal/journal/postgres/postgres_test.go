package postgres_test

import (
	"context"
	"testing"

	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/journal/journaltest"
	"github.com/slotfarm/slotfarm/internal/journal/postgres"
	"github.com/slotfarm/slotfarm/internal/journal/postgres/pgtest"
)

// TestConformance runs the suite that defines the contract.
func TestConformance(t *testing.T) {
	s := pgtest.Start(t)
	journaltest.Run(t, journaltest.Engine{
		Durable: true,
		New: func(t *testing.T) func() (journal.Store, error) {
			url := s.Database(t)
			return func() (journal.Store, error) { return postgres.Open(context.Background(), url) }
		},
	})
}
