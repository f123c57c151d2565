package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"github.com/slotfarm/slotfarm/internal/durable"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// backupPattern names the copies that Backup makes beside the journal.
const backupPattern = "backup-*.tmp"

// Backup returns a copy of the journal as it is now, as a file that is removed
// when it is closed. Updates go on meanwhile. The copy needs as much room
// beside the journal as its entries take, so only one backup is made at a time.
// Errors: Conflict if another backup is under way.
func (j *Journal) Backup(ctx context.Context) (io.ReadSeekCloser, error) {
	if !j.backup.TryLock() {
		return nil, fault.New(fault.Conflict, "a backup is under way; try again when it is done")
	}
	file, err := j.makeCopy(ctx)
	if err != nil {
		j.backup.Unlock()
		return nil, unavailable(err)
	}
	return &copied{removed{file}, sync.OnceFunc(j.backup.Unlock)}, nil
}

// copied is the file of a backup. Closing it lets the next one begin.
type copied struct {
	removed
	done func()
}

// Close closes the file and removes it.
func (c *copied) Close() error {
	defer c.done()
	return c.removed.Close()
}

// makeCopy returns a new file with what the journal holds.
func (j *Journal) makeCopy(ctx context.Context) (*os.File, error) {
	dir := "" // for temporary files
	if j.file != "" {
		dir = filepath.Dir(j.file)
	}
	file, err := os.CreateTemp(dir, backupPattern)
	if err != nil {
		return nil, err
	}
	if err := j.copyInto(ctx, file.Name()); err != nil {
		return nil, errors.Join(err, removed{file}.Close())
	}
	return file, nil
}

// copyInto copies the journal into an empty file.
func (j *Journal) copyInto(ctx context.Context, file string) error {
	if j.file == "" {
		return vacuum(ctx, j.write, file)
	}
	db, err := openDatabase(j.file, url.Values{"mode": {"ro"}, "_pragma": {"busy_timeout(5000)"}})
	if err != nil {
		return err
	}
	return errors.Join(vacuum(ctx, db, file), db.Close())
}

func vacuum(ctx context.Context, db *sql.DB, into string) error {
	_, err := db.ExecContext(ctx, `VACUUM INTO ?`, into)
	return err
}

// removed is a file that is removed when it is closed.
type removed struct{ *os.File }

// Close closes the file and removes it.
func (r removed) Close() error { return errors.Join(r.File.Close(), os.Remove(r.Name())) }

// removeBackups removes copies that a process left when it died.
func removeBackups(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, backupPattern))
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// Verifier verifies the archive in a file.
type Verifier func(ctx context.Context, file string) (journal.Report, error)

// Restore makes a data directory from a backup, and returns what verifying the
// copy found. It makes the directory if there is none, and no journal if anything
// differs. Errors: Conflict if the directory holds a journal.
func Restore(ctx context.Context, backup, dir string, verify Verifier) (journal.Report, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return journal.Report{}, fmt.Errorf("make the data directory: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return journal.Report{}, err
	}
	report, err := restore(ctx, backup, dir, verify)
	return report, errors.Join(err, lock.Unlock())
}

// restore is Restore in a directory that is locked.
func restore(ctx context.Context, backup, dir string, verify Verifier) (journal.Report, error) {
	target := filepath.Join(dir, fileName)
	for _, name := range []string{target, target + "-wal"} {
		if _, err := os.Lstat(name); !errors.Is(err, os.ErrNotExist) {
			return journal.Report{}, errors.Join(fault.New(fault.Conflict, "data directory %q already holds a journal", dir), err)
		}
	}
	file, err := os.CreateTemp(dir, backupPattern)
	if err != nil {
		return journal.Report{}, err
	}
	copied := removed{file}
	report, err := journal.Report{}, fill(ctx, backup, file)
	if err == nil {
		report, err = verify(ctx, file.Name())
	}
	if err != nil || report.Wrong != nil {
		return report, errors.Join(err, copied.Close())
	}
	if err := errors.Join(file.Sync(), file.Close()); err != nil {
		return report, errors.Join(err, os.Remove(file.Name()))
	}
	if err := durable.Rename(file.Name(), target); err != nil {
		return report, errors.Join(err, os.Remove(file.Name()))
	}
	return report, nil
}

// fill copies a backup into an empty file.
func fill(ctx context.Context, backup string, file *os.File) error {
	source, err := OpenArchive(ctx, backup)
	if err != nil {
		return err
	}
	return errors.Join(vacuum(ctx, source.db, file.Name()), source.Close())
}

// VerifyArchive opens an archive, verifies it and closes it.
func VerifyArchive(ctx context.Context, path string) (journal.Report, error) {
	a, err := OpenArchive(ctx, path)
	if err != nil {
		return journal.Report{}, err
	}
	report, err := a.Verify(ctx)
	return report, errors.Join(err, a.Close())
}
