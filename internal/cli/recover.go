package cli

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/access"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/server"
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
	var made access.Credentials
	err := server.Offline(ctx, c.config(), func(p *server.Parts) (err error) {
		if err = c.unlock(ctx, p); err != nil {
			return err
		}
		made, err = p.Keys.Create(ctx, journal.Caller{Account: access.OperatorAccount, By: journal.By{Key: "recover"}}, c.Name, iam.Operator())
		return err
	})
	if err != nil {
		return err
	}
	return showKey(streams, made)
}
