package cli

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/offline"
)

// recoverCommand makes a key for an operator who has lost every key.
type recoverCommand struct {
	storage
	Name string `default:"recovered" placeholder:"NAME" help:"The name of the key."`
}

// Help returns the text of --help below the usage line.
func (recoverCommand) Help() string {
	return `The key is printed once, as JSON. The command needs the storage and its master key, so only those who already have full access can use it. If the storage is a data directory, stop its server first. Other keys stay as they are: list them, and delete those that are lost.`
}

// Run makes the key.
func (c *recoverCommand) Run(ctx context.Context, streams IO) error {
	if err := c.check(); err != nil {
		return err
	}
	made, err := offline.Recover(ctx, c.offline(), c.Name)
	if err != nil {
		return err
	}
	return showKey(streams, made)
}
