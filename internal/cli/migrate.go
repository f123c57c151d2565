package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// migrateCommand moves a data directory, or a backup, to a database.
type migrateCommand struct {
	From string `required:"" placeholder:"DIR" help:"The data directory, which no server has open, or a backup."`
	To   string `required:"" env:"SLOTFARM_TO,SLOTFARM_DATABASE_URL" placeholder:"URL" help:"A new PostgreSQL database."`
}

// Help is what --help says of the command beside its flags.
func (migrateCommand) Help() string {
	return `Every hash and state is recomputed on the way, and once more in the database. Where one is wrong or anything fails, the database stays empty; the directory stays as it is. Servers need the same master key afterwards: give it to them with --master-key-file.`
}

// Run copies everything and verifies it.
func (c *migrateCommand) Run(ctx context.Context, streams IO) (err error) {
	from, err := sqlite.OpenArchive(ctx, c.From)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	to, err := postgres.Open(ctx, c.To)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := move(ctx, from, to); err != nil {
		return fmt.Errorf("nothing was moved: %w", err)
	}
	report, err := journal.Verify(ctx, to)
	if err == nil {
		err = differs(verification(report))
	}
	if err != nil {
		return fmt.Errorf("the database does not hold what it was given: %w", err)
	}
	_, err = fmt.Fprintf(streams.Out, "The database holds %d entries of %d accounts.\n", report.Entries, report.Accounts)
	return err
}

// move copies a journal into an empty database, all of it or nothing.
func move(ctx context.Context, from *sqlite.Archive, to *postgres.Journal) error {
	return to.Import(ctx, func(i *postgres.Import) error {
		report, err := from.Walk(ctx, func(r journal.Record, state account.State) error { return i.Entry(ctx, r, state) })
		if err == nil {
			err = differs(verification(report))
		}
		if err != nil {
			return err
		}
		last, err := from.Documents(ctx, func(d store.Document) error {
			if err := d.CheckStored(); err != nil {
				return err
			}
			return i.Document(ctx, d)
		})
		if err != nil {
			return err
		}
		return i.Versions(ctx, last)
	})
}
