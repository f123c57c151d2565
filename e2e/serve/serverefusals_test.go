package serve

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/e2e/harness"

	"github.com/google/go-cmp/cmp"
)

// TestServeRefusals starts serve with something wrong: serve ends with exit code 1 and one line that says what, and
// starts once that is corrected.
func TestServeRefusals(t *testing.T) {
	t.Parallel()
	masterKey := func(dir string) string { return filepath.Join(dir, "master.key") }
	tests := []struct {
		name  string
		spoil func(dir string) error
		want  []string // in the line
	}{
		{"no master key", func(dir string) error { return os.Remove(masterKey(dir)) }, []string{"master key", "no such file"}},
		{"another master key", func(dir string) error {
			return os.WriteFile(masterKey(dir), []byte(strings.Repeat("0f", 32)+"\n"), 0o600)
		}, []string{"master key is not the one"}},
		{"master key too short", func(dir string) error {
			return os.WriteFile(masterKey(dir), []byte(strings.Repeat("0f", 31)+"\n"), 0o600)
		}, []string{"master key", "master.key"}},
		{"master key empty", func(dir string) error {
			return os.WriteFile(masterKey(dir), nil, 0o600)
		}, []string{"master key", "master.key"}},
		{"master key open to others", func(dir string) error { return os.Chmod(masterKey(dir), 0o644) }, []string{"master key", "mode 0644", "chmod 0600"}},
		{"directory open to others", func(dir string) error { return os.Chmod(dir, 0o755) }, []string{"data directory", "mode 0755", "chmod 0700"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir, _ := harness.Initialise(t)
			key := harness.Contents(t, dir)[masterKey(dir)]
			if err := test.spoil(dir); err != nil {
				t.Fatal(err)
			}
			refusedStart(t, harness.ServeArgs(dir), test.want...)
			for name, mode := range map[string]os.FileMode{dir: 0o700, masterKey(dir): 0o600} {
				if err := os.WriteFile(masterKey(dir), []byte(key), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(name, mode); err != nil {
					t.Fatal(err)
				}
			}
			if err := harness.StartServer(t, nil, harness.ServeArgs(dir)...).Stop(); err != nil {
				t.Errorf("after it was put right: %v", err)
			}
		})
	}
}

// refusedStart runs a command that must end with exit code 1 and one line that has all the words in it.
func refusedStart(t *testing.T, args []string, words ...string) {
	t.Helper()
	got := harness.RunToEnd(t, args...)
	if got.Code != 1 || got.Stdout != "" || !strings.HasPrefix(got.Stderr, "slotfarm: ") || len(harness.Lines(got.Stderr)) != 1 {
		t.Errorf("%v: %+v, want exit code 1 and one line on stderr only", args, got)
	}
	for _, word := range words {
		if !strings.Contains(got.Stderr, word) {
			t.Errorf("%v: %q, want %q in it", args, got.Stderr, word)
		}
	}
}

// TestServeBeforeInit serves a directory that was never initialised, or is not there.
func TestServeBeforeInit(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "missing")
	refusedStart(t, harness.ServeArgs(missing), "data directory", missing)
	empty := t.TempDir()
	if err := os.Chmod(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	refusedStart(t, harness.ServeArgs(empty), "master key", "no such file")
	if found := harness.Contents(t, empty); len(found) != 0 {
		t.Errorf("serve left %v behind", found)
	}
	initialised, _ := harness.Initialise(t)
	borrowed := filepath.Join(initialised, "master.key")
	refusedStart(t, harness.ServeArgs(empty, "--master-key-file", borrowed), "was not initialised", "slotfarm init")
}

// TestServeInitTwice initialises a directory again: it changes nothing, whether the master key is there or not.
func TestServeInitTwice(t *testing.T) {
	t.Parallel()
	dir, _ := harness.Initialise(t)
	before := harness.Contents(t, dir)
	refusedStart(t, []string{"init", "--data", dir}, "initialised before")
	if diff := cmp.Diff(before, harness.Contents(t, dir)); diff != "" {
		t.Errorf("files of the directory (-before +after):\n%s", diff)
	}
	name := filepath.Join(dir, "master.key")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	refusedStart(t, []string{"init", "--data", dir}, "initialised before")
	delete(before, name)
	if diff := cmp.Diff(before, harness.Contents(t, dir)); diff != "" {
		t.Errorf("files of the directory without a master key (-before +after):\n%s", diff)
	}
}

// TestServeInUse starts a second server on the directory and on the address of one that runs.
func TestServeInUse(t *testing.T) {
	t.Parallel()
	f := harness.StartFarm(t)
	other, _ := harness.Initialise(t)
	address := strings.TrimPrefix(f.Endpoint, "http://")
	refusedStart(t, harness.ServeArgs(f.Data), f.Data, "in use")
	refusedStart(t, []string{"init", "--data", f.Data}, f.Data, "in use")
	refusedStart(t, []string{"serve", "--data", other, "--listen", address}, address, "in use")
	refusedStart(t, harness.ServeArgs(other, "--metrics-listen", address), address, "in use")
	if status, code := f.Ask(t, f.Key, "GET", "/accounts"); status != 200 {
		t.Errorf("the first server answers %d %s after all that", status, code)
	}
}
