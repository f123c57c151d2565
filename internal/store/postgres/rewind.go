package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// Rewind takes back the entries of a test account that come after a place.
func (j *Journal) Rewind(ctx context.Context, id account.ID, to journal.Place) error {
	var refused error
	err := j.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var err error
		refused, err = rewind(ctx, tx, id, to)
		return err
	})
	j.guesses.Remove(id)
	if err != nil {
		return err
	}
	return refused
}

// takeBackQuery takes back the entries of an account ($1) after one ($2). It
// locks them oldest first: a writer that appends holds the entry that it builds
// on while it waits for the next one, and the two must not wait for each other.
const takeBackQuery = `
DELETE FROM entries e USING (SELECT account, seq FROM entries WHERE account = $1 AND seq > $2 ORDER BY seq FOR UPDATE) AS locked
WHERE e.account = locked.account AND e.seq = locked.seq`

// rewind returns why the account may not go back, or what failed. An entry
// appended meanwhile builds on an entry that rewind takes back, so it waits or
// is taken back too.
func rewind(ctx context.Context, tx pgx.Tx, id account.ID, to journal.Place) (refused, failed error) {
	newest, err := recordIn(ctx, tx, `ORDER BY seq DESC LIMIT 1`, id)
	if err != nil {
		return nil, err
	}
	var head journal.Head
	if newest != nil {
		if head, err = newest.Head(); err != nil {
			return err, nil
		}
	}
	there, err := recordIn(ctx, tx, `AND seq = $2`, id, to.Seq)
	if err != nil {
		return nil, err
	}
	target, err := head.Rewind(id, to, there)
	if err != nil || target.Seq == head.Seq {
		return err, nil
	}
	for {
		tag, err := tx.Exec(ctx, takeBackQuery, string(id), target.Seq)
		if err != nil {
			return nil, err
		}
		if tag.RowsAffected() == 0 {
			break
		}
	}
	if target.Seq == 0 {
		_, err = tx.Exec(ctx, `DELETE FROM accounts WHERE account = $1`, string(id))
		return nil, err
	}
	_, err = tx.Exec(ctx, `UPDATE accounts SET due = $2 WHERE account = $1`, string(id), dueOf(target.State))
	return nil, err
}

// recordIn returns an entry of an account, or nil if there is none.
func recordIn(ctx context.Context, tx pgx.Tx, which string, args ...any) (*journal.Record, error) {
	args[0] = string(args[0].(account.ID))
	record, err := scanRecord(tx.QueryRow(ctx, `SELECT `+recordColumns+` FROM entries WHERE account = $1 `+which, args...))
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	return &record, err
}

// Clear removes every entry and every document. Versions of documents continue
// from the last one. No other process may use the database meanwhile.
func (j *Journal) Clear(ctx context.Context) error {
	err := j.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `TRUNCATE entries, accounts, documents`)
		return err
	})
	j.guesses.Purge()
	j.watchers.TellAll()
	return err
}

// transact runs f in a transaction.
func (j *Journal) transact(ctx context.Context, f func(context.Context, pgx.Tx) error) error {
	return j.within(ctx, func(ctx context.Context) error {
		return pgx.BeginFunc(ctx, j.pool, func(tx pgx.Tx) error { return f(ctx, tx) })
	})
}
