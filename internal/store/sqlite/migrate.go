package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"

	"github.com/slotfarm/slotfarm/internal/fault"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the database to the newest format that this program knows. It
// refuses a newer format, and a schema that somebody has changed.
func migrate(ctx context.Context, db *sql.DB) error {
	provider, err := provider(db)
	if err != nil {
		return err
	}
	have, err := provider.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read the storage format: %w", err)
	}
	if err := checkKnown(provider, have); err != nil {
		return err
	}
	if err := checkSchema(ctx, db, have); err != nil {
		return err
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
	return goose.NewProvider(goose.DialectSQLite3, db, files, goose.WithGoMigrations(moveRecords()))
}

// checkKnown refuses a format that is newer than this program.
func checkKnown(p *goose.Provider, have int64) error {
	sources := p.ListSources()
	if newest := sources[len(sources)-1].Version; have > newest {
		return fault.New(fault.Conflict, "the storage format is %d; this program knows up to %d: use a newer slotfarm", have, newest)
	}
	return nil
}
