package sqlite_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
	"github.com/slotfarm/slotfarm/internal/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFile(t *testing.T) {
	storetest.Run(t, storetest.Engine{
		Durable: true,
		New: func(t *testing.T) func() (store.Store, error) {
			dir := filepath.Join(t.TempDir(), "data dir?%41")
			return func() (store.Store, error) { return sqlite.Open(context.Background(), dir) }
		},
	})
}

func TestMemory(t *testing.T) {
	storetest.Run(t, storetest.Engine{
		New: func(*testing.T) func() (store.Store, error) {
			return func() (store.Store, error) { return sqlite.OpenMemory(context.Background()) }
		},
	})
}

func openDir(t *testing.T, dir string) *sqlite.Journal {
	t.Helper()
	j, err := sqlite.Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func wantRefused(t *testing.T, dir, text string) {
	t.Helper()
	j, err := sqlite.Open(context.Background(), dir)
	if err == nil {
		t.Fatal(j.Close(), "the journal was opened")
	}
	if !strings.Contains(err.Error(), text) {
		t.Errorf("error = %v, want one with %q", err, text)
	}
}

func TestOneProcessOwnsTheDirectory(t *testing.T) {
	dir := t.TempDir()
	first := openDir(t, dir)
	wantRefused(t, dir, "in use by another slotfarm process")
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	second := openDir(t, dir)
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestFilesBelongToTheirOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	if err := openDir(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]os.FileMode{dir: 0o700, filepath.Join(dir, "slotfarm.db"): 0o600} {
		info, err := os.Stat(path)
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v (%v), want %v", path, info.Mode().Perm(), err, want)
		}
	}
}

func TestRefusesWhatItCannotRead(t *testing.T) {
	t.Run("a newer format", func(t *testing.T) {
		dir := t.TempDir()
		if err := openDir(t, dir).Close(); err != nil {
			t.Fatal(err)
		}
		tamper(t, dir, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`)
		wantRefused(t, dir, "storage format is 99999")
	})
	t.Run("another file", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "slotfarm.db"), []byte(strings.Repeat("not a database ", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, dir, "not a database")
	})
}

// tamper changes a closed journal's file behind the engine's back.
func tamper(t *testing.T, dir, statement string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(dir, "slotfarm.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(statement); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyNamesTheFirstWrongEntry changes a stored journal in every way that
// leaves traces in it, and expects the entry to be named.
func TestVerifyNamesTheFirstWrongEntry(t *testing.T) {
	tests := []struct {
		name, statement string
		seq             int64
		reason          string
	}{
		{"one byte", `UPDATE entries SET body = CAST(replace(body, '"quantity":2', '"quantity":9') AS BLOB) WHERE seq = 3`, 3, "hash"},
		{"a dropped entry", `DELETE FROM entries WHERE seq = 2`, 3, "entry 2 is missing"},
		{"a hash", `UPDATE entries SET hash = zeroblob(32) WHERE seq = 4`, 4, "hash"},
		{"two bodies swapped", `UPDATE entries SET
			body = (SELECT body FROM entries o WHERE o.seq = 7 - entries.seq),
			hash = (SELECT hash FROM entries o WHERE o.seq = 7 - entries.seq) WHERE seq IN (3, 4)`, 3, "hash"},
		{"an inserted entry", `INSERT INTO entries SELECT account, 6, transactions, NULL, body, hash FROM entries WHERE seq = 5`, 6, "hash"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			writeHistory(t, dir)
			tamper(t, dir, tt.statement)
			j := openDir(t, dir)
			defer j.Close()
			report, err := journal.Verify(context.Background(), j)
			if err != nil || report.Wrong == nil {
				t.Fatalf("Verify = %+v, %v, want a wrong entry", report, err)
			}
			if report.Wrong.Seq != tt.seq || !strings.Contains(report.Wrong.Reason, tt.reason) {
				t.Errorf("wrong entry = %+v, want %d with %q", *report.Wrong, tt.seq, tt.reason)
			}
		})
	}
}

// writeHistory makes a journal of five entries: an opening and four settings.
func writeHistory(t *testing.T, dir string) {
	t.Helper()
	j := openDir(t, dir)
	defer j.Close()
	fill(t, j, "111111111111")
}

// fill appends five entries to an account.
func fill(t *testing.T, j *sqlite.Journal, id account.ID) {
	t.Helper()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for quantity := range 5 {
		_, err := j.Update(context.Background(), journal.Change{
			Account: id,
			Decide: func(s account.State) ([]account.Event, error) {
				if !s.Opened() {
					return []account.Event{account.Open(account.Opening{Seed: "seed"}, at)}, nil
				}
				transaction := account.Transaction{OfferingID: "offering", Quantity: quantity}
				return []account.Event{{Kind: account.KindPurchased, At: at, Transactions: []account.Transaction{transaction}}}, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestAFailedCommitIsNeitherAcknowledgedNorRemembered makes the database refuse
// the second of two entries and expects the error, the old head without the
// first, and service again when the cause is gone.
func TestAFailedCommitIsNeitherAcknowledgedNorRemembered(t *testing.T) {
	dir := t.TempDir()
	writeHistory(t, dir)
	j := openDir(t, dir)
	defer j.Close()
	id := account.ID("111111111111")
	settle := journal.Change{Account: id, Decide: func(s account.State) ([]account.Event, error) {
		settled := account.Event{Kind: account.KindConfigured, At: s.At, Settings: &account.Settings{}}
		return []account.Event{settled, settled}, nil
	}}
	tamper(t, dir, `CREATE TRIGGER full BEFORE INSERT ON entries WHEN NEW.seq = 7 BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
	_, err := j.Update(context.Background(), settle)
	if fault.KindOf(err) != fault.Unavailable || strings.Contains(fault.MessageOf(err), "disk full") {
		t.Errorf("error = %v, want Unavailable without the cause in its message", err)
	}
	if head, err := j.Head(context.Background(), id); err != nil || head.Seq != 5 {
		t.Errorf("head after the failure = %d, %v, want 5", head.Seq, err)
	}
	tamper(t, dir, `DROP TRIGGER full`)
	if _, err := j.Update(context.Background(), settle); err != nil {
		t.Errorf("after the cause is gone: %v", err)
	}
}
