package postgres

import (
	"context"
	"database/sql"
	"errors"

	"github.com/pressly/goose/v3"

	"github.com/slotfarm/slotfarm/internal/store/records"
)

// formatWithoutRecords is the first format that has documents instead of
// records.
const formatWithoutRecords = 3

// moveRecords is the migration that turns records into documents.
func moveRecords() *goose.Migration {
	return goose.NewGoMigration(formatWithoutRecords, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `LOCK records IN ACCESS EXCLUSIVE MODE`); err != nil {
			return err
		}
		old, err := readRecords(ctx, tx)
		if err != nil {
			return err
		}
		found, err := records.Documents(old)
		if err != nil {
			return err
		}
		for _, d := range found {
			if _, err := tx.ExecContext(ctx, `INSERT INTO documents (key, version, body) VALUES ($1, nextval('document_versions'), $2)`, d.Key, d.Body); err != nil {
				return err
			}
		}
		_, err = tx.ExecContext(ctx, `DROP TABLE records`)
		return err
	}}, nil)
}

func readRecords(ctx context.Context, tx *sql.Tx) (old []records.Record, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT kind, name, body FROM records ORDER BY kind, name`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Err(), rows.Close()) }()
	for rows.Next() {
		var r records.Record
		if err := rows.Scan(&r.Kind, &r.Name, &r.Body); err != nil {
			return nil, err
		}
		old = append(old, r)
	}
	return old, nil
}
