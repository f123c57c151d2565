package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/slotfarm/slotfarm/internal/durable"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/server"
)

// rekeyCommand seals the secrets of access keys under another master key.
type rekeyCommand struct {
	storage
	NewMasterKeyFile string `placeholder:"FILE" help:"The other master key. By default one is drawn, and takes the place of the one before."`
}

// Help is what --help says of the command beside its flags.
func (rekeyCommand) Help() string {
	return `Every server of the data has to be stopped; access keys stay as they are. A drawn key waits in a file of the same name with .new at its end until all is sealed under it: after an interruption, run the command again. Backups made before need the master key before.`
}

// Run seals all secrets again.
func (c *rekeyCommand) Run(ctx context.Context, streams IO) error {
	if err := c.check(); err != nil {
		return err
	}
	if sameFile(c.NewMasterKeyFile, c.waiting()) {
		return usageError{fmt.Errorf("--new-master-key-file %s is where a drawn key waits; give the other key another name", c.NewMasterKeyFile)}
	}
	return server.Offline(ctx, c.config(), func(p *server.Parts) error {
		done, err := c.finish(ctx, p)
		if err == nil && (!done || c.NewMasterKeyFile != "") {
			err = c.rekey(ctx, p)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(streams.Out, "The secrets are sealed under %v.\n", p.Installation.Master())
		return err
	})
}

// waiting is the file of a drawn key that is not the master key yet.
func (c *rekeyCommand) waiting() string { return c.masterKeyFile() + ".new" }

// finish ends an earlier run that sealed everything under the waiting key and
// then was interrupted, and reports whether there was one.
func (c *rekeyCommand) finish(ctx context.Context, p *server.Parts) (bool, error) {
	sealed, err := p.Installation.Sealed(ctx)
	if err != nil {
		return false, err
	}
	waiting, err := readKey(c.waiting())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil || waiting.Fingerprint() != sealed:
		return false, err
	}
	p.Installation.Use(waiting)
	return true, durable.Rename(c.waiting(), c.masterKeyFile())
}

// rekey seals everything under the other key.
func (c *rekeyCommand) rekey(ctx context.Context, p *server.Parts) error {
	if err := c.unlock(ctx, p); err != nil {
		return err
	}
	if c.NewMasterKeyFile != "" {
		other, err := readKey(c.NewMasterKeyFile)
		if err != nil {
			return err
		}
		return p.Installation.Rekey(ctx, other)
	}
	drawn, err := c.draw()
	if err == nil {
		err = p.Installation.Rekey(ctx, drawn)
	}
	if err != nil {
		return err
	}
	return durable.Rename(c.waiting(), c.masterKeyFile())
}

// draw returns a key that waits in its file: the one of an earlier run that was
// interrupted, or else a new one.
func (c *rekeyCommand) draw() (iam.MasterKey, error) {
	drawn, err := readKey(c.waiting())
	if !errors.Is(err, fs.ErrNotExist) {
		return drawn, err
	}
	if drawn, err = iam.NewMasterKey(rand.Reader); err != nil {
		return drawn, err
	}
	return drawn, writeKey(c.waiting(), drawn)
}

// sameFile reports whether two names are those of one file that is there.
func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
