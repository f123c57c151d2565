package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/service"
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
	return server.Offline(ctx, c.config(), func(s *service.Service) error {
		done, err := c.finished(ctx, s)
		if err == nil && !done {
			err = c.rekey(ctx, s)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(streams.Out, "The secrets are sealed under %v.\n", s.Master)
		return err
	})
}

// waiting is the file of a drawn key that is not the master key yet.
func (c *rekeyCommand) waiting() string { return c.masterKeyFile() + ".new" }

// finished ends an earlier run that sealed everything under the waiting key and
// then was interrupted, and reports whether there was one.
func (c *rekeyCommand) finished(ctx context.Context, s *service.Service) (bool, error) {
	sealed, err := s.Sealed(ctx)
	if err != nil {
		return false, err
	}
	waiting, err := readKey(c.waiting())
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err == nil && waiting.Fingerprint() == sealed:
		s.Master = waiting
		return true, os.Rename(c.waiting(), c.masterKeyFile())
	}
	current, failed := c.readMasterKey()
	if failed == nil && current.Fingerprint() == sealed {
		return false, os.Remove(c.waiting()) // nothing was ever sealed under it
	}
	return false, errors.Join(err, failed)
}

// rekey seals everything under the other key.
func (c *rekeyCommand) rekey(ctx context.Context, s *service.Service) error {
	var err error
	if s.Master, err = c.readMasterKey(); err == nil {
		err = s.CheckInstalled(ctx)
	}
	if err != nil {
		return err
	}
	if c.NewMasterKeyFile != "" {
		other, err := readKey(c.NewMasterKeyFile)
		if err != nil {
			return err
		}
		return s.Rekey(ctx, other)
	}
	drawn, err := iam.NewMasterKey(rand.Reader)
	if err != nil {
		return err
	}
	if err := writeKey(c.waiting(), drawn); err != nil {
		return err
	}
	if err := s.Rekey(ctx, drawn); err != nil {
		return err
	}
	return os.Rename(c.waiting(), c.masterKeyFile())
}
