package sqlite

import (
	"context"
	"database/sql"

	"github.com/pressly/goose/v3"

	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/records"
)

// Formats in the history of records.
const (
	firstWithRecords   = 2
	firstWithDocuments = 4 // and no records
)

// moveRecords is the migration that turns records into documents.
func moveRecords() *goose.Migration {
	return goose.NewGoMigration(firstWithDocuments, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		found, err := readRecords(tx.QueryContext(ctx, recordsQuery))
		if err != nil {
			return err
		}
		for _, d := range found {
			if _, err := tx.ExecContext(ctx, `INSERT INTO documents (key, version, body) VALUES (?, ?, ?)`, d.Key, d.Version, d.Body); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE document_versions SET last = last + ?`, len(found)); err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `DROP TABLE records`)
		return err
	}}, nil)
}

const recordsQuery = `SELECT kind, name, body FROM records ORDER BY kind, name`

// readRecords returns the documents that records become, with versions from 1.
func readRecords(rows *sql.Rows, failed error) (found []store.Document, err error) {
	if failed != nil {
		return nil, failed
	}
	var old []records.Record
	for rows.Next() {
		var r records.Record
		if err := rows.Scan(&r.Kind, &r.Name, &r.Body); err != nil {
			return nil, closeRows(rows, err)
		}
		old = append(old, r)
	}
	if err := closeRows(rows, nil); err != nil {
		return nil, err
	}
	found, err = records.Documents(old)
	for i := range found {
		found[i].Version = int64(i + 1)
	}
	return found, err
}
