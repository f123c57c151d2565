package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"maps"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// Rewind takes back the entries of a test account that come after a place.
func (j *Journal) Rewind(ctx context.Context, id account.ID, to journal.Place) error {
	return j.do(ctx, func(ctx context.Context, w *writer) error { return w.rewind(ctx, id, to) })
}

func (w *writer) rewind(ctx context.Context, id account.ID, to journal.Place) error {
	newest, err := w.head(ctx, id)
	if err != nil {
		return err
	}
	if err := w.flush(ctx); err != nil {
		return w.fail(err)
	}
	there, err := w.record(ctx, id, to.Seq)
	if err != nil {
		return w.fail(err)
	}
	head, err := newest.Rewind(id, to, there)
	if err != nil || head.Seq == newest.Seq {
		return err
	}
	w.dirty = true
	w.heads[id] = head
	maps.DeleteFunc(w.retries, func(k retryKey, r journal.Record) bool { return k.account == id && r.Seq > head.Seq })
	if _, err := w.tx.ExecContext(ctx, `DELETE FROM entries WHERE account = ? AND seq > ?`, id, head.Seq); err != nil {
		return w.fail(err)
	}
	if head.Seq > 0 {
		err = w.setDue(ctx, id, head.State.Due())
	} else {
		_, err = w.tx.ExecContext(ctx, `DELETE FROM accounts WHERE account = ?`, id)
	}
	if err != nil {
		return w.fail(err)
	}
	return nil
}

// record returns an entry of an account, or nil if there is none.
func (w *writer) record(ctx context.Context, id account.ID, seq int64) (*journal.Record, error) {
	row := w.tx.QueryRowContext(ctx, `SELECT `+recordColumns+` FROM entries WHERE account = ? AND seq = ?`, id, seq)
	record, err := scanRecord(id, row)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &record, err
}

// Clear removes every entry and every document. Versions of documents continue
// from the last one.
func (j *Journal) Clear(ctx context.Context) error {
	return j.do(ctx, func(ctx context.Context, w *writer) error {
		w.dirty, w.cleared = true, true
		w.pending = nil
		clear(w.heads)
		clear(w.retries)
		clear(w.dues)
		w.documents = newChanges()
		for _, statement := range []string{`DELETE FROM entries`, `DELETE FROM accounts`, `DELETE FROM documents`} {
			if _, err := w.tx.ExecContext(ctx, statement); err != nil {
				return w.fail(err)
			}
		}
		return nil
	})
}
