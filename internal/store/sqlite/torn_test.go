package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// written is what stood in the files of a journal at a moment at which its process could have died.
type written struct {
	database, log []byte // the file and its write-ahead log
	records       map[account.ID][]journal.Record
	commits       []commit
}

// commit is a moment right after a commit: how long the log was, and each journal.
type commit struct {
	log     int64
	entries map[account.ID]int
}

// read takes the moment after a commit of a journal that is open.
func (w *written) read(t *testing.T, dir string, j *sqlite.Journal) {
	t.Helper()
	info, err := os.Stat(filepath.Join(dir, "slotfarm.db-wal"))
	if err != nil {
		t.Fatal(err)
	}
	c := commit{log: info.Size(), entries: map[account.ID]int{}}
	for _, id := range []account.ID{alice, bob} {
		w.records[id] = history(t, j, id)
		c.entries[id] = len(w.records[id])
	}
	w.commits = append(w.commits, c)
}

// writeTorn has a journal with two accounts, of each of which five entries are in the database and five more in
// the log.
func writeTorn(t *testing.T) *written {
	t.Helper()
	dir := t.TempDir()
	j := openDir(t, dir)
	defer j.Close()
	fill(t, j, alice)
	fill(t, j, bob)
	tamper(t, dir, `PRAGMA wal_checkpoint(TRUNCATE)`)
	w := &written{records: map[account.ID][]journal.Record{}}
	w.read(t, dir, j)
	for range 5 {
		for _, id := range []account.ID{alice, bob} {
			settle(t, j, id)
			w.read(t, dir, j)
		}
	}
	for name, content := range map[string]*[]byte{"slotfarm.db": &w.database, "slotfarm.db-wal": &w.log} {
		var err error
		if *content, err = os.ReadFile(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// settle appends one entry.
func settle(t *testing.T, j *sqlite.Journal, id account.ID) {
	t.Helper()
	_, err := j.Update(context.Background(), journal.Change{Account: id, Decide: func(s account.State) ([]account.Event, error) {
		return []account.Event{{Kind: account.KindConfigured, At: s.At, Settings: &account.Settings{}}}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
}

// at returns how many entries of each account there must be if the log is intact up to an offset.
func (w *written) at(offset int) map[account.ID]int {
	left := w.commits[0].entries
	for _, c := range w.commits {
		if c.log <= int64(offset) {
			left = c.entries
		}
	}
	return left
}

// leave makes a data directory with the database and another log.
func (w *written) leave(t *testing.T, log []byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string][]byte{"slotfarm.db": w.database, "slotfarm.db-wal": log} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// check verifies a directory, opens it and goes on in it: each journal must hold its first entries, as many as
// are wanted, and nothing else.
func (w *written) check(t *testing.T, dir string, want map[account.ID]int) {
	t.Helper()
	report, err := sqlite.VerifyArchive(context.Background(), dir)
	if diff := cmp.Diff(journal.Report{Accounts: 2, Entries: int64(want[alice] + want[bob])}, report); diff != "" || err != nil {
		t.Errorf("verify: %v (-want +got):\n%s", err, diff)
	}
	j := openDir(t, dir)
	defer j.Close()
	for id, n := range want {
		if diff := cmp.Diff(w.records[id][:n], history(t, j, id)); diff != "" {
			t.Errorf("journal of %s (-want +got):\n%s", id, diff)
		}
		settle(t, j, id)
	}
	if report, err := journal.Verify(context.Background(), j); err != nil || report.Wrong != nil {
		t.Errorf("verify after another entry each: %+v, %v", report.Wrong, err)
	}
}

// TestTornLog damages the write-ahead log that a process left: it is cut, overwritten with zeros, or one bit of it
// is wrong. Every commit before the place of the damage is there, whole; every later one is gone, and with it what
// was acknowledged and stood nowhere else. What the database held before is never touched.
func TestTornLog(t *testing.T) {
	w := writeTorn(t)
	damages := map[string]func(log []byte, at int) []byte{
		"cut":    func(log []byte, at int) []byte { return log[:at] },
		"zeroed": func(log []byte, at int) []byte { clear(log[at:]); return log },
		"a bit":  func(log []byte, at int) []byte { log[at] ^= 1 << (at % 8); return log },
	}
	var offsets []int
	for at := 0; at < len(w.log); at += 7919 {
		offsets = append(offsets, at)
	}
	for _, c := range w.commits[1:] { // the last byte that a commit needs, and the first that it does not
		offsets = append(offsets, int(c.log)-1, int(c.log))
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, at := range offsets {
				if at == len(w.log) && name == "a bit" {
					continue
				}
				w.check(t, w.leave(t, damage(append([]byte{}, w.log...), at)), w.at(at))
				if t.Failed() {
					t.Fatalf("the log is damaged from byte %d of %d", at, len(w.log))
				}
			}
			t.Logf("%d places in a log of %d bytes and %d commits", len(offsets), len(w.log), len(w.commits)-1)
		})
	}
}
