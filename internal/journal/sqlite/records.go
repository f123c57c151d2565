package sqlite

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/journal"
)

// PutRecords keeps values under a kind and their names.
func (j *Journal) PutRecords(ctx context.Context, kind string, values ...journal.Named) error {
	return j.do(ctx, func(ctx context.Context, w *writer) error {
		w.dirty = true
		for _, value := range values {
			if _, err := w.tx.ExecContext(ctx, `INSERT INTO records (kind, name, body) VALUES (?, ?, ?)
				ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body`, kind, value.Name, value.Body); err != nil {
				return w.fail(err)
			}
		}
		return nil
	})
}

// DeleteRecord removes a value and reports whether there was one.
func (j *Journal) DeleteRecord(ctx context.Context, kind, name string) (bool, error) {
	var n int64
	err := j.do(ctx, func(ctx context.Context, w *writer) error {
		w.dirty = true
		result, err := w.tx.ExecContext(ctx, `DELETE FROM records WHERE kind = ? AND name = ?`, kind, name)
		if err == nil {
			n, err = result.RowsAffected()
		}
		if err != nil {
			return w.fail(err)
		}
		return nil
	})
	if err != nil { // the writer may still be at work on n
		return false, err
	}
	return n > 0, nil
}

// ListRecords returns the values of a kind whose names start with prefix.
func (j *Journal) ListRecords(ctx context.Context, kind, prefix string) (values []journal.Named, err error) {
	rows, err := j.read.QueryContext(ctx, `SELECT name, body FROM records
		WHERE kind = ? AND name >= ? AND substr(name, 1, length(?)) = ? ORDER BY name`, kind, prefix, prefix, prefix)
	if err != nil {
		return nil, unavailable(err)
	}
	defer func() { err = closeRows(rows, err) }()
	for rows.Next() {
		var value journal.Named
		if err := rows.Scan(&value.Name, &value.Body); err != nil {
			return nil, unavailable(err)
		}
		values = append(values, value)
	}
	return values, nil
}
