package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/slotfarm/slotfarm/internal/store"
)

// Get returns the documents with the keys. Documents that are read often come
// from memory.
func (j *Journal) Get(ctx context.Context, keys ...string) ([]store.Document, error) {
	if err := store.CheckKeys(keys); err != nil {
		return nil, err
	}
	keys = slices.Compact(slices.Sorted(slices.Values(keys)))
	found, known, moment := j.cache.lookup(keys)
	if known {
		return found, nil
	}
	list, err := json.Marshal(keys)
	if err != nil {
		return nil, err
	}
	found, err = documents(j.statements.documents.QueryContext(ctx, string(list)))
	if err == nil {
		j.cache.fill(keys, found, moment)
	}
	return found, err
}

// Range returns a page of documents.
func (j *Journal) Range(ctx context.Context, q store.Query) ([]store.Document, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	low, high, after := q.Bounds()
	stmt := j.statements.from
	switch {
	case q.Back:
		stmt = j.statements.before
	case after:
		stmt = j.statements.after
	}
	return documents(stmt.QueryContext(ctx, low, high, q.Limit))
}

// Changed tells when documents may have changed. Only this process changes
// them, so Changed never asks the database.
func (j *Journal) Changed(ctx context.Context, prefix string) <-chan struct{} {
	return j.watchers.Watch(ctx, prefix, func() {})
}

// Commit hands a commit to the writer and waits until it is on disk.
func (j *Journal) Commit(ctx context.Context, c store.Commit) (int64, error) {
	if err := c.Check(); err != nil {
		return 0, err
	}
	var version int64
	err := j.do(ctx, func(ctx context.Context, w *writer) (err error) {
		version, err = w.commit(ctx, c)
		return err
	})
	if err != nil { // the writer may still be at work on version
		return 0, err
	}
	return version, nil
}

// documents collects the rows of a query.
func documents(rows *sql.Rows, failed error) (found []store.Document, err error) {
	if failed != nil {
		return nil, unavailable(failed)
	}
	defer func() { err = closeRows(rows, err) }()
	for rows.Next() {
		d, err := scanDocument(rows)
		if err != nil {
			return nil, unavailable(err)
		}
		found = append(found, d)
	}
	return found, nil
}

// documentColumns are the columns that scanDocument reads.
const documentColumns = `key, version, body`

func scanDocument(row scanner) (d store.Document, err error) {
	err = row.Scan(&d.Key, &d.Version, &d.Body)
	return d, err
}

// prepareDocuments makes the cache and reads the last version.
func (j *Journal) prepareDocuments(ctx context.Context) (err error) {
	if j.cache, err = newCache(); err != nil {
		return err
	}
	return j.write.QueryRowContext(ctx, `SELECT last FROM document_versions`).Scan(&j.version)
}

// rememberDocuments updates the cache of documents after a transaction, which
// failed if err is not nil, and tells the watchers of what it changed.
func (j *Journal) rememberDocuments(w *writer, err error) {
	if err != nil {
		j.cache.show(nil)
		return
	}
	j.cache.show(w.documents.now)
	if w.cleared {
		j.watchers.TellAll()
	}
	j.watchers.Tell(slices.Collect(maps.Keys(w.documents.changed))...)
}

// changes holds what a transaction knows about documents and does to them.
type changes struct {
	now     map[string]store.Document // as they are in the transaction; version 0 means that one does not exist
	changed map[string]bool           // by this transaction
	pending map[string]bool           // changed and not written yet
}

func newChanges() changes {
	return changes{now: map[string]store.Document{}, changed: map[string]bool{}, pending: map[string]bool{}}
}

// commit checks every condition, and then changes the documents.
func (w *writer) commit(ctx context.Context, c store.Commit) (int64, error) {
	for _, key := range slices.Sorted(maps.Keys(c.If)) {
		d, err := w.document(ctx, key)
		if err != nil {
			return 0, w.fail(err)
		}
		if d.Version != c.If[key] {
			return 0, store.Conflicted(key)
		}
	}
	if len(c.Put) == 0 && len(c.Delete) == 0 {
		return 0, nil
	}
	w.journal.version++ // also if the transaction fails: no version may be seen twice
	for _, d := range c.Put {
		w.change(store.Document{Key: d.Key, Version: w.journal.version, Body: d.Body})
	}
	for _, key := range c.Delete {
		w.change(store.Document{Key: key})
	}
	return w.journal.version, nil
}

// change sets what a document will be at the end of the transaction.
func (w *writer) change(d store.Document) {
	w.dirty = true
	w.documents.now[d.Key] = d
	w.documents.changed[d.Key], w.documents.pending[d.Key] = true, true
}

// document returns a document as it is in this transaction.
func (w *writer) document(ctx context.Context, key string) (store.Document, error) {
	if d, ok := w.documents.now[key]; ok {
		return d, nil
	}
	if d, known, _ := w.journal.cache.lookup([]string{key}); known && !w.cleared {
		return store.Find(d, key), nil
	}
	d, err := scanDocument(w.tx.StmtContext(ctx, w.journal.statements.writerDocument).QueryRowContext(ctx, key))
	if errors.Is(err, sql.ErrNoRows) {
		d, err = store.Document{Key: key}, nil
	}
	if err == nil {
		w.documents.now[key] = d
	}
	return d, err
}

// writeDocuments writes the documents that changed, each once, and the version
// that was given last.
func (w *writer) writeDocuments(ctx context.Context) error {
	if len(w.documents.pending) == 0 {
		return nil
	}
	s := &w.journal.statements
	for key := range w.documents.pending {
		d, stmt, args := w.documents.now[key], s.deleteDocument, []any{key}
		if d.Version > 0 {
			stmt, args = s.putDocument, []any{key, d.Version, d.Body}
			w.grown += 1 + len(d.Body)/bytesAnEntry
		}
		if _, err := w.tx.StmtContext(ctx, stmt).ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	clear(w.documents.pending)
	_, err := w.tx.StmtContext(ctx, s.setVersion).ExecContext(ctx, w.journal.version)
	return err
}
