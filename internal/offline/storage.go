// Package offline works on storage that no server has open: it initialises
// storage, seals its secrets again, makes a new key for an operator who has
// lost all, and moves the storage.
//
// It decides where master keys are kept and who may read them. It parses no
// command line and prints nothing.
package offline

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/slotfarm/slotfarm/internal/durable"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/server"
)

// Storage is where a service keeps its data, and the file of its master key. It is
// either a directory or a database.
type Storage struct {
	Data          string // directory
	DatabaseURL   string // of a PostgreSQL database database
	MasterKeyFile string // default: master.key in the directory
}

// Config returns where the server finds the data.
func (s Storage) Config() server.Config {
	return server.Config{Data: s.Data, Database: s.DatabaseURL}
}

// Check refuses a directory that users other than its owner can use.
func (s Storage) Check() error {
	if s.DatabaseURL != "" {
		return nil
	}
	if err := private(s.Data, privateDir); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}

func (s Storage) masterKeyFile() string {
	if s.MasterKeyFile != "" {
		return s.MasterKeyFile
	}
	return filepath.Join(s.Data, "master.key")
}

// Permissions for the owner only.
const (
	privateDir  fs.FileMode = 0o700
	privateFile fs.FileMode = 0o600
)

// MasterKey reads the master key, which must be readable by its owner only.
func (s Storage) MasterKey() (iam.MasterKey, error) {
	return readKey(s.masterKeyFile())
}

// unlock makes the parts use the master key, which has to be that of the
// storage.
func (s Storage) unlock(ctx context.Context, p *server.Parts) error {
	master, err := s.MasterKey()
	if err != nil {
		return err
	}
	p.Installation.Use(master)
	return p.Installation.Check(ctx)
}

func readKey(name string) (iam.MasterKey, error) {
	if err := private(name, privateFile); err != nil {
		return iam.MasterKey{}, fmt.Errorf("master key: %w", err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return iam.MasterKey{}, fmt.Errorf("master key: %w", err)
	}
	key, err := iam.ParseMasterKey(string(text))
	if err != nil {
		return iam.MasterKey{}, fmt.Errorf("master key: %s: %w", name, err)
	}
	return key, nil
}

// makeMasterKey reads the master key if there is one, and otherwise makes one.
func (s Storage) makeMasterKey() (iam.MasterKey, error) {
	key, err := s.MasterKey()
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if key, err = iam.NewMasterKey(rand.Reader); err != nil {
		return key, err
	}
	return key, writeKey(s.masterKeyFile(), key)
}

// writeKey writes a master key to a new file. When it returns nil, the file and
// its name are on disk.
func writeKey(name string, key iam.MasterKey) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, privateFile)
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	_, err = fmt.Fprintln(file, key.Text())
	return errors.Join(err, file.Sync(), file.Close(), durable.SyncDir(filepath.Dir(name)))
}

// private refuses a file or directory that users other than its owner can use.
func private(name string, want fs.FileMode) error {
	info, err := os.Stat(name)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&^want != 0 {
		return fmt.Errorf("%s has mode %04o and must not be open to others; chmod %04o it", name, mode, want)
	}
	return nil
}
