package operator_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// TestBackup downloads a backup and reads it. Storage that is backed up with
// its own tools says so.
func TestBackup(t *testing.T) {
	t.Parallel()
	f := open(t)
	f.refused("GET", "/backup", "", refusal{http.StatusNotFound, "NotFound", "backed up with the tools of its database"})

	store, err := sqlite.Open(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	f = openOn(t, store, offering.Default())
	c := f.config(func() string { return "id" }, io.Discard)
	c.Backup = store.Backup
	f.handler = f.handle(c)
	f.buy(alice, ios, 2)
	for range 2 { // one after the other, the first being done
		a := f.call("GET", "/backup", "")
		sum := sha256.Sum256([]byte(a.Body))
		if got := a.Header.Get("Slotfarm-Sha256"); a.Status != 200 || got != hex.EncodeToString(sum[:]) || !bytes.HasPrefix([]byte(a.Body), []byte("SQLite")) {
			t.Fatalf("answer %d with sum %q of %d bytes", a.Status, got, len(a.Body))
		}
		file := filepath.Join(t.TempDir(), "backup")
		if err := os.WriteFile(file, []byte(a.Body), 0o600); err != nil {
			t.Fatal(err)
		}
		if report, err := sqlite.VerifyArchive(t.Context(), file); err != nil || report.Wrong != nil || report.Entries != 2 {
			t.Errorf("the backup holds %+v, %v, want 2 entries", report, err)
		}
	}
}
