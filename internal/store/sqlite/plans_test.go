package sqlite_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// TestPlans has the statements on pages of entries explained: who reads orders
// goes by the indexes that lack sessions, and nobody reads entries that he does not
// return.
func TestPlans(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	j := openDir(t, dir)
	defer j.Close()
	db, err := sql.Open("sqlite", filepath.Join(dir, "slotfarm.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	const byTransactions = "SEARCH entries USING INDEX entries_transactions (account=? AND seq"
	for name, want := range map[string][]string{
		"forward": {"SEARCH entries USING INDEX entries_place (account=? AND seq>?)"},
		"back":    {byTransactions + "<?)"},
		"unbooked": {
			"MERGE (UNION ALL)", "LEFT", byTransactions + ">?)", "RIGHT", "SEARCH entries USING INDEX entries_plain (account=? AND seq>?)",
		},
	} {
		got := explain(t, db, sqlite.JournalStatements()[name], "111111111111", 5, 100)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// explain returns the lines of a statement's plan.
func explain(t *testing.T, db *sql.DB, query string, args ...any) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan
}
