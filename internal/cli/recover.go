package cli

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/offline"
)

// recoverCommand lets an operator in again who has lost every key.
type recoverCommand struct {
	storage
	Name string `default:"recovered" placeholder:"NAME" help:"What the key is called in lists of keys."`
}

// Help is what --help says of the command beside its flags.
func (recoverCommand) Help() string {
	return `The key is printed once, as JSON. It takes the storage and its master key, so it is for those who could do everything anyway. The server of a data directory has to be stopped. Other keys stay as they are: list them and delete what is lost.`
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
