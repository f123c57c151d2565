package sqlite_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// TestASchemaOfAnother changes what a database is made of, and leaves every entry
// and hash as it is. Opening, verifying and restoring have to name the change.
func TestASchemaOfAnother(t *testing.T) {
	tests := []struct{ name, statement, want string }{
		{"a trigger that eats purchases", `CREATE TRIGGER eat AFTER INSERT ON entries BEGIN DELETE FROM entries WHERE seq = NEW.seq; END`, "trigger eat, which slotfarm does not make"},
		{"a unique index that is gone", `DROP INDEX entries_place`, "lacks the index entries_place"},
		{"an index that is not unique any more", `DROP INDEX entries_retry; CREATE INDEX entries_retry ON entries (account, retry) WHERE retry IS NOT NULL`, "the index entries_retry of the database differs"},
		{"a table of another", `CREATE TABLE mine (x)`, "table mine"},
		{"a view", `CREATE VIEW entries_of_mine AS SELECT * FROM entries`, "view entries_of_mine"},
		{"a column more", `ALTER TABLE accounts ADD COLUMN mine TEXT`, "the table accounts of the database differs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			writeHistory(t, dir)
			file := filepath.Join(dir, "slotfarm.db")
			tamper(t, dir, tt.statement)
			_, opened := sqlite.Open(context.Background(), dir)
			_, verified := sqlite.VerifyArchive(context.Background(), file)
			_, restored := sqlite.Restore(context.Background(), file, filepath.Join(t.TempDir(), "new"), sqlite.VerifyArchive)
			for what, err := range map[string]error{"open": opened, "verify": verified, "restore": restored} {
				if err == nil || fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%s: error = %v, want Conflict with %q", what, err, tt.want)
				}
			}
		})
	}
}

// TestStatisticsAreNoChange has SQLite keep statistics, as an administrator may.
func TestStatisticsAreNoChange(t *testing.T) {
	dir := t.TempDir()
	writeHistory(t, dir)
	tamper(t, dir, `ANALYZE`)
	if report, err := sqlite.VerifyArchive(context.Background(), dir); err != nil || report.Wrong != nil {
		t.Errorf("verify = %+v, %v, want nothing wrong", report, err)
	}
}

// TestADueTimeOfAnother changes when an account is due, or that it is.
func TestADueTimeOfAnother(t *testing.T) {
	for _, statement := range []string{`UPDATE accounts SET due = due + 1`, `UPDATE accounts SET due = NULL`} {
		dir := t.TempDir()
		writeHistory(t, dir)
		tamper(t, dir, statement)
		report, err := sqlite.VerifyArchive(context.Background(), dir)
		if err != nil || report.Wrong == nil || report.Wrong.Account != alice || !strings.Contains(report.Wrong.Reason, "due") {
			t.Errorf("%s: verify = %+v, %v, want the account named for when it is due", statement, report, err)
		}
	}
}
