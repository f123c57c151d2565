package cli

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

// storage holds the flags that say where a service keeps its data.
type storage struct {
	Data          string `required:"" xor:"storage" placeholder:"DIR" help:"The directory of the data."`
	DatabaseURL   string `name:"database-url" required:"" xor:"storage" placeholder:"URL" help:"The PostgreSQL that holds the data in place of a directory, for any number of servers. The variable keeps its password out of the list of processes."`
	MasterKeyFile string `placeholder:"FILE" help:"The key that seals the secrets of access keys. By default master.key in the directory of the data."`
}

// config returns where the server finds the data.
func (s storage) config() server.Config {
	return server.Config{Data: s.Data, Database: s.DatabaseURL}
}

// check refuses data that is open to others than its owner, and a database
// without a master key.
func (s storage) check() error {
	if s.DatabaseURL != "" {
		if s.MasterKeyFile == "" {
			return usageError{errors.New("--database-url needs --master-key-file: the master key is not in the database")}
		}
		return nil
	}
	if err := private(s.Data, privateDir); err != nil {
		return fmt.Errorf("data directory: %w", err)
	}
	return nil
}

func (s storage) masterKeyFile() string {
	if s.MasterKeyFile != "" {
		return s.MasterKeyFile
	}
	return filepath.Join(s.Data, "master.key")
}

// Permissions that nobody but the owner has anything of.
const (
	privateDir  fs.FileMode = 0o700
	privateFile fs.FileMode = 0o600
)

// readMasterKey reads the master key, which must be readable by its owner only.
func (s storage) readMasterKey() (iam.MasterKey, error) {
	return readKey(s.masterKeyFile())
}

// unlock has the parts use the master key, which has to be that of the storage.
func (s storage) unlock(ctx context.Context, p *server.Parts) error {
	master, err := s.readMasterKey()
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

// makeMasterKey reads the master key where there is one, and else makes one.
func (s storage) makeMasterKey() (iam.MasterKey, error) {
	key, err := s.readMasterKey()
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if key, err = iam.NewMasterKey(rand.Reader); err != nil {
		return key, err
	}
	return key, writeKey(s.masterKeyFile(), key)
}

// writeKey keeps a master key in a file that was not there. When it returns nil,
// the file is on disk, and its name too.
func writeKey(name string, key iam.MasterKey) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, privateFile)
	if err != nil {
		return fmt.Errorf("master key: %w", err)
	}
	_, err = fmt.Fprintln(file, key.Text())
	return errors.Join(err, file.Sync(), file.Close(), durable.SyncDir(filepath.Dir(name)))
}

// private refuses a file or directory that others than its owner can use.
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
