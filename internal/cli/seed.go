package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/manifest"
)

// seedCommand holds the commands on seeds.
type seedCommand struct {
	Apply  seedApplyCommand  `cmd:"" help:"Replace the state of the accounts in a seed with the state that it describes."`
	Check  seedCheckCommand  `cmd:"" help:"Check a seed for mistakes, without a server."`
	Export seedExportCommand `cmd:"" help:"Print the current state of a server as a seed."`
}

// seedApplyCommand plants a seed in a running server.
type seedApplyCommand struct {
	endpoint
	File string `arg:"" placeholder:"FILE" help:"The seed, YAML or JSON."`
}

// Run plants the seed and says what it created.
func (c *seedApplyCommand) Run(ctx context.Context, streams IO) error {
	body, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	return c.ask(ctx, func(ctx context.Context, api *client.Client) error {
		made, err := api.PutSeed(ctx, body)
		if err != nil {
			return fmt.Errorf("%s: %w", c.File, err)
		}
		_, err = fmt.Fprintf(streams.Out, "accounts: %d, transactions: %d\n", made.Accounts, made.Transactions)
		return err
	})
}

// seedCheckCommand reads a seed.
type seedCheckCommand struct {
	File string `arg:"" placeholder:"FILE" help:"The seed, YAML or JSON."`
}

// Help returns the text of --help below the usage line.
func (seedCheckCommand) Help() string {
	return `The command finds values that are misspelt, missing or of the wrong type. Whether an account may buy what the seed says is checked when the seed is applied. If any of it cannot be done then, nothing changes.`
}

// Run reads the seed and says what it holds.
func (c *seedCheckCommand) Run(streams IO) error {
	seed, err := manifest.LoadSeed(c.File)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(streams.Out, "accounts: %d\n", len(seed.Accounts))
	return err
}

// seedExportCommand prints a state.
type seedExportCommand struct {
	endpoint
}

// Help returns the text of --help below the usage line.
func (seedExportCommand) Help() string {
	return `The seed holds the history that led each account to its state. Applying the seed repeats that history.`
}

// Run prints the seed as indented JSON.
func (c *seedExportCommand) Run(ctx context.Context, streams IO) error {
	return c.ask(ctx, func(ctx context.Context, api *client.Client) error {
		seed, err := api.Seed(ctx)
		if err != nil {
			return err
		}
		var indented bytes.Buffer
		if err := json.Indent(&indented, seed, "", "  "); err != nil {
			return err
		}
		_, err = fmt.Fprintln(streams.Out, &indented)
		return err
	})
}
