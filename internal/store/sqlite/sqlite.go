// Package sqlite keeps journals and documents in one SQLite file, or in memory.
//
// The process that opens a directory owns it: a lock file keeps others out. One
// goroutine writes. It takes all waiting updates, runs their decisions in order
// and commits them together, and answers none before the commit is on disk.
// Nobody else writes, so the heads of accounts are cached in memory; they enter
// the cache after their commit, and a failed commit drops them. Documents are
// cached too, up to a bound.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Files in a data directory.
const (
	fileName = "slotfarm.db"
	lockName = "slotfarm.lock"
)

const (
	cachedHeads = 1 << 17  // accounts
	readers     = 5        // connections; one may be busy moving the log
	writerCache = 32 << 10 // KiB of pages: the parts of the indexes where accounts append
)

// Journal is a store.Store in SQLite. Open and OpenMemory make one.
type Journal struct {
	lock  locks   // nil in memory
	write *sql.DB // one connection
	read  *sql.DB // the same one in memory

	heads    *lru.Cache[account.ID, journal.Head]
	cache    *cache
	watchers store.Watchers
	version  int64 // the last that a document was given; used by the writer only

	file       string              // path; "" in memory
	observe    func(journal.Batch) // may be nil
	statements statements
	queue      chan *job
	backup     sync.Mutex     // held while a backup is made
	growth     int            // entries since the log was last found to have grown
	movedEvery int            // entries, until it counts as grown
	grown      chan struct{}  // signals that it has grown
	pause      chan struct{}  // asks the writer to move the rest of the log
	tending    sync.WaitGroup // the goroutine that tends the log
	close      sync.Once
	stopping   chan struct{} // closed when Close begins
	stopped    chan struct{} // closed when the writer has ended
}

var _ store.Store = (*Journal)(nil)

// Option changes how a journal is opened.
type Option func(*Journal)

// Observe makes the writer call f with every batch that failed or wrote
// something, before it answers the updates of the batch. The calls come one at
// a time, and f must not wait for anything.
func Observe(f func(journal.Batch)) Option {
	return func(j *Journal) { j.observe = f }
}

// Open opens the journal in a directory. If there is none, it makes one that
// only its owner can read. A directory that another process has open, a newer
// storage format and a file that is not a journal are errors.
func Open(ctx context.Context, dir string, options ...Option) (*Journal, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	var j *Journal
	if err = removeBackups(dir); err == nil {
		j, err = openFile(ctx, &lock, dir, options)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open the journal in %q: %w", dir, err), lock.Unlock())
	}
	j.lock = lock
	return j, nil
}

func openFile(ctx context.Context, lock *locks, dir string, options []Option) (*Journal, error) {
	path := filepath.Join(dir, fileName)
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(file.Close(), lock.takeDatabase(dir)); err != nil {
		return nil, err
	}
	write, err := open(path, 1, "journal_mode(WAL)", "synchronous(FULL)", "wal_autocheckpoint(0)",
		fmt.Sprintf("busy_timeout(%d)", writerPatience), fmt.Sprintf("journal_size_limit(%d)", largestLog), fmt.Sprintf("cache_size(-%d)", writerCache))
	if err != nil {
		return nil, err
	}
	read, err := open(path, readers, "query_only(1)", "busy_timeout(5000)")
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	return start(ctx, &Journal{write: write, read: read, file: path}, options)
}

// OpenMemory opens an empty journal that lives as long as the process.
func OpenMemory(ctx context.Context, options ...Option) (*Journal, error) {
	db, err := open(":memory:", 1)
	if err != nil {
		return nil, err
	}
	return start(ctx, &Journal{write: db, read: db}, options)
}

// open returns a pool of connections that all have the pragmas set.
func open(path string, connections int, pragmas ...string) (*sql.DB, error) {
	// Otherwise a transaction that reads before it writes would not wait for a
	// lock of another process, such as one that replicates the file.
	db, err := openDatabase(path, url.Values{"_pragma": pragmas, "_txlock": {"immediate"}})
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// openDatabase returns a pool of connections with the parameters given.
func openDatabase(path string, parameters url.Values) (*sql.DB, error) {
	if path != ":memory:" {
		path = (&url.URL{Path: path}).EscapedPath()
	}
	return sql.Open("sqlite", "file:"+path+"?"+parameters.Encode())
}

// start migrates the database and starts its writer. If that fails, it closes
// the pools.
func start(ctx context.Context, j *Journal, options []Option) (*Journal, error) {
	j.queue, j.movedEvery = make(chan *job, maxBatch), movedEvery
	j.grown, j.pause = make(chan struct{}, 1), make(chan struct{})
	j.stopping, j.stopped = make(chan struct{}), make(chan struct{})
	for _, option := range options {
		option(j)
	}
	err := migrate(ctx, j.write)
	if err == nil && j.read != j.write {
		err = openAll(ctx, j.read)
	}
	if err == nil {
		j.statements, err = prepare(ctx, j.write, j.read)
	}
	if err == nil {
		j.heads, err = lru.New[account.ID, journal.Head](cachedHeads)
	}
	if err == nil {
		err = j.prepareDocuments(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, j.closePools())
	}
	go j.run()
	if j.file != "" {
		j.tending.Go(j.tend)
	}
	return j, nil
}

// openAll opens every connection of the readers together with its files, so
// that reads still work when the process has no file descriptor left.
func openAll(ctx context.Context, read *sql.DB) (err error) {
	for range readers {
		c, failed := read.Conn(ctx)
		if failed != nil {
			return failed
		}
		defer func() { err = errors.Join(err, c.Close()) }() // after all are open
		var tables int
		if err := c.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_schema`).Scan(&tables); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the writer after the updates under way and releases the lock.
func (j *Journal) Close() error {
	var err error
	j.close.Do(func() {
		close(j.stopping)
		<-j.stopped
		j.tending.Wait()
		j.watchers.Close()
		err = j.closePools()
		err = errors.Join(err, j.lock.Unlock())
	})
	return err
}

// Size returns the sizes of the database file and its write-ahead log in bytes.
// In memory there are no files, and both are 0.
func (j *Journal) Size() (database, log int64, err error) {
	if j.file == "" {
		return 0, 0, nil
	}
	if database, err = sizeOf(j.file); err == nil {
		log, err = sizeOf(j.file + "-wal")
	}
	return database, log, err
}

// sizeOf returns the size of a file, or 0 if there is none.
func sizeOf(path string) (int64, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return info.Size(), nil
}

func (j *Journal) closePools() error {
	if j.read == j.write {
		return j.write.Close()
	}
	return errors.Join(j.read.Close(), j.write.Close())
}

// unavailable translates an error of the driver, once for all callers.
func unavailable(err error) error {
	return &fault.Error{Kind: fault.Unavailable, Message: "The journal cannot be used now; try again.", Err: err}
}
