package e2e

import (
	"encoding/json"
	"path/filepath"
	"testing"
)

// storage is where farms keep their journals.
type storage struct {
	data  string   // directory, "" where it is a database
	flags []string // by which init, serve and rekey find it
}

// inDirectory is the storage of a directory.
func inDirectory(dir string) storage { return storage{data: dir, flags: []string{"--data", dir}} }

// inDatabase is the storage of a database, with a master key of its own.
func inDatabase(t *testing.T, url string) storage {
	t.Helper()
	return storage{flags: []string{"--database-url", url, "--master-key-file", filepath.Join(t.TempDir(), "master.key")}}
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

// serve runs a node on the storage, on a free port and with no bound on calls.
func (at storage) serve(t *testing.T, flags ...string) *server {
	t.Helper()
	return startServer(t, nil, at.serveArgs(flags...)...)
}

// serveArgs are the arguments of serve on the storage.
func (at storage) serveArgs(more ...string) []string {
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--drain-delay", "0s", "--read-rate", "0", "--write-rate", "0"}, at.flags...)
	return append(args, more...)
}

// startFarm initialises the storage and serves it.
func (at storage) startFarm(t *testing.T, flags ...string) *farm {
	t.Helper()
	key := at.initialise(t)
	return &farm{server: at.serve(t, flags...), data: at.data, key: key}
}
