package cli

import (
	"context"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/offline"
)

// migrateCommand moves a data directory, or a backup, to a database.
type migrateCommand struct {
	From string `required:"" placeholder:"DIR" help:"A backup, or a data directory that no server has open."`
	To   string `required:"" env:"SLOTFARM_TO,SLOTFARM_DATABASE_URL" placeholder:"URL" help:"A new PostgreSQL database."`
}

// Help returns the text of --help below the usage line.
func (migrateCommand) Help() string {
	return `The command recomputes every hash and state on the way, and once more in the database. If one is wrong or anything fails, the database stays empty. The directory stays as it is. Servers need the same master key afterwards: pass it with --master-key-file.`
}

// Run copies everything and verifies it.
func (c *migrateCommand) Run(ctx context.Context, streams IO) error {
	report, err := offline.Migrate(ctx, c.From, c.To)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(streams.Out, "The database holds %d entries of %d accounts.\n", report.Entries, report.Accounts)
	return err
}
