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

// Help returns the text of --help below the usage line.
func (journalListCommand) Help() string {
	return `A row shows when the entry was recorded, the time by the account's clock, the number of the entry, the access key id, network address and id of the request that caused it, and what happened.`
}

// Run prints all entries, oldest first. It is no error if the reader of a pipe
// goes away.
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

// printRow prints a line of text without characters that would disturb a
// terminal: callers choose the key id that an entry records.
func printRow(w io.Writer, row string) error {
	_, err := fmt.Fprintln(w, strings.TrimRight(plain(row), " "))
	return err
}

// eachEntry calls f with each entry of an account, oldest first.
func eachEntry(ctx context.Context, api *client.Client, a operatorapi.Account, f func(operatorapi.Entry) error) error {
	for seq := int64(0); seq < a.Entries; {
		entries, err := api.Journal(ctx, a.Account, seq, int(min(a.Entries-seq, operatorapi.MaxEntries)))
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			return fmt.Errorf("account %s went back to an entry before %d while its journal was read", a.Account, seq+1)
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
