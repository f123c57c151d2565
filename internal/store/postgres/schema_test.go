package postgres_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// typeInSQLite says as what a type of PostgreSQL is kept in SQLite.
var typeInSQLite = map[string]string{"text": "TEXT", "integer": "INTEGER", "bigint": "INTEGER", "bytea": "BLOB"}

func TestSchema(t *testing.T) {
	t.Parallel()
	s := pgtest.Start(t)
	url := s.Database(t)
	j, conn := open(t, url), connect(t, url)
	t.Run("it is that of the other engine", func(t *testing.T) {
		if diff := cmp.Diff(columnsInSQLite(t), columns(t, conn)); diff != "" {
			t.Errorf("SQLite (-) and PostgreSQL (+) differ: %s", diff)
		}
	})
	t.Run("what is unique is so within its account", func(t *testing.T) { testKeys(t, conn) })
	t.Run("history is read by its index", func(t *testing.T) { testPlans(t, j, conn) })
}

// columns returns the type of each column as SQLite has it, and whether it may be null. How versions are drawn and
// how nodes hear of changes is a matter of each engine.
func columns(t *testing.T, conn *pgx.Conn) map[string]string {
	t.Helper()
	rows, err := conn.Query(t.Context(), `SELECT table_name || '.' || column_name, data_type, is_nullable = 'YES'
		FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'goose%' AND table_name NOT LIKE 'document\_%'`)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	var name, kind string
	var null bool
	_, err = pgx.ForEachRow(rows, []any{&name, &kind, &null}, func() error {
		mapped, ok := typeInSQLite[kind]
		if !ok {
			t.Errorf("%s has the type %s, which has no counterpart", name, kind)
		}
		found[name] = fmt.Sprintf("%s null=%t", mapped, null)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// columnsInSQLite returns the same of a new journal of the other engine.
func columnsInSQLite(t *testing.T) map[string]string {
	t.Helper()
	dir := t.TempDir()
	j, err := sqlite.Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	db, err := sql.Open("sqlite", filepath.Join(dir, "slotfarm.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.QueryContext(t.Context(), `SELECT s.name || '.' || c.name, c.type, NOT c."notnull"
		FROM sqlite_schema s JOIN pragma_table_info(s.name) c
		WHERE s.type = 'table' AND s.name NOT LIKE 'goose%' AND s.name NOT LIKE 'sqlite%' AND s.name NOT LIKE 'document\_%' ESCAPE '\'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	found := map[string]string{}
	for rows.Next() {
		var name, kind string
		var null bool
		if err := rows.Scan(&name, &kind, &null); err != nil {
			t.Fatal(err)
		}
		found[name] = fmt.Sprintf("%s null=%t", kind, null)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// testKeys holds the first column of every unique index against a list: a table that could not be spread by
// account has to be put on it.
func testKeys(t *testing.T, conn *pgx.Conn) {
	rows, err := conn.Query(t.Context(), `SELECT i.indexrelid::regclass::text, a.attname
		FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
		WHERE c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE 'goose%' AND i.indisunique`)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	var index, column string
	_, err = pgx.ForEachRow(rows, []any{&index, &column}, func() error {
		got[index] = column
		return nil
	})
	want := map[string]string{
		"entries_pkey":   "account",
		"entries_retry":  "account",
		"accounts_pkey":  "account",
		"documents_pkey": "key", // which begins with the account if the document belongs to one
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("keys: %v, %s", err, diff)
	}
}

// testPlans reads pages deep in an account with many entries, and has the statements explained that the engine
// sent.
func testPlans(t *testing.T, j *postgres.Journal, conn *pgx.Conn) {
	const id, deep, limit = account.ID("111111111111"), 15_000, 100
	for _, statement := range []string{
		`INSERT INTO entries SELECT a, seq, seq % 3 - 1, NULL, 'body', sha256(seq::text::bytea)
			FROM generate_series(1, 30000) AS seq, unnest(ARRAY['111111111111', '222222222222']) AS a`,
		`ANALYZE entries`,
	} {
		if _, err := conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if page, err := j.Back(t.Context(), id, deep, limit); err != nil || len(page) != limit {
		t.Fatalf("back: %d records, %v", len(page), err)
	}
	wantIndexed(t, explain(t, conn, "seq < $2", string(id), deep, limit), limit)
	if page, err := j.Forward(t.Context(), id, deep, limit); err != nil || len(page) != limit {
		t.Fatalf("forward: %d records, %v", len(page), err)
	}
	wantIndexed(t, explain(t, conn, "seq > $2", string(id), deep, limit), limit)
	if page, err := j.Unbooked(t.Context(), id, deep, limit); err != nil || len(page) != limit {
		t.Fatalf("unbooked: %d records, %v", len(page), err)
	}
	wantMerged(t, explain(t, conn, "UNION ALL", string(id), deep, limit), limit)
}

// wantMerged wants a plan to merge the rows of two indexes, each of which reads no more of them than it may need.
func wantMerged(t *testing.T, p plan, rows float64) {
	t.Helper()
	if len(p.Plans) != 1 || p.Plans[0].NodeType != "Merge Append" || len(p.Plans[0].Plans) != 2 {
		t.Fatalf("plan = %+v, want a merge of two", p)
	}
	for _, one := range p.Plans[0].Plans {
		for one.NodeType == "Limit" || one.NodeType == "Subquery Scan" {
			one = one.Plans[0]
		}
		wantIndexed(t, one, one.Rows)
		if one.Rows > rows {
			t.Errorf("plan = %+v, want at most %v rows", one, rows)
		}
	}
}

// plan is a node of what EXPLAIN says.
type plan struct {
	NodeType  string  `json:"Node Type"`
	IndexCond string  `json:"Index Cond"`
	Filter    string  `json:"Filter"`
	Rows      float64 `json:"Actual Rows"`
	Plans     []plan
}

// explain explains and carries out the last statement of a journal's connection that holds a text.
func explain(t *testing.T, conn *pgx.Conn, text string, args ...any) plan {
	t.Helper()
	var query string
	row := conn.QueryRow(t.Context(), `SELECT query FROM pg_stat_activity
		WHERE datname = current_database() AND application_name = 'slotfarm' AND strpos(query, $1) > 0`, text)
	if err := row.Scan(&query); err != nil {
		t.Fatalf("the statement with %q: %v", text, err)
	}
	var out []byte
	if err := conn.QueryRow(t.Context(), "EXPLAIN (ANALYZE, FORMAT JSON) "+query, args...).Scan(&out); err != nil {
		t.Fatal(err)
	}
	var plans []struct{ Plan plan }
	if err := json.Unmarshal(out, &plans); err != nil {
		t.Fatal(err)
	}
	return plans[0].Plan
}

// wantIndexed wants a plan to find its place by account and number, and to read no more rows than it returns.
func wantIndexed(t *testing.T, p plan, rows float64) {
	t.Helper()
	for p.NodeType == "Limit" && len(p.Plans) == 1 {
		p = p.Plans[0]
	}
	if p.NodeType != "Index Scan" || !strings.Contains(p.IndexCond, "account") || !strings.Contains(p.IndexCond, "seq") || p.Filter != "" || p.Rows != rows {
		t.Errorf("plan = %+v, want an index scan of %v rows by account and seq", p, rows)
	}
}
