package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// Head returns the newest durable entry of an account.
func (j *Journal) Head(ctx context.Context, id account.ID) (journal.Head, error) {
	if head, ok := j.heads.Get(id); ok {
		return head, nil
	}
	return readHead(ctx, j.statements.head, id)
}

// readHead reads an account's head with a prepared head statement.
func readHead(ctx context.Context, stmt *sql.Stmt, id account.ID) (journal.Head, error) {
	record, err := scanRecord(id, stmt.QueryRowContext(ctx, id))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return journal.Head{}, nil
	case err != nil:
		return journal.Head{}, unavailable(err)
	}
	return record.Head()
}

// Forward returns records above a sequence number, oldest first.
func (j *Journal) Forward(ctx context.Context, id account.ID, after int64, limit int) ([]journal.Record, error) {
	return j.records(ctx, j.statements.forward, id, after, limit)
}

// Back returns records with transactions below a sequence number, newest first.
func (j *Journal) Back(ctx context.Context, id account.ID, before int64, limit int) ([]journal.Record, error) {
	return j.records(ctx, j.statements.back, id, before, limit)
}

// Unbooked returns records that book no session above a sequence number, oldest
// first.
func (j *Journal) Unbooked(ctx context.Context, id account.ID, after int64, limit int) ([]journal.Record, error) {
	return j.records(ctx, j.statements.unbooked, id, after, limit)
}

// Accounts returns ids of accounts above after, ascending.
func (j *Journal) Accounts(ctx context.Context, after account.ID, limit int) ([]account.ID, error) {
	return ids(j.statements.accounts.QueryContext(ctx, after, limit))
}

// Due returns ids of a share of the accounts that have to be rolled by now.
func (j *Journal) Due(ctx context.Context, now time.Time, share string, limit int) ([]account.ID, error) {
	return ids(j.statements.due.QueryContext(ctx, now.UnixMilli(), "%"+share, limit))
}

func (j *Journal) records(ctx context.Context, stmt *sql.Stmt, id account.ID, args ...any) (records []journal.Record, err error) {
	rows, err := stmt.QueryContext(ctx, append([]any{id}, args...)...)
	if err != nil {
		return nil, unavailable(err)
	}
	defer func() { err = closeRows(rows, err) }()
	for rows.Next() {
		record, err := scanRecord(id, rows)
		if err != nil {
			return nil, unavailable(err)
		}
		records = append(records, record)
	}
	return records, nil
}

// ids collects the one column of a query's rows.
func ids(rows *sql.Rows, failed error) (found []account.ID, err error) {
	if failed != nil {
		return nil, unavailable(failed)
	}
	defer func() { err = closeRows(rows, err) }()
	for rows.Next() {
		var id account.ID
		if err := rows.Scan(&id); err != nil {
			return nil, unavailable(err)
		}
		found = append(found, id)
	}
	return found, nil
}

// closeRows ends a query and returns the first error of err, reading and
// closing.
func closeRows(rows *sql.Rows, err error) error {
	failed := errors.Join(rows.Err(), rows.Close())
	if err == nil && failed != nil {
		return unavailable(failed)
	}
	return err
}

type scanner interface{ Scan(dest ...any) error }

// scanRecord reads the columns of recordColumns.
func scanRecord(id account.ID, row scanner) (journal.Record, error) {
	record := journal.Record{Account: id}
	var hash []byte
	if err := row.Scan(&record.Seq, &record.Transactions, &record.Retry, &record.Body, &hash); err != nil {
		return record, err
	}
	copy(record.Hash[:], hash)
	return record, nil
}
