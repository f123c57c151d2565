package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/slotfarm/slotfarm/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// How often and how many times a process that waits for another's migration
// looks again, and how long it respects the lock of a process that died.
const (
	lockPause = 50 * time.Millisecond
	lockTries = 1200
	lockLease = 10 * time.Second
)

// migrate brings the database to the newest format that this program knows, and
// refuses a newer format. One process migrates while others wait.
func migrate(ctx context.Context, pool *pgxpool.Pool) (err error) {
	db := stdlib.OpenDBFromPool(pool)
	defer func() { err = errors.Join(err, db.Close()) }()
	provider, err := provider(db)
	if err != nil {
		return err
	}
	have, err := format(ctx, db)
	if err != nil {
		return fmt.Errorf("read the storage format: %w", err)
	}
	sources := provider.ListSources()
	newest := sources[len(sources)-1].Version
	if have > newest {
		return fault.New(fault.Conflict, "the storage format is %d; this program knows up to %d: use a newer slotfarm", have, newest)
	}
	if have == newest {
		return nil
	}
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("bring the storage format up to date: %w", err)
	}
	return nil
}

func provider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresTableLocker(
		lock.WithTableLockTimeout(lockPause, lockTries), lock.WithTableLeaseDuration(lockLease), lock.WithTableHeartbeatInterval(lockLease/5))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, db, files, goose.WithLocker(locker), goose.WithGoMigrations(moveRecords()))
}

// undefinedTable is PostgreSQL's error code for a table that does not exist.
const undefinedTable = "42P01"

// format returns the format of the tables, or 0 if there are none.
func format(ctx context.Context, db *sql.DB) (have int64, err error) {
	err = db.QueryRowContext(ctx, `SELECT coalesce(max(version_id), 0) FROM goose_db_version`).Scan(&have)
	var refused *pgconn.PgError
	if errors.As(err, &refused) && refused.Code == undefinedTable {
		return 0, nil
	}
	return have, err
}
