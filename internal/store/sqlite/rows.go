package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// rowsAtOnce lists the numbers of rows that one statement can handle, largest
// first.
var rowsAtOnce = [...]int{64, 16, 4, 1}

// perRow holds one statement for each of rowsAtOnce.
type perRow [len(rowsAtOnce)]*sql.Stmt

// chunks splits n rows into parts, and calls f with the statement for each
// part.
func chunks(statements perRow, n int, f func(stmt *sql.Stmt, from, to int) error) error {
	from := 0
	for i, rows := range rowsAtOnce {
		for ; n-from >= rows; from += rows {
			if err := f(statements[i], from, from+rows); err != nil {
				return err
			}
		}
	}
	return nil
}

// retryKey finds the entry of an earlier attempt.
type retryKey struct {
	account account.ID
	digest  journal.RetryDigest
}

// keyOf returns the key of a change that can be repeated, or nil.
func keyOf(change journal.Change) *retryKey {
	if change.Retry == nil {
		return nil
	}
	return &retryKey{change.Account, change.Retry.Digest()}
}

// recall reads the recorded entries that the jobs of a batch may repeat.
func (w *writer) recall(ctx context.Context, batch []*job) error {
	var keys []retryKey
	for _, job := range batch {
		if job.retry != nil {
			keys = append(keys, *job.retry)
		}
	}
	return chunks(w.journal.statements.retries, len(keys), func(stmt *sql.Stmt, from, to int) error {
		var args []any
		for i := from; i < to; i++ {
			args = append(args, keys[i].account, keys[i].digest[:])
		}
		return w.readRetries(w.tx.StmtContext(ctx, stmt).QueryContext(ctx, args...))
	})
}

func (w *writer) readRetries(rows *sql.Rows, err error) error {
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err returns the same error
	for rows.Next() {
		var key retryKey
		var record journal.Record
		var digest, hash []byte
		if err := rows.Scan(&key.account, &digest, &record.Seq, &record.Body, &hash); err != nil {
			return err
		}
		copy(key.digest[:], digest)
		copy(record.Hash[:], hash)
		record.Account = key.account
		w.retries[key] = record
	}
	return rows.Err()
}

// flush writes the appended entries, the due times of accounts, and documents.
func (w *writer) flush(ctx context.Context) error {
	err := chunks(w.journal.statements.inserts, len(w.pending), func(stmt *sql.Stmt, from, to int) error {
		args := make([]any, 0, 6*(to-from))
		for _, r := range w.pending[from:to] {
			args = append(args, r.Account, r.Seq, r.Transactions, r.Retry, r.Body, r.Hash[:])
		}
		if _, err := w.tx.StmtContext(ctx, stmt).ExecContext(ctx, args...); err != nil {
			first := w.pending[from]
			return fmt.Errorf("append %d entries from entry %d of account %s: %w", to-from, first.Seq, first.Account, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for id, due := range w.dues {
		if err := w.setDue(ctx, id, due); err != nil {
			return err
		}
	}
	w.pending = nil
	clear(w.dues)
	return w.writeDocuments(ctx)
}

// setDue stores when an account has to be rolled next.
func (w *writer) setDue(ctx context.Context, id account.ID, due time.Time) error {
	at := sql.NullInt64{Int64: due.UnixMilli(), Valid: !due.IsZero()}
	_, err := w.tx.StmtContext(ctx, w.journal.statements.setDue).ExecContext(ctx, id, at)
	return err
}
