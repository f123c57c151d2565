package cli

import (
	"errors"

	"github.com/slotfarm/slotfarm/internal/offline"
)

// storage holds the flags that say where a service keeps its data.
type storage struct {
	Data          string `required:"" xor:"storage" placeholder:"DIR" help:"The data directory."`
	DatabaseURL   string `name:"database-url" required:"" xor:"storage" placeholder:"URL" help:"The PostgreSQL database that holds the data in place of a directory, for any number of servers. Set the variable instead of the flag to keep the password out of the list of processes."`
	MasterKeyFile string `placeholder:"FILE" help:"The master key, which seals the secrets of access keys. By default master.key in the data directory."`
}

// check refuses a database without a master key.
func (s storage) check() error {
	if s.DatabaseURL != "" && s.MasterKeyFile == "" {
		return usageError{errors.New("--database-url needs --master-key-file, because the master key is not in the database")}
	}
	return nil
}

// offline returns the storage in the form that package offline uses.
func (s storage) offline() offline.Storage { return offline.Storage(s) }
