package catalog

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Setup is a Shelf while nobody makes decisions by it. Shelf.Exclusively
// provides one.
type Setup struct{ shelf *Shelf }

// Version returns the number of the version in force, or 0 for the initial
// catalogue.
func (x *Setup) Version() int { return x.shelf.version }

// First returns the initial terms.
func (x *Setup) First() account.Terms { return x.shelf.config.Terms }

// Load puts the newest stored version, or the initial catalogue, in force.
func (x *Setup) Load(ctx context.Context) error {
	found, err := store.Read(ctx, x.shelf.config.Store, Head)
	if err != nil {
		return err
	}
	var now head
	if d, ok := found[Head]; ok {
		if now, err = store.Decode[head](d); err != nil {
			return err
		}
	}
	terms := x.First()
	if terms.Catalog, err = x.shelf.Of(ctx, now.Version); err != nil {
		return err
	}
	x.sell(terms, now, found[Head].Version)
	return nil
}

// sell makes decisions use terms from now on. They are the terms of a head,
// whose document has the version seen.
func (x *Setup) sell(terms account.Terms, now head, seen int64) {
	x.shelf.terms.Store(&terms)
	x.shelf.version = now.Version
	x.shelf.seen.Store(seen)
}

// Put is Shelf.Set for a catalogue that Check has accepted.
func (x *Setup) Put(ctx context.Context, c journal.Caller, catalog offering.Catalog) error {
	if err := x.shelf.config.Sweep(ctx); err != nil {
		return err
	}
	document, err := manifest.FormatCatalog(catalog)
	if err != nil {
		return err
	}
	next := head{Version: x.shelf.version + 1}
	version := Version{Number: next.Version, At: x.shelf.config.Now().UTC().Truncate(time.Millisecond), Key: c.Key, Body: document}
	seen, err := x.keep(ctx, c.By, version)
	if errors.Is(err, store.ErrConflict) {
		return fault.New(fault.Conflict, "catalog: version %d was put in force by another process meanwhile; check what changed", next.Version)
	}
	if err != nil {
		return err
	}
	x.sell(account.Terms{Catalog: catalog, MaxSlots: x.First().MaxSlots}, next, seen)
	return nil
}

// keep stores a version and its head, on the condition that the head has not
// changed since it was last seen.
func (x *Setup) keep(ctx context.Context, by journal.By, v Version) (seen int64, err error) {
	newest, err := store.Encode(keyOf(v.Number), v)
	if err != nil {
		return 0, err
	}
	now, err := store.Encode(Head, head{Version: v.Number})
	if err != nil {
		return 0, err
	}
	act := x.shelf.config.Acts.As(by, "catalogue put in force", fmt.Sprintf("version %d", v.Number))
	return act.Commit(ctx, store.Commit{
		If:  map[string]int64{Head: x.shelf.seen.Load(), newest.Key: 0},
		Put: []store.Document{now, newest},
	})
}

// Check refuses a catalogue that lacks an offering that accounts may hold.
func (x *Setup) Check(ctx context.Context, catalog offering.Catalog) error {
	ids, err := x.shelf.config.Store.Accounts(ctx, "", 1)
	if err != nil || len(ids) == 0 {
		return err
	}
	for _, o := range x.shelf.Terms().Catalog.Offerings {
		if _, ok := catalog.Offering(o.ID); !ok {
			return fault.New(fault.Conflict, "catalog: offering %q cannot be removed from the catalogue while there are accounts, which may hold it", o.ID)
		}
	}
	return nil
}
