package server

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/store"
	"github.com/slotfarm/slotfarm/internal/store/postgres"
	"github.com/slotfarm/slotfarm/internal/store/sqlite"
)

// parts returns the configuration of the parts on a store.
func (c Config) parts(store store.Store) PartsConfig {
	config := PartsConfig{
		Store: store, Now: c.Now, NewID: c.NewID, Actions: actions(), Fleet: c.Fleet,
		Terms: account.Terms{Catalog: *c.Catalog, MaxSlots: c.MaxSlots}, Shared: c.Database != "",
	}
	if c.Master == nil {
		config.Test, config.Frozen = true, c.Frozen
	} else {
		config.Closed, config.Acts, config.Master = true, true, *c.Master
	}
	return config
}

// engine is a store.Store with what the server needs in addition.
type engine interface {
	store.Store

	// Size returns the sizes of the database and its write-ahead log in bytes.
	Size() (database, log int64, err error)
}

// open opens the storage and reports its commits to observe.
func (c Config) open(ctx context.Context, observe func(journal.Batch)) (engine, error) {
	switch {
	case c.Database != "":
		return postgres.Open(ctx, c.Database, postgres.Observe(observe))
	case c.Data != "":
		return sqlite.Open(ctx, c.Data, sqlite.Observe(observe))
	}
	return sqlite.OpenMemory(ctx, sqlite.Observe(observe))
}

// backupOf returns a function that copies the whole storage, or nil if the
// database has tools of its own.
func backupOf(e engine) func(context.Context) (io.ReadSeekCloser, error) {
	if files, ok := e.(*sqlite.Journal); ok {
		return files.Backup
	}
	return nil
}

// reachTime is how long remote storage may take to answer.
const reachTime = time.Second

// reachable reports whether the storage accepts updates.
func reachable(ctx context.Context, e engine) bool {
	elsewhere, ok := e.(*postgres.Journal)
	if !ok {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	return elsewhere.Ping(ctx) == nil
}

// Offline opens the storage of a service, c.Data or c.Database, without a
// server, and calls f with its parts. Errors: Conflict if another process has
// the data directory open.
func Offline(ctx context.Context, c Config, f func(*Parts) error) error {
	store, err := c.open(ctx, func(journal.Batch) {})
	if err != nil {
		return err
	}
	c.Master = &iam.MasterKey{}
	parts, err := NewParts(ctx, c.withDefaults().parts(store))
	if err == nil {
		err = f(parts)
	}
	return errors.Join(err, store.Close())
}
