// Package durable gives files names that they keep even if the machine loses
// power.
package durable

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// Rename gives a file that is on disk a new name, replacing any file that had
// it. Both names are in the same directory.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(to))
}

// Publish gives a file that is on disk a new name that must be free, in the
// same directory. The error is fs.ErrExist if the name is taken; then both
// files keep their names.
func Publish(from, to string) error {
	switch err := os.Link(from, to); {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s already exists: %w", to, fs.ErrExist)
	case err != nil:
		return move(from, to)
	}
	if err := os.Remove(from); err != nil {
		return err
	}
	return SyncDir(filepath.Dir(to))
}

// move is Publish on a file system without hard links. A file that takes the
// name between the two steps is replaced.
func move(from, to string) error {
	switch _, err := os.Lstat(to); {
	case err == nil:
		return fmt.Errorf("%s already exists: %w", to, fs.ErrExist)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return Rename(from, to)
}

// SyncDir makes the names in a directory durable. Windows does so by itself and
// cannot open a directory for this.
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
