package cli

import (
	"cmp"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offline"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// verifyCommand recomputes hashes and states.
type verifyCommand struct {
	query
	File string `arg:"" optional:"" placeholder:"FILE" help:"The backup to verify, without a server."`
	Data string `env:"-" placeholder:"DIR" help:"The data directory to verify. No server may have it open."`

	Since         string `env:"-" placeholder:"PATH" help:"A checkpoint, or a directory whose newest one counts. What it has must still be there."`
	MasterKeyFile string `placeholder:"FILE" help:"The master key under which the checkpoint is signed. By default master.key in --data."`
}

// Help returns the text of --help below the usage line.
func (verifyCommand) Help() string {
	return `Without a file or a directory, the server verifies what it stores: every hash and state, and that keys, catalogue and snapshots are as the operator's acts left them. If an entry or a document differs, the command names the first one and the exit status is 1. Only --since notices entries that are missing at the end of a journal, and accounts that are gone.`
}

// Run verifies, and fails if an entry differs.
func (c *verifyCommand) Run(ctx context.Context, streams IO) error {
	if c.File != "" && c.Data != "" {
		return usageError{fmt.Errorf("%q and --data %q cannot be verified at once; give one of them", c.File, c.Data)}
	}
	if c.Since != "" && c.MasterKeyFile == "" && c.Data == "" {
		return usageError{errors.New("--since needs --master-key-file: the checkpoint is signed under the master key")}
	}
	p := &page{}
	v, err := c.verify(ctx)
	if err == nil && v.OK && c.Since != "" {
		err = c.since(ctx, &v)
	}
	if err != nil {
		return err
	}
	p.say("entries: %d, accounts: %d", v.Entries, v.Accounts)
	proof(p, v)
	if p.answer, err = json.Marshal(v); err != nil {
		return err
	}
	if err := c.print(streams.Out, p); err != nil {
		return err
	}
	return differs(v)
}

// proof says by how many acts which documents are vouched for.
func proof(p *page, v operatorapi.Verification) {
	switch {
	case v.Acts > 0:
		p.say("acts of the operator: %d, documents: %d", v.Acts, v.Documents)
	case v.Documents > 0:
		p.say("documents: %d; the operator's journal has no acts, so nothing shows who left them as they are", v.Documents)
	}
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
	report, err := offline.Verify(ctx, path)
	return verification(report), err
}

// since compares what was verified with the checkpoint.
func (c *verifyCommand) since(ctx context.Context, v *operatorapi.Verification) error {
	taken, err := offline.Storage{Data: c.Data, MasterKeyFile: c.MasterKeyFile}.Checkpoint(c.Since)
	if err != nil {
		return err
	}
	var wrong *journal.Wrong
	if path := cmp.Or(c.File, c.Data); path != "" {
		wrong, err = offline.Lacks(ctx, path, taken)
	} else {
		err = c.ask(ctx, func(ctx context.Context, api *client.Client) error {
			wrong, err = taken.Lacks(ctx, remote{api})
			return err
		})
	}
	if wrong != nil {
		v.OK, v.Account, v.Seq, v.Reason = false, string(wrong.Account), wrong.Seq, wrong.Reason
	}
	return err
}

// remote reads the journals of a server.
type remote struct{ api *client.Client }

// Forward returns entries of an account by their numbers and hashes.
func (r remote) Forward(ctx context.Context, id account.ID, after int64, limit int) ([]journal.Record, error) {
	entries, err := r.api.Journal(ctx, string(id), after, limit)
	if err != nil {
		return nil, err
	}
	var records []journal.Record
	for _, e := range entries {
		hash, err := hex.DecodeString(e.Hash)
		if err != nil || len(hash) != len(journal.Hash{}) {
			return nil, fmt.Errorf("entry %d of account %s has the hash %.100q, which is not a SHA-256 hash", e.Seq, id, e.Hash)
		}
		records = append(records, journal.Record{Account: id, Seq: e.Seq, Hash: journal.Hash(hash)})
	}
	return records, nil
}
