package server_test

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/offline"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// What stands in testdata/format2-serve.sql, as the release before documents left
// it: an operator's key, a team with a key and a disabled one, two versions of the
// catalogue. In testdata/format2-sandbox.sql is a test account with a snapshot.
var (
	formerOperator = signer{"SLOTLWB5S4VJZA2DCM5O", "slot_pTm9z7kqgVHHXfK6m5VZiwB03y9spRNIEmV"}
	formerTeam     = signer{"SLOTLAJ6TFEFFMNSCEC3", "slot_HJ281Q9Fhy5JL45DjmwCOwLVLeJtP1Bw4-A"}
)

const (
	formerMaster   = "43ba738058d497f889479dbccb7cfd23e1be1d6526147fb595626e1172738dd2"
	formerAccount  = "111111111111"
	formerDisabled = "SLOTKNABXRYKSUOUKKFT"
	formerSnapshot = "/accounts/222222222222/snapshots/75327eab-e534-434e-a713-46561c577dbb"
)

// formerDatabase opens a new file with what a dump holds.
func formerDatabase(t *testing.T, dump string) (dir string, db *sql.DB) {
	t.Helper()
	dir = t.TempDir()
	statements, err := os.ReadFile(filepath.Join("testdata", dump))
	if err != nil {
		t.Fatal(err)
	}
	if db, err = sql.Open("sqlite", filepath.Join(dir, "slotfarm.db")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(string(statements)); err != nil {
		t.Fatal(err)
	}
	return dir, db
}

// formerInstallation is a service whose storage the release before documents left.
func formerInstallation(t *testing.T) *served {
	t.Helper()
	master, err := iam.ParseMasterKey(formerMaster)
	if err != nil {
		t.Fatal(err)
	}
	s := &served{t: t, master: master, operator: formerOperator}
	s.at(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))
	return s
}

// wantFormer holds what a service has against what was there, and goes on with it.
func (s *served) wantFormer() {
	s.t.Helper()
	s.call(formerTeam, "ListOfferings", "{}").want(s.t, "list", 200, `"amount":250.0`)
	s.call(formerTeam, "PurchaseOffering", slots(1)).want(s.t, "purchase", 200, `"amount":250.0`)
	keys := s.operate(s.operator, "GET", "/accounts/"+formerAccount+"/keys", "")
	keys.want(s.t, "keys", 200, formerTeam.id)
	keys.want(s.t, "keys", 200, `"accessKeyId":"`+formerDisabled+`"`)
	if strings.Count(keys.body, `"disabled":true`) != 1 {
		s.t.Errorf("keys = %s, want one that is disabled", keys.body)
	}
	versions := s.operate(s.operator, "GET", "/catalog/versions", "")
	versions.want(s.t, "versions", 200, `"version":2`)
	s.operate(s.operator, "GET", "/catalog?version=1", "").want(s.t, "the first version", 200, "2501.0")
	second := s.key(formerAccount, "")
	s.call(second, "ListOfferings", "{}").want(s.t, "a new key", 200, "offerings")
	path := "/accounts/" + formerAccount + "/keys/" + formerTeam.id
	s.operate(s.operator, "PUT", path, `{"disabled":true}`).want(s.t, "disable", 200, `"disabled":true`)
	s.call(formerTeam, "ListOfferings", "{}").want(s.t, "a key that was disabled", 400, "UnrecognizedClientException")
	own := "/accounts/000000000000/keys/" + s.operator.id
	s.operate(s.operator, "DELETE", own, "").want(s.t, "its own", 409, "signed this request")
	s.operate(s.operator, "GET", "/verify", "").want(s.t, "verify", 200, `"acts":3,`)
	s.operate(s.operator, "GET", "/verify", "").want(s.t, "verify", 200, `"ok":true`)
	s.operate(s.operator, "GET", "/accounts/000000000000/journal", "").want(s.t, "adopted", 200, `"what":"documents adopted"`)
}

// TestFormerDirectory opens a data directory of the release before documents.
func TestFormerDirectory(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := formerInstallation(t)
	dir, db := formerDatabase(t, "format2-serve.sql")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s.dir = dir
	for _, entries := range []int64{4, 9} {
		report, err := offline.Verify(ctx, dir)
		if err != nil || report.Wrong != nil || report.Entries != entries || report.Documents < 9 || report.Unproven() != (entries == 4) {
			t.Errorf("verify: %+v, %v, want %d entries", report, err, entries)
		}
		if entries == 4 {
			s.start()
			s.wantFormer()
			s.stop()
		}
	}
}

// TestFormerSandbox goes back to a snapshot of the release before documents.
func TestFormerSandbox(t *testing.T) {
	t.Parallel()
	s := formerInstallation(t)
	dir, db := formerDatabase(t, "format2-sandbox.sql")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	var err error
	if s.running, err = server.Start(context.Background(), server.Config{Data: dir, MaxSlots: 10}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	nobody := signer{}
	s.operate(nobody, "PUT", "/accounts/222222222222", `{"status":"SUSPENDED"}`).want(t, "change", 200, "SUSPENDED")
	s.operate(nobody, "POST", formerSnapshot+"/restore", "").want(t, "restore", 200, `"status":"ACTIVE"`)
	s.operate(nobody, "DELETE", formerSnapshot, "").want(t, "delete", 204, "")
	s.operate(nobody, "POST", formerSnapshot+"/restore", "").want(t, "restore what was deleted", 404, "has no snapshot")
}

// TestFormerPostgres opens a PostgreSQL database of the release before documents,
// and one to which a directory of that release was moved.
func TestFormerPostgres(t *testing.T) {
	t.Parallel()
	databases := pgtest.Start(t)
	t.Run("database", func(t *testing.T) {
		url := databases.Database(t)
		_, db := formerDatabase(t, "format2-serve.sql")
		copyFormer(t, db, url)
		wantFormerAt(t, url)
	})
	t.Run("moved", func(t *testing.T) {
		url := databases.Database(t)
		dir, db := formerDatabase(t, "format2-serve.sql")
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if report, err := offline.Migrate(t.Context(), dir, url); err != nil || report.Entries != 4 {
			t.Fatalf("migrate: %+v, %v", report, err)
		}
		wantFormerAt(t, url)
	})
}

// wantFormerAt serves a database.
func wantFormerAt(t *testing.T, url string) {
	t.Helper()
	s := formerInstallation(t)
	var err error
	s.running, err = server.Start(context.Background(), server.Config{
		Database: url, Master: &s.master, MaxSlots: 10, Now: func() time.Time { return *s.wall.Load() },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	s.wantFormer()
}

// formerTables are the tables as that release made them on PostgreSQL, beside those
// of its migrations.
const formerTables = `
CREATE TABLE goose_db_version (
	id integer PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, version_id bigint NOT NULL,
	is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now());
INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true);
INSERT INTO records VALUES ('revision', 'access', 'b0c4'), ('sweep', '3/000000007', '{"until":"2026-11-27T00:00:00Z"}');`

// copyFormer makes a database as that release left it, with the rows of a file.
func copyFormer(t *testing.T, db *sql.DB, url string) {
	t.Helper()
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	tables, err := os.ReadFile(filepath.Join("..", "store", "postgres", "migrations", "00001_journal.sql"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(ctx, string(tables)+formerTables); err != nil {
		t.Fatal(err)
	}
	for table, places := range map[string]string{"entries": "$1, $2, $3, $4, $5, $6", "accounts": "$1, $2", "records": "$1, $2, $3"} {
		rows, err := db.QueryContext(ctx, "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			row := make([]any, 1+strings.Count(places, ","))
			into := make([]any, len(row))
			for i := range row {
				into[i] = &row[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			if _, err := conn.Exec(ctx, "INSERT INTO "+table+" VALUES ("+places+")", row...); err != nil {
				t.Fatal(err)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
}
