package postgres_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store/postgres/pgtest"
)

// TestNewerEntry has a newer version of the program write to an account while this one runs, as in an upgrade of one
// node after another: this one changes nothing there any more, and goes on with the others, which share its batches.
func TestNewerEntry(t *testing.T) {
	t.Parallel()
	url := pgtest.Start(t).Database(t)
	j := open(t, url)
	const newer = account.ID("000000000001")
	others := []account.ID{"000000000002", "000000000003"}
	for _, id := range append(others, newer) {
		if _, err := j.Update(t.Context(), opening(id)); err != nil {
			t.Fatal(err)
		}
	}
	insert(t, url, `INSERT INTO entries (account, seq, transactions, body, hash) VALUES ($1, 2, 0, $2, $3)`,
		string(newer), []byte(`{"v":3,"account":"000000000001","seq":2}`), make([]byte, 32))

	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			_, err := j.Update(t.Context(), settings(newer))
			if fault.KindOf(err) != fault.Internal || !strings.Contains(err.Error(), "has format 3; this program reads up to 2") {
				t.Errorf("the account with a newer entry: %v", err)
			}
		})
		for _, id := range others {
			all.Go(func() {
				if _, err := j.Update(t.Context(), settings(id)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
	for id, want := range map[account.ID]int{newer: 2, others[0]: 21, others[1]: 21} {
		if records, err := j.Forward(t.Context(), id, 0, 100); err != nil || len(records) != want {
			t.Errorf("account %s has %d entries, %v; want %d", id, len(records), err, want)
		}
	}
}

// settings appends an entry that changes nothing.
func settings(id account.ID) journal.Change {
	c := opening(id)
	c.Retry = nil
	at := c.Recorded
	c.Decide = func(s account.State) ([]account.Event, error) {
		e, err := s.Configure(account.Settings{}, account.Terms{Catalog: offering.Default(), MaxSlots: 1}, at)
		return []account.Event{e}, err
	}
	return c
}

// insert runs a statement past the engine.
func insert(t *testing.T, url, statement string, arguments ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), statement, arguments...); err != nil {
		t.Fatal(err)
	}
}
