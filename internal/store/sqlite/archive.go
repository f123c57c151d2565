package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Archive is a read-only journal: a backup, or a data directory that no process
// has open. OpenArchive opens one and changes nothing.
type Archive struct {
	journal.Reader
	db     *sql.DB
	format int64 // of the storage
	lock   locks // of a directory
}

// OpenArchive opens a backup or a data directory for reading. A directory that
// another process has open, a newer storage format and anything that is not a
// journal are errors.
func OpenArchive(ctx context.Context, path string) (*Archive, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	a := &Archive{}
	file := path
	if info.IsDir() {
		file = filepath.Join(path, fileName)
		if _, err := os.Stat(file); err != nil { // leave no lock file in a directory without a journal
			return nil, err
		}
		if a.lock, err = lockDir(path); err != nil {
			return nil, err
		}
	}
	if err := a.open(ctx, file); err != nil {
		return nil, errors.Join(fmt.Errorf("%q: %w", path, err), a.Close())
	}
	return a, nil
}

// open opens the database for reading only. If there is no write-ahead log
// beside the file, open assumes that the file does not change, so the file may
// be on a read-only file system.
func (a *Archive) open(ctx context.Context, file string) error {
	mode := url.Values{"mode": {"ro"}}
	if log, err := sizeOf(file + "-wal"); err != nil {
		return err
	} else if log == 0 {
		mode.Set("immutable", "1")
	}
	var err error
	if a.db, err = openDatabase(file, mode); err != nil {
		return err
	}
	a.db.SetMaxOpenConns(1)
	if a.format, err = checkFormat(ctx, a.db); err != nil {
		return err
	}
	j := &Journal{}
	a.Reader = uncached{j}
	return prepareAll(ctx, j.statements.reads(a.db))
}

// checkFormat returns the format of a database. It refuses a newer format, and
// a database that is not slotfarm's.
func checkFormat(ctx context.Context, db *sql.DB) (have int64, err error) {
	if err := db.QueryRowContext(ctx, `SELECT MAX(version_id) FROM goose_db_version`).Scan(&have); err != nil {
		if cannotRead(err) {
			return 0, fmt.Errorf("read the storage format: %w", err)
		}
		return 0, &fault.Error{Kind: fault.Argument, Message: "this is not a journal of slotfarm, or it is damaged", Err: err}
	}
	p, err := provider(db)
	if err != nil {
		return 0, err
	}
	return have, checkKnown(p, have)
}

// cannotRead reports whether a driver error says nothing about what the file
// holds, such as the error of a full disk.
func cannotRead(err error) bool {
	var failed *driver.Error
	if !errors.As(err, &failed) {
		return false
	}
	switch failed.Code() & 0xff { // the other bits say where it happened
	case codes.SQLITE_IOERR, codes.SQLITE_FULL, codes.SQLITE_CANTOPEN, codes.SQLITE_BUSY, codes.SQLITE_NOMEM:
		return true
	}
	return false
}

// Close releases the file or directory.
func (a *Archive) Close() error {
	var err error
	if a.db != nil {
		err = a.db.Close()
	}
	return errors.Join(err, a.lock.Unlock())
}

// Documents calls visit with every document, in the order of their keys, and
// returns the last version that a document was given. For an older format, the
// documents are those that its records become.
func (a *Archive) Documents(ctx context.Context, visit func(store.Document) error) (last int64, err error) {
	if a.format < firstWithDocuments {
		return a.records(ctx, visit)
	}
	if err := a.db.QueryRowContext(ctx, `SELECT last FROM document_versions`).Scan(&last); err != nil {
		return 0, err
	}
	rows, err := a.db.QueryContext(ctx, `SELECT `+documentColumns+` FROM documents ORDER BY key`)
	if err != nil {
		return 0, err
	}
	defer func() { err = closeRows(rows, err) }()
	for rows.Next() {
		d, err := scanDocument(rows)
		if err == nil {
			err = visit(d)
		}
		if err != nil {
			return 0, err
		}
	}
	return last, nil
}

// records is Documents for a format with records.
func (a *Archive) records(ctx context.Context, visit func(store.Document) error) (last int64, err error) {
	if a.format < firstWithRecords {
		return 0, nil
	}
	found, err := readRecords(a.db.QueryContext(ctx, recordsQuery))
	for _, d := range found {
		if err == nil {
			err = visit(d)
		}
	}
	return int64(len(found)), err
}

// checkDocuments refuses documents that no commit can have put.
func (a *Archive) checkDocuments(ctx context.Context) error {
	newest := int64(0)
	last, err := a.Documents(ctx, func(d store.Document) error {
		newest = max(newest, d.Version)
		return d.CheckStored()
	})
	if err == nil && newest > last {
		err = fmt.Errorf("a document has version %d, and the last one given is %d", newest, last)
	}
	if err != nil {
		return fmt.Errorf("the journals are intact, but the documents are not: %w", err)
	}
	return nil
}

// Verify is journal.Verify, and also compares the tables of the file with each
// other. A page that cannot be read is an error that names the account for
// which it was read.
func (a *Archive) Verify(ctx context.Context) (journal.Report, error) {
	return a.Walk(ctx, func(journal.Record, account.State) error { return nil })
}

// Walk is journal.Walk with all the checks of Verify.
func (a *Archive) Walk(ctx context.Context, visit func(journal.Record, account.State) error) (journal.Report, error) {
	if err := checkSchema(ctx, a.db, a.format); err != nil {
		return journal.Report{}, err
	}
	due := dueCheck{db: a.db, visit: visit}
	report, err := journal.Walk(ctx, a, func(r journal.Record, s account.State) error { return due.entry(ctx, r, s) })
	if err == nil && report.Wrong == nil {
		err = due.account(ctx)
	}
	if due.wrong != nil && errors.Is(err, errWrongDue) {
		report.Wrong, err = due.wrong, nil
	}
	if err != nil || report.Wrong != nil {
		return report, err
	}
	for _, check := range []struct{ query, reason string }{
		{`SELECT account, MIN(seq) FROM entries WHERE account NOT IN (SELECT account FROM accounts) GROUP BY account LIMIT 1`,
			"the account is missing from the list of accounts"},
		{`SELECT account, 1 FROM accounts WHERE account NOT IN (SELECT account FROM entries) LIMIT 1`,
			"entry 1 is missing"},
	} {
		wrong := &journal.Wrong{Reason: check.reason}
		switch err := a.db.QueryRowContext(ctx, check.query).Scan(&wrong.Account, &wrong.Seq); {
		case err == nil:
			report.Wrong = wrong
			return report, nil
		case !errors.Is(err, sql.ErrNoRows):
			return report, err
		}
	}
	return report, errors.Join(a.checkDocuments(ctx), a.checkPages(ctx))
}

// checkPages compares the indexes with the tables, and checks pages that hold
// no entry.
func (a *Archive) checkPages(ctx context.Context) error {
	var found string
	if err := a.db.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&found); err != nil {
		return err
	}
	if found != "ok" {
		return fmt.Errorf("the journals are intact, but the file is not: %s", found)
	}
	return nil
}

// uncached reads heads from storage, never from memory.
type uncached struct{ *Journal }

// Head returns the newest entry of an account.
func (u uncached) Head(ctx context.Context, id account.ID) (journal.Head, error) {
	return readHead(ctx, u.statements.head, id)
}
