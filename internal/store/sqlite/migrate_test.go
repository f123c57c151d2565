package sqlite_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// TestFrozenAccountsOfTheFirstFormat migrates accounts that were due by their
// own clocks. They would stay due forever, so a sweep would never end.
func TestFrozenAccountsOfTheFirstFormat(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	j := openDir(t, dir)
	for id, opening := range map[account.ID]account.Opening{
		"111111111111": {Seed: "1", Test: true, Frozen: &at},
		"222222222222": {Seed: "2", Test: true},
	} {
		purchase := account.Transaction{OfferingID: "offering", Quantity: 1}
		_, err := j.Update(ctx, journal.Change{Account: id, Decide: func(account.State) ([]account.Event, error) {
			return []account.Event{account.Open(opening, at), {Kind: account.KindPurchased, At: at, Transactions: []account.Transaction{purchase}}}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{`UPDATE accounts SET due = 1`, `DROP TABLE documents`, `DROP TABLE document_versions`,
		`DROP INDEX entries_transactions`, `DROP INDEX entries_plain`,
		`DELETE FROM goose_db_version WHERE version_id >= 2`} {
		tamper(t, dir, statement)
	}
	j = openDir(t, dir)
	defer j.Close()
	due, err := j.Due(ctx, at.AddDate(1, 0, 0), "", 10)
	if diff := cmp.Diff([]account.ID{"222222222222"}, due); err != nil || diff != "" {
		t.Errorf("due: %v, %s", err, diff)
	}
}
