package postgres_test

import (
	"testing"

	"github.com/slotfarm/slotfarm/internal/account"
)

// testRewindBesideStaleNode has another node build on entry 3, not knowing of
// entry 4, while a rewind takes both back. In the table's file,
// which is read in its order, 4 stands before 3.
func testRewindBesideStaleNode(t *testing.T, url string) {
	const id = account.ID("111111111111")
	execute(t, url, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET enable_indexscan = off', current_database()); END $$`)
	j := open(t, url)
	if _, err := j.Update(t.Context(), purchase(id, 10, "")); err != nil { // entries 1 and 2
		t.Fatal(err)
	}
	place, err := j.Head(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := j.Update(t.Context(), purchase(id, 10, "")); err != nil {
			t.Fatal(err)
		}
	}
	execute(t, url, `BEGIN; CREATE TEMP TABLE third AS SELECT * FROM entries WHERE seq = 3;
		DELETE FROM entries WHERE seq = 3; INSERT INTO entries SELECT * FROM third; COMMIT`)
	tx, err := connect(t, url).Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `SELECT FROM entries WHERE seq = 3 FOR KEY SHARE`); err != nil {
		t.Fatal(err)
	}
	rewound := make(chan error, 1)
	go func() { rewound <- j.Rewind(t.Context(), id, place.Place()) }()
	waitForLock(t, url)
	if _, err := tx.Exec(t.Context(), `INSERT INTO entries SELECT * FROM entries WHERE seq = 4 ON CONFLICT DO NOTHING`); err != nil {
		t.Error(err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Error(err)
	}
	if err := <-rewound; err != nil {
		t.Errorf("rewind: %v", err)
	}
	wantVerified(t, j, 2)
}

// waitForLock returns when a statement of a journal waits for a lock.
func waitForLock(t *testing.T, url string) {
	t.Helper()
	conn := connect(t, url)
	for waits := 0; waits == 0; {
		const query = `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'slotfarm' AND wait_event_type = 'Lock'`
		if err := conn.QueryRow(t.Context(), query).Scan(&waits); err != nil {
			t.Fatal(err)
		}
	}
}
