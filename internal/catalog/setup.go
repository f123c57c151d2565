package catalog

import (
	"context"
	"encoding/json"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/offering"
)

// Setup is a Shelf while nobody makes decisions by it. Shelf.Exclusively lends
// one.
type Setup struct{ shelf *Shelf }

// Version returns the number of the version in force, 0 where that is the
// catalogue to begin with.
func (x *Setup) Version() int { return x.shelf.version }

// First returns the terms to begin with.
func (x *Setup) First() account.Terms { return x.shelf.config.Terms }

// Load takes the newest stored version, or the one to begin with.
func (x *Setup) Load(ctx context.Context) error {
	versions, err := x.shelf.config.Store.ListRecords(ctx, Kind, "")
	if err != nil {
		return err
	}
	terms, number := x.First(), len(versions)
	x.shelf.version = number
	if number > 0 {
		if terms.Catalog, err = catalogIn(versions[number-1]); err != nil {
			return err
		}
	}
	x.shelf.terms.Store(&terms)
	return nil
}

// Put is Shelf.Set of a catalogue that Check has let pass.
func (x *Setup) Put(ctx context.Context, c journal.Caller, catalog offering.Catalog) error {
	if err := x.shelf.config.Sweep(ctx); err != nil {
		return err
	}
	document, err := manifest.FormatCatalog(catalog)
	if err != nil {
		return err
	}
	body, err := json.Marshal(Version{Number: x.shelf.version + 1, At: x.shelf.config.Now().UTC().Truncate(time.Millisecond), Key: c.Key, Body: document})
	if err != nil {
		return err
	}
	added, err := x.shelf.config.Store.AddRecords(ctx, Kind, journal.Named{Name: nameOfVersion(x.shelf.version + 1), Body: body})
	if err != nil {
		return err
	}
	if !added {
		return fault.New(fault.Conflict, "catalog: version %d was put in force by another process meanwhile; look at what changed", x.shelf.version+1)
	}
	x.shelf.version++
	x.shelf.terms.Store(&account.Terms{Catalog: catalog, MaxSlots: x.shelf.config.Terms.MaxSlots})
	return nil
}

// Check refuses a catalogue without an offering that may be held.
func (x *Setup) Check(ctx context.Context, catalog offering.Catalog) error {
	ids, err := x.shelf.config.Store.Accounts(ctx, "", 1)
	if err != nil || len(ids) == 0 {
		return err
	}
	for _, o := range x.shelf.Terms().Catalog.Offerings {
		if _, ok := catalog.Offering(o.ID); !ok {
			return fault.New(fault.Conflict, "catalog: offering %q cannot leave the catalogue while there are accounts, which may hold it", o.ID)
		}
	}
	return nil
}
