package cli

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/client"
)

// checkpointCommand prints a checkpoint.
type checkpointCommand struct {
	endpoint
}

// Help returns the text of --help below the usage line.
func (checkpointCommand) Help() string {
	return `Keep what is printed away from the data. "slotfarm verify --since FILE" then notices if the newest entries of a journal are missing, if an account is gone, or if the storage is an older copy. Test accounts are not in it, because they may go back.`
}

// Run prints the checkpoint.
func (c *checkpointCommand) Run(ctx context.Context, streams IO) error {
	return c.ask(ctx, func(ctx context.Context, api *client.Client) error {
		taken, err := api.Checkpoint(ctx)
		if err != nil {
			return err
		}
		_, err = streams.Out.Write(append(taken, '\n'))
		return err
	})
}
