package cli

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// verifyCommand recomputes hashes and states.
type verifyCommand struct {
	query
	File string `arg:"" optional:"" placeholder:"FILE" help:"The backup to verify, without a server."`
	Data string `env:"-" placeholder:"DIR" help:"The data directory to verify. No server may have it open."`
}

// Help is what --help says of the command beside its flags.
func (verifyCommand) Help() string {
	return `Without a file or a directory, the server verifies what it stores. If an entry differs, the command names the first one and the exit status is 1. It cannot notice entries that are missing at the end of a journal.`
}

// Run verifies, and fails where an entry differs.
func (c *verifyCommand) Run(ctx context.Context, streams IO) error {
	if c.File != "" && c.Data != "" {
		return usageError{fmt.Errorf("%q and --data %q cannot be verified at once; give one of them", c.File, c.Data)}
	}
	p := &page{}
	v, err := c.verify(ctx)
	if err != nil {
		return err
	}
	p.say("entries: %d, accounts: %d", v.Entries, v.Accounts)
	if p.answer, err = json.Marshal(v); err != nil {
		return err
	}
	if err := c.print(streams.Out, p); err != nil {
		return err
	}
	return differs(v)
}

// verify returns what recomputing gives.
func (c *verifyCommand) verify(ctx context.Context) (v operatorapi.Verification, err error) {
	path := c.File
	if path == "" {
		path = c.Data
	}
	if path == "" {
		err = c.ask(ctx, func(ctx context.Context, api *client.Client) error {
			v, err = api.Verify(ctx)
			return err
		})
		return v, err
	}
	report, err := sqlite.VerifyArchive(ctx, path)
	return verification(report), err
}
