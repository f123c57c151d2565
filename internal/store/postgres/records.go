package postgres

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/slotfarm/slotfarm/internal/journal"
)

// revisionKind is the kind of record that holds, by kind, a text that is another
// one after each change.
const revisionKind = "revision"

// PutRecords keeps values under a kind and their names.
func (j *Journal) PutRecords(ctx context.Context, kind string, values ...journal.Named) error {
	return j.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
		for _, value := range values {
			if err := put(ctx, tx, kind, value); err != nil {
				return err
			}
		}
		return revise(ctx, tx, kind)
	})
}

func put(ctx context.Context, tx pgx.Tx, kind string, value journal.Named) error {
	_, err := tx.Exec(ctx, `INSERT INTO records (kind, name, body) VALUES ($1, $2, $3)
		ON CONFLICT (kind, name) DO UPDATE SET body = excluded.body`, kind, value.Name, value.Body)
	return err
}

// revise notes that records of a kind changed.
func revise(ctx context.Context, tx pgx.Tx, kind string) error {
	return put(ctx, tx, revisionKind, journal.Named{Name: kind, Body: []byte(uuid.NewString())})
}

// AddRecords keeps values where none of their names is taken.
func (j *Journal) AddRecords(ctx context.Context, kind string, values ...journal.Named) (bool, error) {
	names, bodies := make([]string, len(values)), make([][]byte, len(values))
	for i, value := range values {
		names[i], bodies[i] = value.Name, value.Body
	}
	err := j.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `INSERT INTO records (kind, name, body)
			SELECT $1, name, body FROM unnest($2::text[], $3::bytea[]) AS v (name, body) ORDER BY name
			ON CONFLICT DO NOTHING`, kind, names, bodies)
		if err != nil {
			return err
		}
		if tag.RowsAffected() != int64(len(values)) {
			return errTaken
		}
		return revise(ctx, tx, kind)
	})
	if errors.Is(err, errTaken) {
		return false, nil
	}
	return err == nil, err
}

// errTaken undoes a transaction that adds records.
var errTaken = errors.New("a name is taken")

// ReplaceRecord changes a value and reports whether there was one.
func (j *Journal) ReplaceRecord(ctx context.Context, kind string, value journal.Named) (bool, error) {
	return j.onRecord(ctx, `UPDATE records SET body = $3 WHERE kind = $1 AND name = $2`, kind, value.Name, value.Body)
}

// DeleteRecord removes a value and reports whether there was one.
func (j *Journal) DeleteRecord(ctx context.Context, kind, name string) (bool, error) {
	return j.onRecord(ctx, `DELETE FROM records WHERE kind = $1 AND name = $2`, kind, name)
}

// onRecord runs a statement on a record of a kind and reports whether there was
// one.
func (j *Journal) onRecord(ctx context.Context, statement, kind string, args ...any) (bool, error) {
	found := false
	err := j.transact(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, statement, append([]any{kind}, args...)...)
		if err != nil {
			return err
		}
		found = tag.RowsAffected() > 0
		return revise(ctx, tx, kind)
	})
	return found, err
}

// ListRecords returns the values of a kind whose names start with prefix.
func (j *Journal) ListRecords(ctx context.Context, kind, prefix string) ([]journal.Named, error) {
	return collect(ctx, j, scanNamed, `SELECT name, body FROM records
		WHERE kind = $1 AND name BETWEEN $2 AND $3 ORDER BY name`, kind, prefix, prefix+journal.LastRune)
}

func scanNamed(row pgx.Row) (journal.Named, error) {
	var value journal.Named
	err := row.Scan(&value.Name, &value.Body)
	return value, err
}

// Revision returns what changes with every change of records of the kinds.
func (j *Journal) Revision(ctx context.Context, kinds ...string) (string, error) {
	all, err := j.records.get(ctx)
	if err != nil {
		return "", err
	}
	texts := make([]string, len(kinds))
	for i, kind := range kinds {
		texts[i] = all[kind]
	}
	return strings.Join(texts, " "), nil
}

// readRevisions asks the database for the revisions of all kinds.
func (j *Journal) readRevisions() (map[string]string, error) {
	values, err := j.ListRecords(context.Background(), revisionKind, "")
	all := map[string]string{}
	for _, value := range values {
		all[value.Name] = string(value.Body)
	}
	return all, err
}

// revisions answers many who ask at the same time with few questions to the
// database: all that came before a question was asked share its answer.
type revisions struct {
	read func() (map[string]string, error)

	mu     sync.Mutex
	next   *reading // not begun; nil where nobody waits
	active bool     // somebody reads
}

// reading is a question to the database.
type reading struct {
	done chan struct{} // closed when all and err are final
	all  map[string]string
	err  error
}

// get returns what the database says after the call began.
func (r *revisions) get(ctx context.Context) (map[string]string, error) {
	r.mu.Lock()
	if r.next == nil {
		r.next = &reading{done: make(chan struct{})}
	}
	mine := r.next
	if !r.active {
		r.active = true
		go r.run()
	}
	r.mu.Unlock()
	select {
	case <-mine.done:
		return mine.all, mine.err
	case <-ctx.Done():
		return nil, unavailable(ctx.Err())
	}
}

// run asks as long as somebody waits.
func (r *revisions) run() {
	for {
		r.mu.Lock()
		current := r.next
		r.next = nil
		if current == nil {
			r.active = false
			r.mu.Unlock()
			return
		}
		r.mu.Unlock()
		current.all, current.err = r.read()
		close(current.done)
	}
}
