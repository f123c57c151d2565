package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"
)

// TestTheDirectoryIsLockedWithoutItsLockFile removes the lock file under a
// running process, as somebody may who takes it for a leftover.
func TestTheDirectoryIsLockedWithoutItsLockFile(t *testing.T) {
	dir := t.TempDir()
	first := openDir(t, dir)
	if err := os.Remove(filepath.Join(dir, "slotfarm.lock")); err != nil {
		t.Fatal(err)
	}
	wantRefused(t, dir, "in use by another slotfarm process")
	fill(t, first, alice)
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := openDir(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
}
