package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/journal"
)

// refreshQuery returns, as of one moment, the newest entries of accounts ($1)
// and the entries recorded under retry ids ($2, $3). The last column is true
// for the former. The latter are locked. Locking is a write, so they are
// returned only when the standbys that commits wait for have them: PostgreSQL
// also shows an entry whose commit was interrupted while it waited, and a
// failover would lose it.
const refreshQuery = `
SELECT e.account, e.seq, e.transactions, e.retry, e.body, e.hash, true
FROM unnest($1::text[]) AS a (account) CROSS JOIN LATERAL (
	SELECT * FROM entries WHERE entries.account = a.account ORDER BY seq DESC LIMIT 1) e
UNION ALL
SELECT e.account, e.seq, e.transactions, e.retry, e.body, e.hash, false
FROM unnest($2::text[], $3::bytea[]) AS r (account, retry) CROSS JOIN LATERAL (
	SELECT * FROM entries WHERE entries.account = r.account AND entries.retry = r.retry AND entries.retry IS NOT NULL LIMIT 1
	FOR KEY SHARE) e`

// refresh asks the database for the heads of groups that must not rely on a
// guess, and for the entries that their jobs may repeat.
func (j *Journal) refresh(ctx context.Context, groups []*group) error {
	asked := map[account.ID]*group{}
	var ids, accounts []string
	var retries [][]byte
	for _, l := range groups {
		if !l.ask {
			continue
		}
		l.head, l.broken, l.ask, l.fresh, l.retries = journal.Head{}, nil, false, true, map[journal.RetryDigest]journal.Record{}
		asked[l.account] = l
		ids = append(ids, string(l.account))
		for _, w := range l.jobs {
			if w.change.Retry != nil {
				digest := w.change.Retry.Digest()
				accounts, retries = append(accounts, string(l.account)), append(retries, digest[:])
			}
		}
	}
	if len(asked) == 0 {
		return nil
	}
	rows, err := j.pool.Query(ctx, refreshQuery, ids, accounts, retries)
	if err != nil {
		return err
	}
	_, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (struct{}, error) { return struct{}{}, learn(asked, row) })
	return err
}

// learn stores a row of refreshQuery in its group.
func learn(asked map[account.ID]*group, row pgx.Row) error {
	var r journal.Record
	var hash []byte
	var newest bool
	if err := row.Scan((*string)(&r.Account), &r.Seq, &r.Transactions, &r.Retry, &r.Body, &hash, &newest); err != nil {
		return err
	}
	copy(r.Hash[:], hash)
	l := asked[r.Account]
	if !newest {
		l.retries[journal.RetryDigest(r.Retry)] = r
		return nil
	}
	l.head, l.broken = r.Head()
	return nil
}

// appendQuery appends entries to accounts, for each account all of its entries
// or none, and returns the accounts to which it appended. The first entry of an
// account ($7 is the hash that it builds on, null for the entries that follow
// it) is inserted only if the entry that it was decided on is still there, no
// other entry has its place, and no retry id of the account's entries is
// recorded. Another writer that wants the same place waits for this commit.
// Test accounts ($8) may go back, so the entry that theirs build on is locked
// meanwhile.
const appendQuery = `
WITH input AS (
	SELECT * FROM unnest($1::text[], $2::bigint[], $3::int[], $4::bytea[], $5::bytea[], $6::bytea[], $7::bytea[], $8::bool[])
		AS t (account, seq, transactions, retry, body, hash, previous, test)
), known AS (
	SELECT i.account FROM input i CROSS JOIN LATERAL (
		SELECT 1 FROM entries e WHERE e.account = i.account AND e.retry = i.retry AND e.retry IS NOT NULL LIMIT 1) recorded
), first AS (
	INSERT INTO entries (account, seq, transactions, retry, body, hash)
	SELECT account, seq, transactions, retry, body, hash FROM input i
	WHERE previous IS NOT NULL AND account NOT IN (SELECT account FROM known) AND CASE
		WHEN seq = 1 THEN true
		WHEN test THEN EXISTS (SELECT FROM entries e WHERE e.account = i.account AND e.seq = i.seq - 1 AND e.hash = i.previous FOR KEY SHARE)
		ELSE EXISTS (SELECT FROM entries e WHERE e.account = i.account AND e.seq = i.seq - 1 AND e.hash = i.previous)
	END
	ORDER BY account
	ON CONFLICT DO NOTHING
	RETURNING account
), following AS (
	INSERT INTO entries (account, seq, transactions, retry, body, hash)
	SELECT account, seq, transactions, retry, body, hash FROM input
	WHERE previous IS NULL AND account IN (SELECT account FROM first)
), due AS (
	INSERT INTO accounts (account, due)
	SELECT account, due FROM unnest($9::text[], $10::bigint[]) AS d (account, due)
	WHERE account IN (SELECT account FROM first)
	ON CONFLICT (account) DO UPDATE SET due = excluded.due
)
SELECT account FROM first`

// columns are the arguments of appendQuery.
type columns struct {
	account        []string
	seq            []int64
	transactions   []int32
	retry, body    [][]byte
	hash, previous [][]byte
	test           []bool
	dueAccount     []string
	due            []*int64 // milliseconds since 1970; nil means never
}

func (c *columns) add(l *group) {
	for i, a := range l.entries {
		r := a.Record
		c.account, c.seq, c.transactions = append(c.account, string(r.Account)), append(c.seq, r.Seq), append(c.transactions, int32(r.Transactions))
		c.retry, c.body, c.hash = append(c.retry, r.Retry), append(c.body, r.Body), append(c.hash, r.Hash[:])
		var previous []byte
		if i == 0 {
			previous = l.head.Hash[:]
		}
		c.previous, c.test = append(c.previous, previous), append(c.test, l.head.State.Test)
	}
	if l.moved {
		c.dueAccount, c.due = append(c.dueAccount, string(l.account)), append(c.due, dueOf(l.newest().State))
	}
}

// append appends the entries of groups and returns the accounts to which it
// appended. The other accounts have changed meanwhile, or already recorded a
// retry.
func (j *Journal) append(ctx context.Context, groups []*group) (map[account.ID]bool, error) {
	var c columns
	for _, l := range groups {
		c.add(l)
	}
	rows, err := j.pool.Query(ctx, appendQuery, c.account, c.seq, c.transactions, c.retry, c.body, c.hash, c.previous, c.test, c.dueAccount, c.due)
	if err != nil {
		return nil, err
	}
	ids, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (account.ID, error) { return scanID(row) })
	done := map[account.ID]bool{}
	for _, id := range ids {
		done[id] = true
	}
	return done, err
}
