package sqlite

import (
	"context"
	"database/sql"
	"strings"
	"testing"
)

// TestDurability asks the connections themselves whether a commit waits for the
// disk, and whether readers can write.
func TestDurability(t *testing.T) {
	j, err := Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for _, tt := range []struct {
		name, pragma, want string
		db                 *sql.DB
	}{
		{"writer", "journal_mode", "wal", j.write},
		{"writer", "synchronous", "2", j.write}, // FULL: every commit is synced
		{"reader", "journal_mode", "wal", j.read},
		{"reader", "query_only", "1", j.read},
	} {
		var got string
		if err := tt.db.QueryRow("PRAGMA " + tt.pragma).Scan(&got); err != nil || got != tt.want {
			t.Errorf("%s of the %s = %q, %v, want %q", tt.pragma, tt.name, got, err, tt.want)
		}
	}
}

// TestReadersAreOpen asks that no reader opens files later, when there may be no
// descriptor for them.
func TestReadersAreOpen(t *testing.T) {
	j, err := Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	if open := j.read.Stats().OpenConnections; open != readers {
		t.Errorf("%d connections of readers are open, want %d", open, readers)
	}
}

// TestDocumentsAreFoundByKey checks that a look-up reads only the documents
// that it asks for: anybody who sends the id of a key causes one.
func TestDocumentsAreFoundByKey(t *testing.T) {
	j, err := Open(context.Background(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	var id, parent, unused int
	var plan string
	row := j.read.QueryRow("EXPLAIN QUERY PLAN "+getQuery, `["a","b"]`)
	if err := row.Scan(&id, &parent, &unused, &plan); err != nil || !strings.Contains(plan, "SEARCH documents USING INDEX") || !strings.Contains(plan, "(key=?)") {
		t.Errorf("plan: %q, %v", plan, err)
	}
}
