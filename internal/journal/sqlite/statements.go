package sqlite

import (
	"context"
	"database/sql"
	"strings"
)

// statements are prepared once. Those of the writer run in its transactions.
type statements struct {
	head, forward, back, accounts, due *sql.Stmt // on the readers
	writerHead, setDue                 *sql.Stmt // on the writer
	retries, inserts                   perRow    // on the writer
}

const headQuery = `SELECT seq, body, hash FROM entries WHERE account = ? ORDER BY seq DESC LIMIT 1`

func prepare(ctx context.Context, write, read *sql.DB) (statements, error) {
	var s statements
	for _, p := range []struct {
		stmt  **sql.Stmt
		db    *sql.DB
		query string
	}{
		{&s.head, read, headQuery},
		{&s.forward, read, `SELECT seq, body, hash FROM entries
			WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?`},
		{&s.back, read, `SELECT seq, body, hash FROM entries
			WHERE account = ? AND seq < ? AND transactions > 0 ORDER BY seq DESC LIMIT ?`},
		{&s.accounts, read, `SELECT account FROM accounts WHERE account > ? ORDER BY account LIMIT ?`},
		{&s.due, read, `SELECT account FROM accounts WHERE due <= ? ORDER BY due, account LIMIT ?`},
		{&s.writerHead, write, headQuery},
		{&s.setDue, write, `INSERT INTO accounts (account, due) VALUES (?, ?)
			ON CONFLICT (account) DO UPDATE SET due = excluded.due`},
	} {
		stmt, err := p.db.PrepareContext(ctx, p.query)
		if err != nil {
			return s, err
		}
		*p.stmt = stmt
	}
	return s, s.preparePerRow(ctx, write)
}

// preparePerRow prepares the statements on several rows.
func (s *statements) preparePerRow(ctx context.Context, write *sql.DB) (err error) {
	for i, rows := range rowsAtOnce {
		s.retries[i], err = write.PrepareContext(ctx, `WITH key (account, retry) AS (VALUES `+list("(?, ?)", rows)+`)
			SELECT e.account, e.retry, e.seq, e.body, e.hash
			FROM key CROSS JOIN entries e ON e.account = key.account AND e.retry = key.retry`)
		if err != nil {
			return err
		}
		s.inserts[i], err = write.PrepareContext(ctx, `INSERT INTO entries (account, seq, transactions, retry, body, hash)
			VALUES `+list("(?, ?, ?, ?, ?, ?)", rows))
		if err != nil {
			return err
		}
	}
	return nil
}

// list returns a text n times, with commas between.
func list(text string, n int) string {
	return strings.TrimSuffix(strings.Repeat(text+", ", n), ", ")
}
