package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// journalListCommand prints a journal as an audit log.
type journalListCommand struct {
	endpoint
	Account accountID `required:"" placeholder:"ID" help:"The account."`
	Output  string    `short:"o" env:"-" default:"table" enum:"table,json" placeholder:"FORMAT" help:"Print a table for people, or json: each entry on a line, as the API gives it."`
}

// Help is what --help says of the command beside its flags.
func (journalListCommand) Help() string {
	return `A row shows when the entry was recorded, the time by the account's clock, the number of the entry, the access key id, network address and id of the request that caused it, and what happened.`
}

// Run prints the entries that there are, oldest first. A reader who has seen
// enough may go.
func (c *journalListCommand) Run(ctx context.Context, streams IO) error {
	defer keepSignal(syscall.SIGPIPE)()
	err := c.ask(ctx, func(ctx context.Context, api *client.Client) error {
		a, err := api.Account(ctx, string(c.Account))
		if err != nil {
			return err
		}
		out := pipe{streams.Out}
		if c.Output == "json" {
			return eachEntry(ctx, api, a, func(e operatorapi.Entry) error { return printJSON(out, e) })
		}
		if err := printRow(out, auditHeader()); err != nil {
			return err
		}
		return eachEntry(ctx, api, a, func(e operatorapi.Entry) error { return printRow(out, audit(e)) })
	})
	if errors.Is(err, errNobodyReads) {
		return nil
	}
	return err
}

// printRow prints a line of text without what would disturb a terminal: callers
// choose what stands in an entry as their key.
func printRow(w io.Writer, row string) error {
	_, err := fmt.Fprintln(w, strings.TrimRight(plain(row), " "))
	return err
}

// eachEntry calls f with the entries that an account has, oldest first.
func eachEntry(ctx context.Context, api *client.Client, a operatorapi.Account, f func(operatorapi.Entry) error) error {
	for seq := int64(0); seq < a.Entries; {
		entries, err := api.Journal(ctx, a.Account, seq, int(min(a.Entries-seq, operatorapi.MaxEntries)))
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return fmt.Errorf("while the journal was read, account %s went back to an entry before %d", a.Account, seq+1)
		}
		for _, e := range entries {
			if err := f(e); err != nil {
				return err
			}
			seq = e.Seq
		}
	}
	return nil
}
