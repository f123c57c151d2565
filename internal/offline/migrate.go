package offline

import (
	"context"
	"errors"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// Migrate moves a data directory, or a backup, to a new PostgreSQL database, and
// returns what verifying the database found. Every hash and state is recomputed on
// the way, and documents are held against the operator's acts. If anything is wrong
// or fails, the database stays empty.
func Migrate(ctx context.Context, directory, database string) (report journal.Report, err error) {
	from, err := sqlite.OpenArchive(ctx, directory)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := postgres.Open(ctx, database)
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := move(ctx, from, to); err != nil {
		return report, fmt.Errorf("nothing was moved: %w", err)
	}
	report, err = journal.Verify(ctx, to)
	if err == nil {
		err = report.Err()
	}
	if err != nil {
		return report, fmt.Errorf("the database does not hold what was copied into it: %w", err)
	}
	return report, nil
}

// move copies a journal into an empty database, all of it or nothing.
func move(ctx context.Context, from *sqlite.Archive, to *postgres.Journal) error {
	return to.Import(ctx, func(i *postgres.Import) error {
		audit := acts.NewAudit(server.Kinds())
		report, err := from.Walk(ctx, func(r journal.Record, state account.State) error {
			return errors.Join(audit.Entry(r, state), i.Entry(ctx, r, state))
		})
		if err == nil {
			err = report.Err()
		}
		if err != nil {
			return err
		}
		last, err := from.Documents(ctx, func(d store.Document) error {
			if err := errors.Join(d.CheckStored(), audit.Document(d)); err != nil {
				return err
			}
			return i.Document(ctx, d)
		})
		if err != nil {
			return err
		}
		return errors.Join(audit.Report(report).Err(), i.Versions(ctx, last))
	})
}
