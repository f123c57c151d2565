package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// importRows is how many rows are sent to the database at a time.
const importRows = 1000

// Import adds a journal to an empty database. Its methods are called by the
// function that Journal.Import gets.
type Import struct {
	tx      pgx.Tx
	entries [][]any
	due     map[account.ID]*int64 // milliseconds since 1970; nil means never
}

// Import calls fill, which adds everything that another journal holds. If
// Import returns nil, all of it is there; otherwise nothing is. Errors:
// Conflict if the database is not empty.
func (j *Journal) Import(ctx context.Context, fill func(*Import) error) error {
	return pgx.BeginFunc(ctx, j.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `LOCK entries, accounts, documents IN EXCLUSIVE MODE`); err != nil {
			return err
		}
		var used bool
		row := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM accounts) OR EXISTS (SELECT FROM documents)`)
		if err := row.Scan(&used); err != nil {
			return err
		}
		if used {
			return fault.New(fault.Conflict, "the database already holds accounts or keys; it must be empty")
		}
		i := &Import{tx: tx, due: map[account.ID]*int64{}}
		if err := fill(i); err != nil {
			return err
		}
		return errors.Join(i.sendEntries(ctx), i.sendAccounts(ctx))
	})
}

// Entry adds an entry and the state that it leads to. The entries of an account
// come one after another.
func (i *Import) Entry(ctx context.Context, r journal.Record, state account.State) error {
	i.entries = append(i.entries, []any{string(r.Account), r.Seq, r.Transactions, r.Retry, r.Body, r.Hash[:]})
	i.due[r.Account] = dueOf(state)
	if len(i.entries) < importRows {
		return nil
	}
	return i.sendEntries(ctx)
}

// Document adds a document with the version that it has.
func (i *Import) Document(ctx context.Context, d store.Document) error {
	_, err := i.tx.Exec(ctx, `INSERT INTO documents (key, version, body) VALUES ($1, $2, $3)`, d.Key, d.Version, d.Body)
	return err
}

// Versions makes new documents get versions above last.
func (i *Import) Versions(ctx context.Context, last int64) error {
	if last == 0 {
		return nil
	}
	_, err := i.tx.Exec(ctx, `SELECT setval('document_versions', $1)`, last)
	return err
}

func (i *Import) sendEntries(ctx context.Context) error {
	columns := []string{"account", "seq", "transactions", "retry", "body", "hash"}
	_, err := i.tx.CopyFrom(ctx, pgx.Identifier{"entries"}, columns, pgx.CopyFromRows(i.entries))
	i.entries = nil
	return err
}

func (i *Import) sendAccounts(ctx context.Context) error {
	rows := make([][]any, 0, len(i.due))
	for id, due := range i.due {
		rows = append(rows, []any{string(id), due})
	}
	_, err := i.tx.CopyFrom(ctx, pgx.Identifier{"accounts"}, []string{"account", "due"}, pgx.CopyFromRows(rows))
	return err
}

// dueOf returns when an account has to be rolled next, as it is stored.
func dueOf(state account.State) *int64 {
	due := state.Due()
	if due.IsZero() {
		return nil
	}
	ms := due.UnixMilli()
	return &ms
}
