package harness

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"testing"

	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// Storage is a place where farms keep their journals.
type Storage struct {
	Data     string                               // directory; "" for a database
	Master   string                               // file of the master key
	Flags    []string                             // by which init, serve and rekey find the storage
	Contents func(t *testing.T) map[string]string // everything in it, by place
}

// Storages holds the kinds of storage that serve runs on. Each kind is prepared once, and then provides any number of
// empty storages.
var Storages = map[string]func(t *testing.T) func(t *testing.T) Storage{
	"directory": func(*testing.T) func(t *testing.T) Storage { return NewDirectory },
	"postgres": func(t *testing.T) func(t *testing.T) Storage {
		s := pgtest.Start(t)
		return func(t *testing.T) Storage { return InDatabase(t, s, s.Database(t)) }
	},
	"pgbouncer": func(t *testing.T) func(t *testing.T) Storage {
		s := pgtest.Start(t)
		b := s.Bouncer(t)
		return func(t *testing.T) Storage { return InDatabase(t, s, b.Database(t)) }
	},
}

// NewDirectory returns a directory that does not exist yet.
func NewDirectory(t *testing.T) Storage {
	t.Helper()
	return InDirectory(filepath.Join(t.TempDir(), "data"))
}

// InDirectory returns a directory as storage.
func InDirectory(dir string) Storage {
	return Storage{
		Data: dir, Master: filepath.Join(dir, "master.key"), Flags: []string{"--data", dir},
		Contents: func(t *testing.T) map[string]string { return Contents(t, dir) },
	}
}

// InDatabase returns a database of a server, reached by a URL, with a master key of its own.
func InDatabase(t *testing.T, s *pgtest.Server, url string) Storage {
	t.Helper()
	master := filepath.Join(t.TempDir(), "master.key")
	return Storage{
		Master: master, Flags: []string{"--database-url", url, "--master-key-file", master},
		Contents: func(t *testing.T) map[string]string {
			return map[string]string{"the database": s.Dump(t, path.Base(url))}
		},
	}
}

// Initialise prepares the storage and returns the operator's key.
func (at Storage) Initialise(t *testing.T) (key AccessKey) {
	t.Helper()
	got := RunToEnd(t, append([]string{"init"}, at.Flags...)...)
	if err := json.Unmarshal([]byte(got.Stdout), &key); err != nil || got.Code != 0 || key.ID == "" || key.Secret == "" {
		t.Fatalf("init: %+v, %v", got, err)
	}
	return key
}

// ServeArgs returns the arguments of serve for the storage, on a free port and without limits on calls.
func (at Storage) ServeArgs(more ...string) []string {
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s", "--read-rate", "0", "--write-rate", "0"}, at.Flags...)
	return append(args, more...)
}

// Serve serves the storage, which was initialised with an operator's key.
func (at Storage) Serve(t *testing.T, key AccessKey, flags ...string) *Farm {
	t.Helper()
	s := StartServer(t, nil, at.ServeArgs(flags...)...)
	s.OperatorKey = key
	return &Farm{Server: s, Storage: at, Key: key}
}

// StartFarm initialises the storage and serves it.
func (at Storage) StartFarm(t *testing.T, flags ...string) *Farm {
	t.Helper()
	return at.Serve(t, at.Initialise(t), flags...)
}

// Contents returns the contents of all files below a directory, by name.
func Contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
