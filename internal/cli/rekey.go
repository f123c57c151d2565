package cli

import (
	"context"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offline"
)

// rekeyCommand seals the secrets of access keys under another master key.
type rekeyCommand struct {
	storage
	NewMasterKeyFile string `placeholder:"FILE" help:"The new master key. By default the command generates one, and it replaces the old one."`
}

// Help returns the text of --help below the usage line.
func (rekeyCommand) Help() string {
	return `Stop every server of the data first. Access keys stay as they are. A generated master key stays in a file with the same name and .new at its end until every secret is sealed under it. If the command is interrupted, run it again. Backups made earlier need the old master key.`
}

// Run seals all secrets again.
func (c *rekeyCommand) Run(ctx context.Context, streams IO) error {
	if err := c.check(); err != nil {
		return err
	}
	under, err := offline.Rekey(ctx, c.offline(), c.NewMasterKeyFile)
	if fault.KindOf(err) == fault.Argument {
		err = usageError{err}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(streams.Out, "The secrets are sealed under %s.\n", under)
	return err
}
