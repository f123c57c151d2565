package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/client"
	"github.com/slotfarm/slotfarm/internal/durable"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offline"
	"github.com/slotfarm/slotfarm/internal/operatorapi"
)

// backupCommand copies what a server stores into a file.
type backupCommand struct {
	query
	File string `arg:"" placeholder:"FILE" help:"The file to write the backup to. It must not exist yet."`
}

// Help returns the text of --help below the usage line.
func (backupCommand) Help() string {
	return `The file holds the journals, keys and catalogue as they are at one moment. It appears only after its SHA-256 matches the server's and every hash and state in it is recomputed. The secrets in it are sealed: keep a copy of the master key elsewhere.`
}

// saved describes what a backup holds.
type saved struct {
	File     string `json:"file"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"` // in hexadecimal
	Accounts int64  `json:"accounts"`
	Entries  int64  `json:"entries"`
}

// Run makes the backup and says what it holds.
func (c *backupCommand) Run(ctx context.Context, streams IO) error {
	if _, err := os.Lstat(c.File); !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("%s already exists; a backup does not replace a file", c.File), err)
	}
	return c.show(ctx, streams, func(ctx context.Context, api *client.Client, p *page) error {
		file, err := os.CreateTemp(filepath.Dir(c.File), filepath.Base(c.File)+"-*.tmp")
		if err != nil {
			return fmt.Errorf("backup: %w", err)
		}
		made, err := c.fill(ctx, api, file)
		if err != nil {
			return errors.Join(err, os.Remove(file.Name()))
		}
		p.say("%s holds %d entries of %d accounts: %d bytes, SHA-256 %s.", c.File, made.Entries, made.Accounts, made.Bytes, made.SHA256)
		answer, err := json.Marshal(made)
		p.keep(answer)
		return err
	})
}

// fill writes the backup to a new file, and closes it.
func (c *backupCommand) fill(ctx context.Context, api *client.Client, file *os.File) (saved, error) {
	got, err := api.Backup(ctx, file)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return saved{}, err
	}
	report, err := offline.Verify(ctx, file.Name())
	if err == nil {
		err = report.Err()
	}
	if err != nil {
		return saved{}, fmt.Errorf("the backup is unusable: %w", err)
	}
	return saved{c.File, got.Bytes, got.SHA256, report.Accounts, report.Entries}, durable.Publish(file.Name(), c.File)
}

// restoreCommand makes a data directory from a backup.
type restoreCommand struct {
	File string `arg:"" placeholder:"FILE" help:"The backup."`
	Data string `required:"" placeholder:"DIR" help:"The data directory to fill. It must not hold a journal yet."`
}

// Help returns the text of --help below the usage line.
func (restoreCommand) Help() string {
	return `The command recomputes every hash and state before the journal appears in the directory. A backup does not contain the master key: copy the one that was in use into the directory, or pass it to serve.`
}

// Run restores the backup and says what the directory holds.
func (c *restoreCommand) Run(ctx context.Context, streams IO) error {
	report, err := offline.Restore(ctx, c.File, c.Data)
	if err == nil {
		err = report.Err()
	}
	if err != nil {
		return fmt.Errorf("nothing was restored: %w", err)
	}
	_, err = fmt.Fprintf(streams.Out, "%s holds %d entries of %d accounts.\n", c.Data, report.Entries, report.Accounts)
	return err
}

// verification returns a report in the shape of the API.
func verification(r acts.Report) operatorapi.Verification {
	v := operatorapi.Verification{Accounts: r.Accounts, Entries: r.Entries, OK: r.Wrong == nil, Acts: r.Acts, Documents: r.Documents}
	if w := r.Wrong; w != nil {
		v.Account, v.Seq, v.Document, v.Reason = string(w.Account), w.Seq, w.Document, w.Reason
	}
	return v
}

// differs returns an error that names the entry if a verification found one
// that differs, or nil.
func differs(v operatorapi.Verification) error {
	if v.OK {
		return nil
	}
	wrong := journal.Wrong{Account: account.ID(v.Account), Seq: v.Seq, Document: v.Document, Reason: v.Reason}
	return journal.Report{Wrong: &wrong}.Err()
}
