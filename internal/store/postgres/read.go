package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// recordColumns are the columns that scanRecord reads.
const recordColumns = `account, seq, transactions, retry, body, hash`

// Head returns the newest durable entry of an account.
func (j *Journal) Head(ctx context.Context, id account.ID) (head journal.Head, err error) {
	var record journal.Record
	err = j.within(ctx, func(ctx context.Context) error {
		row := j.pool.QueryRow(ctx, `SELECT `+recordColumns+` FROM entries WHERE account = $1 ORDER BY seq DESC LIMIT 1`, string(id))
		record, err = scanRecord(row)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil || record.Seq == 0 {
		return journal.Head{}, err
	}
	return record.Head()
}

// Forward returns records above a sequence number, oldest first.
func (j *Journal) Forward(ctx context.Context, id account.ID, after int64, limit int) ([]journal.Record, error) {
	return collect(ctx, j, scanRecord, `SELECT `+recordColumns+` FROM entries
		WHERE account = $1 AND seq > $2 ORDER BY seq LIMIT $3`, string(id), after, limit)
}

// Back returns records with transactions below a sequence number, newest first.
func (j *Journal) Back(ctx context.Context, id account.ID, before int64, limit int) ([]journal.Record, error) {
	return collect(ctx, j, scanRecord, `SELECT `+recordColumns+` FROM entries
		WHERE account = $1 AND seq < $2 AND transactions > 0 ORDER BY seq DESC LIMIT $3`, string(id), before, limit)
}

// Unbooked returns records that book no session above a sequence number, oldest
// first: those with transactions and those with none, each by their index.
func (j *Journal) Unbooked(ctx context.Context, id account.ID, after int64, limit int) ([]journal.Record, error) {
	return collect(ctx, j, scanRecord, `(SELECT `+recordColumns+` FROM entries
			WHERE account = $1 AND seq > $2 AND transactions > 0 ORDER BY seq LIMIT $3)
		UNION ALL (SELECT `+recordColumns+` FROM entries
			WHERE account = $1 AND seq > $2 AND transactions = 0 ORDER BY seq LIMIT $3)
		ORDER BY seq LIMIT $3`, string(id), after, limit)
}

// Accounts returns ids of accounts above after, ascending.
func (j *Journal) Accounts(ctx context.Context, after account.ID, limit int) ([]account.ID, error) {
	return collect(ctx, j, scanID, `SELECT account FROM accounts WHERE account > $1 ORDER BY account LIMIT $2`, string(after), limit)
}

// Due returns ids of a share of the accounts that have to be rolled by now.
func (j *Journal) Due(ctx context.Context, now time.Time, share string, limit int) ([]account.ID, error) {
	return collect(ctx, j, scanID, `SELECT account FROM accounts
		WHERE due <= $1 AND account LIKE $2 ORDER BY due, account LIMIT $3`, now.UnixMilli(), "%"+share, limit)
}

// collect returns the result of scan for each row of a query.
func collect[T any](ctx context.Context, j *Journal, scan func(pgx.Row) (T, error), query string, args ...any) (all []T, err error) {
	err = j.within(ctx, func(ctx context.Context) error {
		rows, err := j.pool.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (T, error) { return scan(row) })
		return err
	})
	if len(all) == 0 {
		return nil, err
	}
	return all, err
}

// scanRecord reads the columns of recordColumns.
func scanRecord(row pgx.Row) (journal.Record, error) {
	var r journal.Record
	var hash []byte
	err := row.Scan((*string)(&r.Account), &r.Seq, &r.Transactions, &r.Retry, &r.Body, &hash)
	copy(r.Hash[:], hash)
	return r, err
}

func scanID(row pgx.Row) (account.ID, error) {
	var id string
	err := row.Scan(&id)
	return account.ID(id), err
}
