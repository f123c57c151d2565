package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"github.com/slotfarm/slotfarm/internal/fault"
)

// locks keep other processes out of a data directory. One lock is on a file of
// its own. If SQLite permits it, another lock is on the database itself, and
// holds even if somebody removes the lock file.
type locks []*flock.Flock

// lockDir makes this process the only one that has a data directory open.
// Errors: Conflict if another process has it open.
func lockDir(dir string) (locks, error) {
	var taken locks
	if err := taken.take(dir, lockName); err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(dir, fileName)); err != nil {
		return taken, nil // there is no database yet; the process that makes it locks it
	}
	return taken, taken.takeDatabase(dir)
}

// takeDatabase locks the database of a directory, which must exist.
func (l *locks) takeDatabase(dir string) error {
	if !lockable || len(*l) > 1 {
		return nil
	}
	if err := l.take(dir, fileName); err != nil {
		return errors.Join(err, l.Unlock())
	}
	return nil
}

func (l *locks) take(dir, name string) error {
	lock := flock.New(filepath.Join(dir, name))
	locked, err := lock.TryLock()
	if err != nil {
		return fmt.Errorf("lock the data directory: %w", err)
	}
	if !locked {
		return fault.New(fault.Conflict, "data directory %q is in use by another slotfarm process", dir)
	}
	*l = append(*l, lock)
	return nil
}

// Unlock releases the locks, the newest first.
func (l *locks) Unlock() error {
	var err error
	for i := len(*l) - 1; i >= 0; i-- {
		err = errors.Join(err, (*l)[i].Unlock())
	}
	*l = nil
	return err
}
