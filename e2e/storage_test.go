package e2e

import (
	"encoding/json"
	"path"
	"path/filepath"
	"testing"

	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// storage is where farms keep their journals.
type storage struct {
	data     string                               // directory, "" where it is a database
	master   string                               // file of the master key
	flags    []string                             // by which init, serve and rekey find it
	contents func(t *testing.T) map[string]string // all that stands in it, by places
}

// storages are the kinds of storage that serve runs on. Each is prepared once, and then gives any number of empty ones.
var storages = map[string]func(t *testing.T) func(t *testing.T) storage{
	"directory": func(*testing.T) func(t *testing.T) storage { return newDirectory },
	"postgres": func(t *testing.T) func(t *testing.T) storage {
		s := pgtest.Start(t)
		return func(t *testing.T) storage { return inDatabase(t, s, s.Database(t)) }
	},
	"pgbouncer": func(t *testing.T) func(t *testing.T) storage {
		s := pgtest.Start(t)
		b := s.Bouncer(t)
		return func(t *testing.T) storage { return inDatabase(t, s, b.Database(t)) }
	},
}

// newDirectory returns a directory that is not there yet.
func newDirectory(t *testing.T) storage {
	t.Helper()
	return inDirectory(filepath.Join(t.TempDir(), "data"))
}

func inDirectory(dir string) storage {
	return storage{
		data: dir, master: filepath.Join(dir, "master.key"), flags: []string{"--data", dir},
		contents: func(t *testing.T) map[string]string { return contents(t, dir) },
	}
}

// inDatabase returns a database of a server, reached by a URL, with a master key of its own.
func inDatabase(t *testing.T, s *pgtest.Server, url string) storage {
	t.Helper()
	master := filepath.Join(t.TempDir(), "master.key")
	return storage{
		master: master, flags: []string{"--database-url", url, "--master-key-file", master},
		contents: func(t *testing.T) map[string]string {
			return map[string]string{"the database": s.Dump(t, path.Base(url))}
		},
	}
}

// initialise prepares the storage and returns the operator's key.
func (at storage) initialise(t *testing.T) (key accessKey) {
	t.Helper()
	got := runToEnd(t, append([]string{"init"}, at.flags...)...)
	if err := json.Unmarshal([]byte(got.Stdout), &key); err != nil || got.Code != 0 || key.ID == "" || key.Secret == "" {
		t.Fatalf("init: %+v, %v", got, err)
	}
	return key
}

// serveArgs are the arguments of serve on the storage, on a free port and with no bound on calls.
func (at storage) serveArgs(more ...string) []string {
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s", "--read-rate", "0", "--write-rate", "0"}, at.flags...)
	return append(args, more...)
}

// serve serves the storage, which was initialised with an operator's key.
func (at storage) serve(t *testing.T, key accessKey, flags ...string) *farm {
	t.Helper()
	s := startServer(t, nil, at.serveArgs(flags...)...)
	s.operatorKey = key
	return &farm{server: s, storage: at, key: key}
}

// startFarm initialises the storage and serves it.
func (at storage) startFarm(t *testing.T, flags ...string) *farm {
	t.Helper()
	return at.serve(t, at.initialise(t), flags...)
}
