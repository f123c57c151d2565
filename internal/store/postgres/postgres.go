// Package postgres keeps journals and documents in a PostgreSQL database that any
// number of processes share.
//
// The primary key (account, seq) is the lock: of two processes that append to one
// account at the same time one succeeds, and the other reads the account's head
// again and decides again. Waiting updates of one process are decided together
// and appended by one statement, which is one round trip and one commit. Heads
// are remembered only as guesses: what is decided on one counts when its append
// succeeds, and a refusal only when it was decided on what the database said
// after the update had begun.
//
// A commit of documents locks their keys, in an order that all commits keep. No
// document is remembered.
//
// Statements are planned anew each time, name nothing that outlives them and set
// nothing for a session, so that they run behind PgBouncer in transaction mode.
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
// request waits while the database is away.
const patience = 3 * time.Second

// reach is how long it may take to connect to one of several hosts, and how long
// a connection that has lain idle may take to answer. It is short of patience, so
// that a request that meets a host which has gone dark still reaches the next one.
const reach = time.Second

// Journal is a store.Store in PostgreSQL. Open makes one.
type Journal struct {
	pool       *pgxpool.Pool
	guesses    *lru.Cache[account.ID, journal.Head]
	observe    func(journal.Batch) // nil where nobody wants to know
	queue      *queue
	writing    sync.WaitGroup
	watchers   store.Watchers
	poll       poll
	gets       reads
	committing chan struct{} // has a value for each commit of documents under way
	close      sync.Once
}

var _ store.Store = (*Journal)(nil)

// Option changes how a journal is opened.
type Option func(*Journal)

// Observe has f hear of every batch that failed or wrote something, before its
// updates are answered. Several batches may be under way, so f is called by
// several at once; it must not wait for anything.
func Observe(f func(journal.Batch)) Option {
	return func(j *Journal) { j.observe = f }
}

// Open opens the journal in the database at a URL as libpq has it, or a list of
// keywords and values; pool_max_conns among them bounds the connections. Tables
// are made where there are none. A newer storage format and a database that
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
		return nil, fault.New(fault.Argument, "the database URL cannot be read; it is one such as postgres://slotfarm@db.example.org/slotfarm?sslmode=verify-full")
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

// prepare brings the tables up to date and looks at what the database promises.
func (j *Journal) prepare(ctx context.Context) error {
	for _, setting := range []string{"fsync", "synchronous_commit"} {
		var value string
		if err := j.pool.QueryRow(ctx, `SELECT current_setting($1)`, setting).Scan(&value); err != nil {
			return err
		}
		if value == "off" {
			return fault.New(fault.Conflict, "the database has %s off: what it acknowledges may be lost. Turn it on", setting)
		}
	}
	return errors.Join(j.checkIsolation(ctx), migrate(ctx, j.pool))
}

// checkIsolation refuses a database whose transactions see one moment throughout:
// what a commit of documents checks must be what was committed while it waited.
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

// Ping returns nil when the database takes updates.
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

// Size returns how many bytes the database has. Its write-ahead log is that of the
// whole cluster, and 0 here.
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

// within runs f with a bound on its time and translates its error.
func (j *Journal) within(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := f(ctx); err != nil {
		return j.failed(err)
	}
	return nil
}

// failed translates an error of the driver, once, for everyone above. After one
// that says that the database is another one now, connections are made anew.
func (j *Journal) failed(err error) error {
	if lost(err) {
		j.pool.Reset()
	}
	return unavailable(err)
}

// readOnly is what PostgreSQL says to who writes to a standby.
const readOnly = "25006"

// lost reports whether an error says that the other connections are no better
// than the one that it came from: the server is a standby now, or did not answer
// in time. That no connection could be made says nothing of those there are.
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
