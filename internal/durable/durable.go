// Package durable gives files their names so that they keep them when the machine
// loses power.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Rename has a file that is on disk take a name, in place of what had it. Both
// names are in one directory.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(to))
}

// Publish has a file that is on disk take a name that nothing has, in the same
// directory. An error that is fs.ErrExist says that something has it; that stays,
// and so does the file under the name it had.
func Publish(from, to string) error {
	switch err := os.Link(from, to); {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s is there already: %w", to, fs.ErrExist)
	case err != nil:
		return move(from, to)
	}
	if err := os.Remove(from); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(to))
}

// move is Publish on a file system where a file has one name only. What takes the
// name between the two steps is replaced.
func move(from, to string) error {
	switch _, err := os.Lstat(to); {
	case err == nil:
		return fmt.Errorf("%s is there already: %w", to, fs.ErrExist)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return Rename(from, to)
}

// SyncDir has a directory remember the names of its files. Windows does so by
// itself and lets no directory be opened.
func SyncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
