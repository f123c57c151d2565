package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestNames gives the file "new" the name "it", in each way, beside what there is.
func TestNames(t *testing.T) {
	t.Parallel()
	files := func(pairs ...string) map[string]string {
		all := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			all[pairs[i]] = pairs[i+1]
		}
		return all
	}
	for _, tt := range []struct {
		name   string
		put    func(from, to string) error
		before map[string]string
		after  map[string]string
		err    error
	}{
		{"rename", Rename, files("new", "a"), files("it", "a"), nil},
		{"rename over another", Rename, files("new", "a", "it", "b"), files("it", "a"), nil},
		{"rename nothing", Rename, files("it", "b"), files("it", "b"), fs.ErrNotExist},
		{"publish", Publish, files("new", "a"), files("it", "a"), nil},
		{"publish over another", Publish, files("new", "a", "it", "b"), files("new", "a", "it", "b"), fs.ErrExist},
		{"publish nothing", Publish, files("it", "b"), files("it", "b"), fs.ErrExist},
		{"publish nothing where nothing is", Publish, files(), files(), fs.ErrNotExist},
		{"move", move, files("new", "a"), files("it", "a"), nil},
		{"move over another", move, files("new", "a", "it", "b"), files("new", "a", "it", "b"), fs.ErrExist},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for name, text := range tt.before {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := tt.put(filepath.Join(dir, "new"), filepath.Join(dir, "it")); !errors.Is(err, tt.err) {
				t.Errorf("error = %v, want %v", err, tt.err)
			}
			if diff := cmp.Diff(tt.after, read(t, dir)); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

// read returns the texts of the files of a directory by their names.
func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts[entry.Name()] = string(text)
	}
	return texts
}

func TestSyncDir(t *testing.T) {
	t.Parallel()
	if err := SyncDir(t.TempDir()); err != nil {
		t.Error(err)
	}
	if err := SyncDir(filepath.Join(t.TempDir(), "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a directory that is not there: %v", err)
	}
}
