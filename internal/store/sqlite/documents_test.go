package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
	"github.com/slotfarm/slotfarm/internal/store/storetest"
)

// put puts documents of one body.
func put(t *testing.T, j *sqlite.Journal, body string, keys ...string) int64 {
	t.Helper()
	var c store.Commit
	for _, key := range keys {
		c.Put = append(c.Put, store.Document{Key: key, Body: []byte(body)})
	}
	version, err := j.Commit(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return version
}

// wantBody wants a document to have a body, "" being none.
func wantBody(t *testing.T, j *sqlite.Journal, key, body string) store.Document {
	t.Helper()
	found, err := j.Get(context.Background(), key)
	d := store.Find(found, key)
	if err != nil || string(d.Body) != body {
		t.Errorf("document %s is %q, %v, want %q", key, d.Body, err, body)
	}
	return d
}

// TestHotDocuments changes the file behind the engine's back: the engine must
// not read again what it recently read or wrote, or what it knows not to exist.
func TestHotDocuments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openDir(t, dir)
	put(t, j, `1`, "written", "deleted")
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	j = openDir(t, dir)
	defer func() { j.Close() }()
	put(t, j, `2`, "written")
	if _, err := j.Commit(t.Context(), store.Commit{Delete: []string{"deleted"}}); err != nil {
		t.Fatal(err)
	}
	wantBody(t, j, "absent", "")
	tamper(t, dir, `UPDATE documents SET body = x'39'`)
	tamper(t, dir, `INSERT INTO documents (key, version, body) VALUES ('absent', 99, x'39'), ('deleted', 99, x'39'), ('unknown', 99, x'39')`)
	wantBody(t, j, "written", `2`)
	wantBody(t, j, "deleted", "")
	wantBody(t, j, "absent", "")
	wantBody(t, j, "unknown", `9`)
	tamper(t, dir, `DELETE FROM documents`)
	wantBody(t, j, "unknown", `9`)
	if err := j.Clear(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantBody(t, j, "written", "")
	put(t, j, `3`, "absent")
	wantBody(t, j, "absent", `3`)
}

// TestAFailedCommitOfDocuments has the database refuse the second of two
// documents: neither is there, in the cache as on disk, and the version that was
// meant for them is never given again.
func TestAFailedCommitOfDocuments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openDir(t, dir)
	defer func() { j.Close() }()
	before := put(t, j, `1`, "a", "b")
	tamper(t, dir, `CREATE TRIGGER full BEFORE UPDATE ON documents WHEN NEW.key = 'b' BEGIN SELECT RAISE(ABORT, 'disk full'); END`)
	c := store.Commit{Put: []store.Document{{Key: "a", Body: []byte(`2`)}, {Key: "b", Body: []byte(`2`)}}}
	if _, err := j.Commit(t.Context(), c); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("error = %v, want Unavailable", err)
	}
	for range 2 {
		for _, key := range []string{"a", "b"} {
			if d := wantBody(t, j, key, `1`); d.Version != before {
				t.Errorf("%s has version %d, want %d", key, d.Version, before)
			}
		}
		tamper(t, dir, `DROP TRIGGER IF EXISTS full`)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j = openDir(t, dir)
	}
	if after := put(t, j, `3`, "a", "b"); after <= before {
		t.Errorf("version %d follows version %d", after, before)
	}
	wantBody(t, j, "b", `3`)
}

// TestTornDocuments cuts the log of a process that died at many places: of each
// commit both documents are there or neither, and work goes on.
func TestTornDocuments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openDir(t, dir)
	ends := map[int64]int{} // how many commits the log holds, by its length
	for n := range 10 {
		put(t, j, fmt.Sprint(n+1), "a", "b")
		info, err := os.Stat(filepath.Join(dir, "slotfarm.db-wal"))
		if err != nil {
			t.Fatal(err)
		}
		ends[info.Size()] = n + 1
	}
	log, err := os.ReadFile(filepath.Join(dir, "slotfarm.db-wal"))
	database, databaseErr := os.ReadFile(filepath.Join(dir, "slotfarm.db"))
	if err != nil || databaseErr != nil {
		t.Fatal(err, databaseErr)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	left := 0
	for at := 0; at <= len(log); at++ {
		if n, ok := ends[int64(at)]; ok {
			left = n
		}
		if _, end := ends[int64(at+1)]; at%9973 != 0 && !end && left != ends[int64(at)] {
			continue
		}
		if left == 0 {
			continue // the tables themselves may be in what is cut
		}
		w := &written{database: database}
		j := openDir(t, w.leave(t, log[:at]))
		a, b := wantBody(t, j, "a", fmt.Sprint(left)), wantBody(t, j, "b", fmt.Sprint(left))
		if a.Version != b.Version || put(t, j, `0`, "a") <= a.Version {
			t.Errorf("cut at %d: versions %d and %d", at, a.Version, b.Version)
		}
		if err := j.Close(); err != nil || t.Failed() {
			t.Fatalf("cut at %d of %d: %v", at, len(log), err)
		}
	}
	if left != 10 {
		t.Errorf("the whole log holds %d commits, want 10", left)
	}
}

// TestDocumentsInArchives backs documents up, restores and verifies them, and then
// damages them in ways that no commit can.
func TestDocumentsInArchives(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), filepath.Join(t.TempDir(), "restored")
	j := openDir(t, t.TempDir())
	put(t, j, `{"a":1}`, "a", "b/c")
	last := put(t, j, `2`, "gone")
	if _, err := j.Commit(ctx, store.Commit{Delete: []string{"gone"}}); err != nil {
		t.Fatal(err)
	}
	file := backup(t, j)
	before, err := j.Range(ctx, store.Query{Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if report, err := sqlite.Restore(ctx, file, dir, sqlite.VerifyArchive); err != nil || report.Wrong != nil {
		t.Fatalf("restore: %+v, %v", report, err)
	}
	j = openDir(t, dir)
	after, err := j.Range(ctx, store.Query{Limit: 10})
	if diff := cmp.Diff(before, after); err != nil || diff != "" {
		t.Errorf("restored: %v (-want +got):\n%s", err, diff)
	}
	if version := put(t, j, `3`, "gone"); version <= last {
		t.Errorf("version %d was given after the restore, and version %d before", version, last)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ damage, repair, want string }{
		{`UPDATE documents SET body = x'7b' WHERE key = 'a'`, `UPDATE documents SET body = x'31'`, `document "a" is not JSON`},
		{`UPDATE documents SET body = CAST('"' || printf('%.*c', 300000, 'x') || '"' AS BLOB) WHERE key = 'a'`, `UPDATE documents SET body = x'31'`, "has 300002 bytes"},
		{`UPDATE documents SET key = 'a//b' WHERE key = 'a'`, `UPDATE documents SET key = 'a' WHERE key = 'a//b'`, `"a//b" is not valid`},
		{`UPDATE documents SET version = 0 WHERE key = 'a'`, `UPDATE documents SET version = 1 WHERE key = 'a'`, "has version 0"},
		{`UPDATE document_versions SET last = 1`, `UPDATE document_versions SET last = 100`, "the last one given is 1"},
	} {
		tamper(t, dir, tt.damage)
		if _, err := sqlite.VerifyArchive(ctx, dir); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("after %s: %v, want an error with %q", tt.damage, err, tt.want)
		}
		tamper(t, dir, tt.repair)
	}
	if report, err := sqlite.VerifyArchive(ctx, dir); err != nil || report.Wrong != nil {
		t.Errorf("repaired: %+v, %v", report, err)
	}
}

// TestPagesOfDocuments explains the statements of pages: each must find its
// place in the index of keys and read on from there.
func TestPagesOfDocuments(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openDir(t, dir)
	defer j.Close()
	storetest.Fill(t, j)
	db, err := sql.Open("sqlite", filepath.Join(dir, "slotfarm.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for name, q := range storetest.Pages() {
		storetest.WantPage(t, j, q)
		query, args := sqlite.PageStatement(q)
		rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatal(err)
		}
		plan := ""
		for rows.Next() {
			var id, parent, unused int
			var detail string
			if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
				t.Fatal(err)
			}
			plan += detail + "\n"
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if want := "SEARCH documents USING INDEX sqlite_autoindex_documents_1 (key>? AND key<?)\n"; plan != want {
			t.Errorf("%s: plan\n%swant\n%s", name, plan, want)
		}
	}
}

func BenchmarkDocuments(b *testing.B) {
	open := func(b *testing.B) *sqlite.Journal {
		j, err := sqlite.Open(context.Background(), b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { j.Close() })
		return j
	}
	b.Run("pages", func(b *testing.B) { storetest.BenchmarkPages(b, open(b)) })
	b.Run("commits", func(b *testing.B) { storetest.BenchmarkCommits(b, open(b)) })
	b.Run("get", func(b *testing.B) { storetest.BenchmarkGet(b, open(b)) })
}
