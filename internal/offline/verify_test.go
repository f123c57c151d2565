package offline_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/offline"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// backedUp returns a backup of storage from which somebody has taken documents.
func backedUp(t *testing.T, s offline.Storage, taken ...string) string {
	t.Helper()
	ctx := context.Background()
	kept, err := sqlite.Open(ctx, s.Data)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kept.Commit(ctx, store.Commit{Delete: taken}); err != nil {
		t.Fatal(err)
	}
	source, err := kept.Backup(ctx)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(source)
	if err != nil {
		t.Fatal(err)
	}
	if err := source.Close(); err != nil {
		t.Fatal(err)
	}
	if err := kept.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestDocumentsThatDoNotFollow verifies, restores and migrates a backup that lacks
// a key: each names it, and nothing is made of it.
func TestDocumentsThatDoNotFollow(t *testing.T) {
	t.Parallel()
	s := installed(t)
	whole := backedUp(t, s)
	made, err := offline.Recover(t.Context(), s, "spare")
	if err != nil {
		t.Fatal(err)
	}
	lacks := backedUp(t, s, "key/"+made.Key.ID)
	if report, err := offline.Restore(t.Context(), whole, filepath.Join(t.TempDir(), "restored")); err != nil || report.Err() != nil || report.Acts != 2 || report.Documents != 2 {
		t.Errorf("restore of a whole backup: %+v, %v, want two acts and the documents of the first key", report, err)
	}
	want := "document key/" + made.Key.ID + " is not what the operator left: it is missing"
	if report, err := offline.Verify(t.Context(), lacks); err != nil || report.Err() == nil || !strings.HasPrefix(report.Err().Error(), want) {
		t.Errorf("verify: %v, %v, want %q", report.Err(), err, want)
	}
	into := filepath.Join(t.TempDir(), "restored")
	report, err := offline.Restore(t.Context(), lacks, into)
	if err != nil || report.Err() == nil || !strings.HasPrefix(report.Err().Error(), want) {
		t.Errorf("restore: %v, %v, want %q", report.Err(), err, want)
	}
	if _, err := os.Stat(filepath.Join(into, "slotfarm.db")); !os.IsNotExist(err) {
		t.Errorf("the journal that was not restored: %v", err)
	}
	database := pgtest.Start(t).Database(t)
	if _, err := offline.Migrate(t.Context(), lacks, database); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("migrate: %v, want %q", err, want)
	}
	if _, err := offline.Migrate(t.Context(), whole, database); err != nil {
		t.Errorf("migrate of a whole backup into what is still empty: %v", err)
	}
}
