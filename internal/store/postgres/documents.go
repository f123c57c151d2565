package postgres

import (
	"cmp"
	"context"
	"hash/fnv"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/slotfarm/slotfarm/internal/store"
)

// documentColumns are the columns that scanDocument reads.
const documentColumns = `key, version, body`

// Get returns the documents with the keys.
func (j *Journal) Get(ctx context.Context, keys ...string) ([]store.Document, error) {
	if err := store.CheckKeys(keys); err != nil {
		return nil, err
	}
	return j.gets.get(ctx, slices.Compact(slices.Sorted(slices.Values(keys))))
}

// readDocuments asks the database for documents.
func (j *Journal) readDocuments(ctx context.Context, keys []string) ([]store.Document, error) {
	return collect(ctx, j, scanDocument, `SELECT `+documentColumns+` FROM documents WHERE key = ANY ($1) ORDER BY key`, keys)
}

// The statements of Range, whose bounds are those of store.Query.Bounds.
const (
	fromQuery   = `SELECT ` + documentColumns + ` FROM documents WHERE key >= $1 AND key < $2 ORDER BY key LIMIT $3`
	afterQuery  = `SELECT ` + documentColumns + ` FROM documents WHERE key > $1 AND key < $2 ORDER BY key LIMIT $3`
	beforeQuery = `SELECT ` + documentColumns + ` FROM documents WHERE key >= $1 AND key < $2 ORDER BY key DESC LIMIT $3`
)

// Range returns a page of documents.
func (j *Journal) Range(ctx context.Context, q store.Query) ([]store.Document, error) {
	if err := q.Check(); err != nil {
		return nil, err
	}
	low, high, after := q.Bounds()
	query := fromQuery
	switch {
	case q.Back:
		query = beforeQuery
	case after:
		query = afterQuery
	}
	return collect(ctx, j, scanDocument, query, low, high, q.Limit)
}

func scanDocument(row pgx.Row) (d store.Document, err error) {
	err = row.Scan(&d.Key, &d.Version, &d.Body)
	return d, err
}

// lockQuery locks numbers ($1) in their order until the end of the transaction:
// exclusively if $2 says so, else shared.
const lockQuery = `
SELECT count(CASE WHEN alone THEN pg_advisory_xact_lock(id)::text ELSE pg_advisory_xact_lock_shared(id)::text END)
FROM unnest($1::bigint[], $2::bool[]) AS l (id, alone)`

// commitQuery puts documents ($3, $4) and deletes others ($5) if each of some
// keys ($1) has its version ($2). It returns the version that it gave, or one
// of the keys that do not have their version.
const commitQuery = `
WITH failed AS (
	SELECT c.key FROM unnest($1::text[], $2::bigint[]) AS c (key, version)
	LEFT JOIN LATERAL (SELECT version FROM documents WHERE documents.key = c.key LIMIT 1) d ON true
	WHERE coalesce(d.version, 0) <> c.version ORDER BY c.key LIMIT 1
), given AS (
	SELECT nextval('document_versions') AS version WHERE NOT EXISTS (SELECT FROM failed)
), gone AS (
	DELETE FROM documents USING given WHERE key = ANY ($5::text[])
), kept AS (
	INSERT INTO documents (key, version, body)
	SELECT p.key, given.version, p.body FROM given, unnest($3::text[], $4::bytea[]) AS p (key, body)
	ON CONFLICT (key) DO UPDATE SET version = excluded.version, body = excluded.body
), told AS (
	INSERT INTO document_changes (key) SELECT changed FROM given, unnest($3::text[] || $5::text[]) AS changed
)
SELECT version, '' FROM given UNION ALL SELECT 0, key FROM failed`

// Commit changes documents in one transaction that is one round trip. Its first
// statement locks the keys. Its second statement sees what earlier holders of
// these locks committed, checks the conditions and writes.
//
// The locks are advisory: they also lock keys that do not exist, leave no rows
// behind, and can be shared by commits that only read a key, such as all that
// create something under one parent.
func (j *Journal) Commit(ctx context.Context, c store.Commit) (int64, error) {
	if err := c.Check(); err != nil {
		return 0, err
	}
	changed := c.Changes()
	if len(changed)+len(c.If) == 0 {
		return 0, nil
	}
	if err := j.takeTurn(ctx); err != nil {
		return 0, err
	}
	var version int64
	var differs string
	err := j.within(ctx, func(ctx context.Context) error {
		return j.pool.SendBatch(ctx, batchOf(c, &version, &differs)).Close()
	})
	<-j.committing
	j.watchers.Tell(changed...) // also if it is unknown whether it was committed
	if err != nil {
		return 0, err
	}
	if differs != "" {
		return 0, store.Conflicted(differs)
	}
	j.forget(ctx)
	if len(changed) == 0 {
		return 0, nil
	}
	return version, nil
}

// takeTurn waits until few enough commits of this process are under way. This
// time does not count as the database's.
func (j *Journal) takeTurn(ctx context.Context) error {
	select {
	case j.committing <- struct{}{}:
		return nil
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
}

// batchOf returns the statements of a commit, which store their result in
// version or differs.
func batchOf(c store.Commit, version *int64, differs *string) *pgx.Batch {
	batch := &pgx.Batch{}
	ids, alone := locksOf(c)
	batch.Queue(lockQuery, ids, alone)
	keys := slices.Sorted(maps.Keys(c.If))
	versions := make([]int64, len(keys))
	for i, key := range keys {
		versions[i] = c.If[key]
	}
	put, bodies := make([]string, len(c.Put)), make([][]byte, len(c.Put))
	for i, d := range c.Put {
		put[i], bodies[i] = d.Key, d.Body
	}
	deleted := append([]string{}, c.Delete...)
	batch.Queue(commitQuery, keys, versions, put, bodies, deleted).QueryRow(func(row pgx.Row) error { return row.Scan(version, differs) })
	return batch
}

// manyKeys is the largest number of keys that a commit locks one by one. A
// commit with more keys locks all documents, because the database keeps its
// locks in bounded memory.
const manyKeys = 256

// locksOf returns what a commit locks, in an order that is the same for all
// commits, and which of the locks are exclusive.
func locksOf(c store.Commit) (ids []int64, alone []bool) {
	wanted := map[int64]bool{}
	for key := range c.If {
		wanted[lockOf(key)] = false
	}
	for _, key := range c.Changes() {
		wanted[lockOf(key)] = true
	}
	everything := len(wanted) > manyKeys
	ids, alone = []int64{lockOf("")}, []bool{everything} // the empty text is never a key
	if everything {
		return ids, alone
	}
	for _, id := range slices.SortedFunc(maps.Keys(wanted), cmp.Compare) {
		ids, alone = append(ids, id), append(alone, wanted[id])
	}
	return ids, alone
}

// lockOf returns the number that stands for a key, the same at every node. Keys
// with the same number wait for each other; that is the only effect.
func lockOf(key string) int64 {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(key)) // it never fails
	return int64(sum.Sum64())
}
