package sqlite

import (
	"context"
	"database/sql"
	"strings"
)

// statements holds statements that are prepared once. Those of the writer run
// in its transactions.
type statements struct {
	head, forward, back, unbooked  *sql.Stmt // on the readers
	accounts, due                  *sql.Stmt // on the readers
	documents, from, after, before *sql.Stmt // on the readers
	writerHead, setDue             *sql.Stmt // on the writer
	writerDocument, putDocument    *sql.Stmt // on the writer
	deleteDocument, setVersion     *sql.Stmt // on the writer
	retries, inserts               perRow    // on the writer
}

// recordColumns are the columns that scanRecord reads.
const recordColumns = `seq, transactions, retry, body, hash`

const headQuery = `SELECT ` + recordColumns + ` FROM entries WHERE account = ? ORDER BY seq DESC LIMIT 1`

const forwardQuery = `SELECT ` + recordColumns + ` FROM entries WHERE account = ? AND seq > ? ORDER BY seq LIMIT ?`

// backQuery goes by the index of entries with transactions, and unbookedQuery by
// it and that of entries with none. Entries that book sessions are in neither.
const (
	backQuery = `SELECT ` + recordColumns + ` FROM entries
		WHERE account = ? AND seq < ? AND transactions > 0 ORDER BY seq DESC LIMIT ?`
	unbookedQuery = `SELECT ` + recordColumns + ` FROM entries WHERE account = ?1 AND seq > ?2 AND transactions > 0
		UNION ALL SELECT ` + recordColumns + ` FROM entries WHERE account = ?1 AND seq > ?2 AND transactions = 0
		ORDER BY seq LIMIT ?3`
)

// query is a statement and the pool on which it is prepared.
type query struct {
	stmt **sql.Stmt
	db   *sql.DB
	text string
}

func prepare(ctx context.Context, write, read *sql.DB) (statements, error) {
	var s statements
	err := prepareAll(ctx, append(append(s.reads(read), s.documentReads(read)...),
		query{&s.writerHead, write, headQuery},
		query{&s.setDue, write, `INSERT INTO accounts (account, due) VALUES (?, ?)
			ON CONFLICT (account) DO UPDATE SET due = excluded.due`},
		query{&s.writerDocument, write, `SELECT ` + documentColumns + ` FROM documents WHERE key = ?`},
		query{&s.putDocument, write, `INSERT INTO documents (key, version, body) VALUES (?, ?, ?)
			ON CONFLICT (key) DO UPDATE SET version = excluded.version, body = excluded.body`},
		query{&s.deleteDocument, write, `DELETE FROM documents WHERE key = ?`},
		query{&s.setVersion, write, `UPDATE document_versions SET last = ?`}))
	if err != nil {
		return s, err
	}
	return s, s.preparePerRow(ctx, write)
}

// reads returns the statements that read.
func (s *statements) reads(db *sql.DB) []query {
	return []query{
		{&s.head, db, headQuery},
		{&s.forward, db, forwardQuery},
		{&s.back, db, backQuery},
		{&s.unbooked, db, unbookedQuery},
		{&s.accounts, db, `SELECT account FROM accounts WHERE account > ? ORDER BY account LIMIT ?`},
		{&s.due, db, `SELECT account FROM accounts WHERE due <= ? AND account LIKE ? ORDER BY due, account LIMIT ?`},
	}
}

// documentReads returns the statements that read documents.
func (s *statements) documentReads(db *sql.DB) []query {
	return []query{
		{&s.documents, db, getQuery},
		{&s.from, db, fromQuery},
		{&s.after, db, afterQuery},
		{&s.before, db, beforeQuery},
	}
}

// getQuery finds documents by a list of their keys.
const getQuery = `SELECT ` + documentColumns + ` FROM documents WHERE key IN (SELECT value FROM json_each(?)) ORDER BY key`

// The statements of Range, whose bounds are those of store.Query.Bounds.
const (
	fromQuery   = `SELECT ` + documentColumns + ` FROM documents WHERE key >= ? AND key < ? ORDER BY key LIMIT ?`
	afterQuery  = `SELECT ` + documentColumns + ` FROM documents WHERE key > ? AND key < ? ORDER BY key LIMIT ?`
	beforeQuery = `SELECT ` + documentColumns + ` FROM documents WHERE key >= ? AND key < ? ORDER BY key DESC LIMIT ?`
)

func prepareAll(ctx context.Context, queries []query) error {
	for _, q := range queries {
		stmt, err := q.db.PrepareContext(ctx, q.text)
		if err != nil {
			return err
		}
		*q.stmt = stmt
	}
	return nil
}

// preparePerRow prepares the statements that handle several rows.
func (s *statements) preparePerRow(ctx context.Context, write *sql.DB) (err error) {
	for i, rows := range rowsAtOnce {
		s.retries[i], err = write.PrepareContext(ctx, `WITH key (account, retry) AS (VALUES `+list("(?, ?)", rows)+`)
			SELECT e.account, e.retry, e.seq, e.body, e.hash
			FROM key CROSS JOIN entries e ON e.account = key.account AND e.retry = key.retry`)
		if err != nil {
			return err
		}
		// A transaction whose insert fails is rolled back; with OR FAIL, SQLite
		// need not keep what it would need to undo the insert alone.
		s.inserts[i], err = write.PrepareContext(ctx, `INSERT OR FAIL INTO entries (account, seq, transactions, retry, body, hash)
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
