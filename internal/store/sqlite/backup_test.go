package sqlite_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

const (
	alice account.ID = "111111111111"
	bob   account.ID = "222222222222"
)

// backup writes a backup of a journal into a file of a new directory.
func backup(t *testing.T, j *sqlite.Journal) string {
	t.Helper()
	source, err := j.Backup(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(source)
	if err := errors.Join(err, source.Close()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "backup?%41")
	if err := os.WriteFile(file, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// names returns the names of the files in a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// history returns every record of an account.
func history(t *testing.T, r journal.Reader, id account.ID) []journal.Record {
	t.Helper()
	records, err := r.Forward(context.Background(), id, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// TestBackup backs journals up, in a file and in memory, and restores them elsewhere: entries and
// documents are the same, and updates go on from there.
func TestBackup(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "data dir?%41")
	memory, err := sqlite.OpenMemory(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for name, j := range map[string]*sqlite.Journal{"file": openDir(t, dir), "memory": memory} {
		t.Run(name, func(t *testing.T) {
			defer j.Close()
			fill(t, j, alice)
			put(t, j, `"value"`, "key")
			file := backup(t, j)
			first, err := j.Backup(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := j.Backup(ctx); fault.KindOf(err) != fault.Conflict {
				t.Errorf("a second backup at once: %v, want a Conflict", err)
			}
			if err := first.Close(); err != nil {
				t.Error(err)
			}
			want := history(t, j, alice)
			restored := filepath.Join(t.TempDir(), "new", "data")
			report, err := sqlite.Restore(ctx, file, restored, sqlite.VerifyArchive)
			if diff := cmp.Diff(journal.Report{Accounts: 1, Entries: 5}, report); diff != "" || err != nil {
				t.Errorf("Restore: %v, report (-want +got):\n%s", err, diff)
			}
			again := openDir(t, restored)
			defer again.Close()
			if diff := cmp.Diff(want, history(t, again, alice)); diff != "" {
				t.Errorf("entries (-want +got):\n%s", diff)
			}
			wantBody(t, again, "key", `"value"`)
			fill(t, again, alice)
		})
	}
	if diff := cmp.Diff([]string{"slotfarm.db", "slotfarm.lock"}, names(t, dir)); diff != "" {
		t.Errorf("files in the data directory (-want +got):\n%s", diff)
	}
}

// TestBackupWhileWriting takes a backup between updates that do not wait for it.
func TestBackupWhileWriting(t *testing.T) {
	j := openDir(t, t.TempDir())
	defer j.Close()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				fill(t, j, account.ID(fmt.Sprintf("%012d", i)))
			}
		}
	}()
	for range 5 {
		if report, err := sqlite.VerifyArchive(context.Background(), backup(t, j)); err != nil || report.Wrong != nil {
			t.Errorf("a backup holds %+v, %v", report.Wrong, err)
		}
	}
	close(stop)
	<-stopped
}

// TestFlippedBytes flips a bit of every byte of every entry in a backup, of its body and its hash:
// verifying names the account and the entry.
func TestFlippedBytes(t *testing.T) {
	j := openDir(t, t.TempDir())
	fill(t, j, alice)
	fill(t, j, bob)
	records := append(history(t, j, alice), history(t, j, bob)...)
	file := backup(t, j)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range records {
		stored := append(bytes.Clone(r.Body), r.Hash[:]...)
		for i := 0; i < len(stored); i += 7 {
			changed := bytes.Clone(stored)
			changed[i] ^= 1 << (i % 8)
			flipped := bytes.ReplaceAll(whole, stored, changed) // pages that were split hold rows twice
			if err := os.WriteFile(file, flipped, 0o600); err != nil {
				t.Fatal(err)
			}
			report, err := sqlite.VerifyArchive(context.Background(), file)
			if err != nil || report.Wrong == nil || report.Wrong.Account != r.Account || report.Wrong.Seq != r.Seq {
				t.Errorf("byte %d: %+v, %v, want entry %d of account %s", i, report.Wrong, err, r.Seq, r.Account)
			}
		}
	}
}

// TestArchivesThatAreNotWhole changes a backup in ways that leave each entry as it is, and restores
// it: nothing is made of it.
func TestArchivesThatAreNotWhole(t *testing.T) {
	for name, test := range map[string]struct{ statement, want string }{
		"unlisted account": {`DELETE FROM accounts`, "entry 1: the account is missing from the list of accounts"},
		"account renamed":  {`UPDATE accounts SET account = '999999999999'`, "entry 1: the account is missing"},
		"empty account":    {`INSERT INTO accounts (account) VALUES ('999999999999')`, "999999999999 entry 1: entry 1 is missing"},
		"transactions":     {`UPDATE entries SET transactions = 0 WHERE seq = 3`, "entry 3: its index columns do not match its body"},
		"retry":            {`UPDATE entries SET retry = x'00' WHERE seq = 3`, "entry 3: its index columns do not match its body"},
		"newer format":     {`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, 1)`, "the storage format is 99999"},
		"no journal":       {`DROP TABLE goose_db_version`, "this is not a journal of slotfarm"},
	} {
		t.Run(name, func(t *testing.T) {
			source := t.TempDir()
			writeHistory(t, source)
			tamper(t, source, test.statement)
			dir := t.TempDir()
			report, err := sqlite.Restore(context.Background(), filepath.Join(source, "slotfarm.db"), dir, sqlite.VerifyArchive)
			got := fmt.Sprint(err)
			if w := report.Wrong; w != nil {
				got = fmt.Sprintf("%s entry %d: %s", w.Account, w.Seq, w.Reason)
			}
			if !strings.Contains(got, test.want) {
				t.Errorf("Restore: %s, want %q", got, test.want)
			}
			if diff := cmp.Diff([]string{"slotfarm.lock"}, names(t, dir)); diff != "" {
				t.Errorf("files in the data directory (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRestoreRefused(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	j := openDir(t, dir)
	fill(t, j, alice)
	file := backup(t, j)
	if _, err := sqlite.Restore(ctx, file, dir, sqlite.VerifyArchive); err == nil || !strings.Contains(err.Error(), "in use by another slotfarm process") {
		t.Errorf("Restore into an open directory: %v", err)
	}
	if _, err := sqlite.OpenArchive(ctx, dir); err == nil || !strings.Contains(err.Error(), "in use by another slotfarm process") {
		t.Errorf("OpenArchive of an open directory: %v", err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := sqlite.Restore(ctx, file, dir, sqlite.VerifyArchive); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), "already holds a journal") {
		t.Errorf("Restore over a journal: %v, want a Conflict", err)
	}
	if _, err := sqlite.OpenArchive(ctx, filepath.Join(dir, "missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("OpenArchive of nothing: %v", err)
	}
	if report, err := sqlite.VerifyArchive(ctx, dir); err != nil || report.Entries != 5 {
		t.Errorf("the journal that was there: %+v, %v, want 5 entries", report, err)
	}
}

// TestArchiveThatCannotBeRead uses an intact journal whose log cannot be
// opened: the error must not say that it is not a journal.
func TestArchiveThatCannotBeRead(t *testing.T) {
	dir := t.TempDir()
	writeHistory(t, dir)
	if err := os.Mkdir(filepath.Join(dir, "slotfarm.db-wal"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := sqlite.VerifyArchive(context.Background(), dir)
	if err == nil || !strings.Contains(err.Error(), "read the storage format: ") || strings.Contains(err.Error(), "no journal") {
		t.Errorf("error = %v, want that it cannot be read", err)
	}
}
