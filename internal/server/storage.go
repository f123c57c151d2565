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

// parts returns how the parts work on a store.
func (c Config) parts(store store.Store) PartsConfig {
	config := PartsConfig{
		Store: store, Now: c.Now, NewID: c.NewID, Actions: actions(), Fleet: c.Fleet,
		Terms: account.Terms{Catalog: *c.Catalog, MaxSlots: c.MaxSlots}, Shared: c.Database != "",
	}
	if c.Master == nil {
		config.Test, config.Frozen = true, c.Frozen
	} else {
		config.Closed, config.Master = true, *c.Master
	}
	return config
}

// engine is a store.Store as the server needs it.
type engine interface {
	store.Store

	// Size returns how many bytes the database has, and its write-ahead log.
	Size() (database, log int64, err error)
}

// open opens the storage, of whose commits observe hears.
func (c Config) open(ctx context.Context, observe func(journal.Batch)) (engine, error) {
	switch {
	case c.Database != "":
		return postgres.Open(ctx, c.Database, postgres.Observe(observe))
	case c.Data != "":
		return sqlite.Open(ctx, c.Data, sqlite.Observe(observe))
	}
	return sqlite.OpenMemory(ctx, sqlite.Observe(observe))
}

// backupOf returns what copies the whole storage, nil where the database has
// means of its own.
func backupOf(e engine) func(context.Context) (io.ReadSeekCloser, error) {
	if files, ok := e.(*sqlite.Journal); ok {
		return files.Backup
	}
	return nil
}

// reachTime is how long storage that is elsewhere may take to say that it is
// there.
const reachTime = time.Second

// reachable reports whether the storage takes updates.
func reachable(ctx context.Context, e engine) bool {
	elsewhere, ok := e.(*postgres.Journal)
	if !ok {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, reachTime)
	defer cancel()
	return elsewhere.Ping(ctx) == nil
}

// Offline opens the storage of a service for others, without a server, for f to
// work with: c.Data or c.Database. A data directory that another process has open
// is a Conflict.
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
