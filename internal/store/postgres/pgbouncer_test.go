package postgres_test

import (
	"context"
	"testing"

	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
	"github.com/slotfarm/slotfarm/internal/store/storetest"
)

// TestBehindPgBouncer runs the suite, and several nodes at once, where each transaction may have another
// connection to the database.
func TestBehindPgBouncer(t *testing.T) {
	t.Parallel()
	b := pgtest.Start(t).Bouncer(t)
	storetest.Run(t, storetest.Engine{
		Durable: true,
		New: func(t *testing.T) func() (store.Store, error) {
			url := b.Database(t)
			return func() (store.Store, error) { return postgres.Open(context.Background(), url) }
		},
	})
	t.Run("eight nodes make the tables once", func(t *testing.T) { testMigratedOnce(t, b.Database(t)) })
	t.Run("three nodes keep one limit", func(t *testing.T) { testLimit(t, b.Database(t)) })
}
