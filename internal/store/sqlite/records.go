package sqlite

import (
	"context"
	"strconv"
	"sync"

	"github.com/slotfarm/slotfarm/internal/journal"
)

// PutRecords keeps values under a kind and their names.
func (j *Journal) PutRecords(ctx context.Context, kind string, values ...journal.Named) error {
	return j.do(ctx, func(ctx context.Context, w *writer) error { return w.putRecords(ctx, kind, values) })
}

func (w *writer) putRecords(ctx context.Context, kind string, values []journal.Named) error {
	w.changed(kind)
	for _, value := range values {
		if _, err := w.tx.ExecContext(ctx, `INSERT INTO records (kind, name, body) VALUES (?, ?, ?)
			ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body`, kind, value.Name, value.Body); err != nil {
			return w.fail(err)
		}
	}
	return nil
}

// AddRecords keeps values where none of their names is taken.
func (j *Journal) AddRecords(ctx context.Context, kind string, values ...journal.Named) (bool, error) {
	added := false
	err := j.do(ctx, func(ctx context.Context, w *writer) error {
		for _, value := range values {
			var n int
			row := w.tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM records WHERE kind = ? AND name = ?`, kind, value.Name)
			if err := row.Scan(&n); err != nil {
				return w.fail(err)
			}
			if n > 0 {
				return nil
			}
		}
		added = true
		return w.putRecords(ctx, kind, values)
	})
	if err != nil { // the writer may still be at work on added
		return false, err
	}
	return added, nil
}

// changed notes that records of a kind change.
func (w *writer) changed(kind string) {
	w.dirty = true
	w.kinds = append(w.kinds, kind)
}

// revisions counts the changes of records, by kind.
type revisions struct {
	mu     sync.RWMutex
	counts map[string]int
	all    int // changes of every kind
}

// add counts what a transaction changed.
func (r *revisions) add(kinds []string, all bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if all {
		r.all++
	}
	for _, kind := range kinds {
		if r.counts == nil {
			r.counts = map[string]int{}
		}
		r.counts[kind]++
	}
}

// Revision returns what changes with every change of records of the kinds. Since
// this process alone makes them, nothing is read.
func (j *Journal) Revision(_ context.Context, kinds ...string) (string, error) {
	j.revisions.mu.RLock()
	defer j.revisions.mu.RUnlock()
	text := strconv.AppendInt(make([]byte, 0, 32), int64(j.revisions.all), 10)
	for _, kind := range kinds {
		text = strconv.AppendInt(append(text, ' '), int64(j.revisions.counts[kind]), 10)
	}
	return string(text), nil
}

// DeleteRecord removes a value and reports whether there was one.
func (j *Journal) DeleteRecord(ctx context.Context, kind, name string) (bool, error) {
	return j.onRecord(ctx, kind, `DELETE FROM records WHERE kind = ? AND name = ?`, kind, name)
}

// ReplaceRecord changes a value and reports whether there was one.
func (j *Journal) ReplaceRecord(ctx context.Context, kind string, value journal.Named) (bool, error) {
	return j.onRecord(ctx, kind, `UPDATE records SET body = ? WHERE kind = ? AND name = ?`, value.Body, kind, value.Name)
}

// onRecord runs a statement on a record and reports whether there was one.
func (j *Journal) onRecord(ctx context.Context, kind, statement string, args ...any) (bool, error) {
	var n int64
	err := j.do(ctx, func(ctx context.Context, w *writer) error {
		w.changed(kind)
		result, err := w.tx.ExecContext(ctx, statement, args...)
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

// listQuery finds names by a range, so that others are not looked at.
const listQuery = `SELECT name, body FROM records WHERE kind = ? AND name BETWEEN ? AND ? ORDER BY name`

// ListRecords returns the values of a kind whose names start with prefix.
func (j *Journal) ListRecords(ctx context.Context, kind, prefix string) (values []journal.Named, err error) {
	rows, err := j.read.QueryContext(ctx, listQuery, kind, prefix, prefix+journal.LastRune)
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
