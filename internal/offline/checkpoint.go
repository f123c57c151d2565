package offline

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/slotfarm/slotfarm/internal/checkpoint"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// Checkpoint reads the checkpoint in a file, or the newest one in a directory, which
// has to be signed under the master key of the storage.
func (s Storage) Checkpoint(file string) (checkpoint.Checkpoint, error) {
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		if file, _, err = checkpoint.Newest(file); err != nil {
			return checkpoint.Checkpoint{}, err
		}
	}
	body, err := os.ReadFile(file)
	if err != nil {
		return checkpoint.Checkpoint{}, fmt.Errorf("checkpoint: %w", err)
	}
	master, err := s.MasterKey()
	if err != nil {
		return checkpoint.Checkpoint{}, err
	}
	c, err := checkpoint.Parse(body, server.Signer(&master))
	if err != nil {
		err = fmt.Errorf("checkpoint %s: %w", file, err)
	}
	return c, err
}

// Lacks returns the first entry of a checkpoint that a backup, or a data
// directory that no server has open, lacks; nil if it lacks none.
func Lacks(ctx context.Context, path string, c checkpoint.Checkpoint) (*journal.Wrong, error) {
	a, err := sqlite.OpenArchive(ctx, path)
	if err != nil {
		return nil, err
	}
	wrong, err := c.Lacks(ctx, a)
	return wrong, errors.Join(err, a.Close())
}
