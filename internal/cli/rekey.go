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
	NewMasterKeyFile string `placeholder:"FILE" help:"The other master key. By default one is drawn, and takes the place of the one before."`
}

// Help is what --help says of the command beside its flags.
func (rekeyCommand) Help() string {
	return `Every server of the data has to be stopped; access keys stay as they are. A drawn key waits in a file of the same name with .new at its end until all is sealed under it: after an interruption, run the command again. Backups made before need the master key before.`
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
