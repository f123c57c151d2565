// Package postgres keeps journals and documents in a PostgreSQL database that any
// number of processes share.
//
// The primary key (account, seq) is the lock: of two processes that append to
// one account at the same time one succeeds, and the other reads the account's
// head again and decides again. Waiting updates of one process are decided
// together and appended by one statement, in one round trip and one commit.
// Heads are remembered only as guesses: a decision based on a guess counts only
// if its append succeeds, and a refusal only if it was based on what the
// database said after the update began.
//
// A commit of documents locks their keys, in an order that is the same for all
// commits. No document is remembered.
//
// Statements are planned anew each time, and neither create names that outlive
// them nor change session settings, so they work behind PgBouncer in
// transaction mode.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

const (
	guessedHeads = 1 << 16 // accounts
	connections  = 16      // at most, unless the URL says otherwise
	writers      = 4       // statements that append at the same time
	committers   = 8       // commits of documents at the same time
)

// patience is how long the database may take to answer. It bounds how long a
// request waits while the database is unreachable.
const patience = 3 * time.Second

// reach is how long connecting to one of several hosts may take, and how long a
// connection that was idle may take to answer. It is shorter than patience, so
// that a request that first tries a dead host still reaches the next one.
const reach = time.Second

// Journal is a store.Store in PostgreSQL. Open makes one.
type Journal struct {
	pool       *pgxpool.Pool
	guesses    *lru.Cache[account.ID, journal.Head]
	observe    func(journal.Batch) // may be nil
	queue      *queue
	writing    sync.WaitGroup
	watchers   store.Watchers
	poll       poll
	gets       reads
	committing chan struct{} // holds a value for each commit of documents under way
	close      sync.Once
}

var _ store.Store = (*Journal)(nil)

// Option changes how a journal is opened.
type Option func(*Journal)

// Observe makes the writers call f with every batch that failed or wrote
// something, before they answer the updates of the batch. Several batches may
// be under way, so calls may overlap; f must not wait for anything.
func Observe(f func(journal.Batch)) Option {
	return func(j *Journal) { j.observe = f }
}

// Open opens the journal in the database that a libpq URL or keyword/value
// string names; its parameter pool_max_conns bounds the connections. Open makes
// the tables if there are none. A newer storage format and a database that
// acknowledges commits before they are on disk are errors.
func Open(ctx context.Context, url string, options ...Option) (*Journal, error) {
	config, err := configOf(url)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	j := &Journal{pool: pool, queue: newQueue()}
	j.gets.ask = j.readDocuments
	j.committing = make(chan struct{}, committers)
	for _, option := range options {
		option(j)
	}
	if j.guesses, err = lru.New[account.ID, journal.Head](guessedHeads); err == nil {
		err = j.prepare(ctx)
	}
	if err != nil {
		pool.Close()
		return nil, fmt.Errorf("open the database: %w", err)
	}
	for range writers {
		j.writing.Go(j.write)
	}
	return j, nil
}

// configOf reads a URL. Its errors never show it, since it may hold a password.
func configOf(url string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fault.New(fault.Argument, "the database URL cannot be read; it must look like postgres://slotfarm@db.example.org/slotfarm?sslmode=verify-full")
	}
	if !strings.Contains(url, "pool_max_conns") {
		config.MaxConns = connections
	}
	config.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	config.PingTimeout = reach
	limit := patience
	if len(config.ConnConfig.Fallbacks) > 0 {
		limit = reach
	}
	if config.ConnConfig.ConnectTimeout == 0 || config.ConnConfig.ConnectTimeout > limit {
		config.ConnConfig.ConnectTimeout = limit
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "slotfarm"
	}
	return config, nil
}

// prepare brings the tables up to date and checks the settings of the database.
func (j *Journal) prepare(ctx context.Context) error {
	for _, setting := range []string{"fsync", "synchronous_commit"} {
		var value string
		if err := j.pool.QueryRow(ctx, `SELECT current_setting($1)`, setting).Scan(&value); err != nil {
			return err
		}
		if value == "off" {
			return fault.New(fault.Conflict, "the database has %s off, so acknowledged changes may be lost; turn it on", setting)
		}
	}
	return errors.Join(j.checkIsolation(ctx), migrate(ctx, j.pool))
}

// checkIsolation refuses a database whose transactions see one moment
// throughout: a commit of documents must check what others committed while it
// waited.
func (j *Journal) checkIsolation(ctx context.Context) error {
	var level string
	if err := j.pool.QueryRow(ctx, `SELECT current_setting('transaction_isolation')`).Scan(&level); err != nil {
		return err
	}
	if level != "read committed" {
		return fault.New(fault.Conflict, `the database has default_transaction_isolation %q; set it to "read committed" for this database or role`, level)
	}
	return nil
}

// Ping returns nil if the database accepts updates.
func (j *Journal) Ping(ctx context.Context) error {
	var standby bool
	err := j.within(ctx, func(ctx context.Context) error {
		return j.pool.QueryRow(ctx, `SELECT pg_is_in_recovery()`).Scan(&standby)
	})
	if err == nil && standby {
		j.pool.Reset()
		err = unavailable(errors.New("the database is a standby"))
	}
	return err
}

// Size returns the size of the database in bytes. The write-ahead log belongs
// to the whole cluster, so its size is 0 here.
func (j *Journal) Size() (database, log int64, err error) {
	err = j.within(context.Background(), func(ctx context.Context) error {
		return j.pool.QueryRow(ctx, `SELECT pg_database_size(current_database())`).Scan(&database)
	})
	return database, 0, err
}

// Close ends the engine after the updates under way.
func (j *Journal) Close() error {
	j.close.Do(func() {
		j.queue.close()
		j.writing.Wait()
		j.watchers.Close()
		j.poll.close()
		j.pool.Close()
	})
	return nil
}

// within runs f with a time limit and translates its error.
func (j *Journal) within(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := f(ctx); err != nil {
		return j.failed(err)
	}
	return nil
}

// failed translates an error of the driver, once for all callers. If the error
// says that a different server now serves the database, failed makes new
// connections.
func (j *Journal) failed(err error) error {
	if lost(err) {
		j.pool.Reset()
	}
	return unavailable(err)
}

// readOnly is PostgreSQL's error code for a write to a standby.
const readOnly = "25006"

// lost reports whether an error says that the other connections are just as
// useless as the one that it came from: the server is a standby now, or did not
// answer in time. A failure to make a new connection says nothing about
// existing ones.
func lost(err error) bool {
	var refused *pgconn.PgError
	if errors.As(err, &refused) {
		return refused.Code == readOnly
	}
	var unmade *pgconn.ConnectError
	return pgconn.Timeout(err) && !errors.As(err, &unmade)
}

func unavailable(err error) error {
	return &fault.Error{Kind: fault.Unavailable, Message: "The journal cannot be used now; try again.", Err: err}
}
