package offline_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/offline"
)

// installed returns new storage that is ready for serve.
func installed(t *testing.T) offline.Storage {
	t.Helper()
	s := offline.Storage{Data: filepath.Join(t.TempDir(), "farm")}
	if _, err := offline.Init(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	return s
}

// sealedUnder returns the text of the master key of storage.
func sealedUnder(t *testing.T, s offline.Storage) string {
	t.Helper()
	key, err := s.MasterKey()
	if err != nil {
		t.Fatal(err)
	}
	return key.Text()
}

// TestInitHappensOnce leaves the master key of the first time alone.
func TestInitHappensOnce(t *testing.T) {
	t.Parallel()
	s := installed(t)
	want := sealedUnder(t, s)
	if _, err := offline.Init(t.Context(), s); fault.KindOf(err) != fault.Conflict {
		t.Errorf("error = %v, want a Conflict", err)
	}
	if got := sealedUnder(t, s); got != want {
		t.Error("the second Init changed the master key")
	}
}

// TestRecover needs the storage and its own master key.
func TestRecover(t *testing.T) {
	t.Parallel()
	s, other := installed(t), installed(t)
	made, err := offline.Recover(t.Context(), s, "spare")
	if err != nil || made.Secret == "" || made.Key.Name != "spare" {
		t.Errorf("key %q, %v; want one called spare, with a secret", made.Key.Name, err)
	}
	s.MasterKeyFile = filepath.Join(other.Data, "master.key")
	if _, err := offline.Recover(t.Context(), s, "spare"); err == nil {
		t.Error("the master key of other storage was taken")
	}
}

// TestRekeyGoesOn finishes a run that stopped before or after everything was
// sealed under the key that was drawn.
func TestRekeyGoesOn(t *testing.T) {
	t.Parallel()
	s := installed(t)
	file := filepath.Join(s.Data, "master.key")
	before := sealedUnder(t, s)

	drawn := sealedUnder(t, installed(t)) // stopped before: a drawn key waits
	write(t, file+".new", drawn)
	rekey(t, s, drawn)

	write(t, file+".new", drawn) // stopped after: the drawn key is not in its place yet
	write(t, file, before)
	rekey(t, s, drawn)
}

// rekey seals storage anew, and expects it to be under a key with a text.
func rekey(t *testing.T, s offline.Storage, want string) {
	t.Helper()
	if _, err := offline.Rekey(t.Context(), s, ""); err != nil {
		t.Fatal(err)
	}
	if got := sealedUnder(t, s); got != want {
		t.Error("the secrets are under another key than the one that waited")
	}
	if _, err := os.Stat(filepath.Join(s.Data, "master.key.new")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the waiting key is still there (%v)", err)
	}
	if _, err := offline.Recover(t.Context(), s, "spare"); err != nil {
		t.Errorf("the master key does not open the storage: %v", err)
	}
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestOpenToOthers refuses a directory and a master key that others can use.
func TestOpenToOthers(t *testing.T) {
	t.Parallel()
	for name, mode := range map[string]fs.FileMode{".": 0o750, "master.key": 0o640} {
		s := installed(t)
		file := filepath.Join(s.Data, name)
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		_, err := offline.Recover(t.Context(), s, "spare")
		if err == nil || !strings.Contains(err.Error(), file+" has mode") {
			t.Errorf("%s with mode %04o: error = %v, want its name and mode", name, mode, err)
		}
	}
}
