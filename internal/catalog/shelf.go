// Package catalog says what is for sale now: the newest stored version of the
// catalogue, or the initial one. It decides when another catalogue comes into
// force. Packages offering and manifest decide what a catalogue may hold.
package catalog

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/acts"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/store"
)

// Head is the key of the document that says which version of the catalogue is
// in force. Versions is the prefix of the keys of the versions.
const (
	Head     = prefix + "head"
	versions = prefix + "version/"
	prefix   = "catalog/"
)

// Kinds returns the kinds of documents that only acts change.
func Kinds() []acts.Kind { return []acts.Kind{{Prefix: prefix, Content: acts.Body}} }

// head is what the document of Head holds.
type head struct {
	Version int `json:"version"`
}

// Config is what a Shelf works with. All fields are required.
type Config struct {
	Store store.Store
	Acts  acts.Recorder    // of what is put in force
	Terms account.Terms    // initial terms; a stored catalogue takes precedence
	Now   func() time.Time // the wall clock

	// Sweep rolls every account up to now. It is called before another catalogue
	// comes into force.
	Sweep func(context.Context) error
}

// Shelf holds what is for sale. New makes one.
type Shelf struct {
	config Config
	terms  atomic.Pointer[account.Terms] // the present terms

	// setup is locked while the catalogue changes or a seed is planted, and
	// read-locked while something decides on accounts, so that nothing is
	// bought by a catalogue that is no longer in force.
	setup   sync.RWMutex
	version int          // of the catalogue; 0 is the initial one
	seen    atomic.Int64 // version of the Head document that named it
}

// New returns a shelf with the initial catalogue, until Follow gets the head of
// a stored catalogue.
func New(c Config) *Shelf {
	s := &Shelf{config: c}
	s.terms.Store(&c.Terms)
	return s
}

// Version is a catalogue that was put in force, and by whom. Versions count
// from 1. Before the first one, the initial catalogue is in force.
type Version struct {
	Number int             `json:"version"`
	At     time.Time       `json:"at"`            // by the wall clock
	Key    string          `json:"key,omitempty"` // of the caller
	Body   json.RawMessage `json:"catalog"`       // as manifest.FormatCatalog writes it
}

// Terms returns what is for sale now, and how many slots an account may hold.
func (s *Shelf) Terms() account.Terms { return *s.terms.Load() }

// Decisions returns a lock that is held while a decision is made by Terms, so
// that the terms stay in force until the decision is stored. Decisions do not
// wait for each other.
func (s *Shelf) Decisions() sync.Locker { return s.setup.RLocker() }

// Follow makes the shelf use the newest stored catalogue, whichever process put
// it in force. It gets the Head document as it was just read, and reads nothing
// else unless that has changed.
func (s *Shelf) Follow(ctx context.Context, now store.Document) error {
	if now.Version == s.seen.Load() {
		return nil
	}
	return s.Exclusively(func(x *Setup) error { return x.Load(ctx) })
}

// Exclusively runs f while nobody makes decisions. The Setup must not be used
// after f returns.
func (s *Shelf) Exclusively(f func(*Setup) error) error {
	s.setup.Lock()
	defer s.setup.Unlock()
	return f(&Setup{s})
}

// Versions returns every version of the catalogue, oldest first.
func (s *Shelf) Versions(ctx context.Context) ([]Version, error) {
	found, err := store.All(ctx, s.config.Store, versions)
	if err != nil {
		return nil, err
	}
	var all []Version
	for _, d := range found {
		v, err := store.Decode[Version](d)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// Of returns a version of the catalogue; 0 is the initial catalogue. Errors:
// NotFound if there is no such version.
func (s *Shelf) Of(ctx context.Context, number int) (offering.Catalog, error) {
	if number == 0 {
		return s.config.Terms.Catalog, nil
	}
	key := keyOf(number)
	found, err := store.Read(ctx, s.config.Store, key)
	if err != nil {
		return offering.Catalog{}, err
	}
	d, ok := found[key]
	if !ok {
		return offering.Catalog{}, fault.New(fault.NotFound, "there is no version %d of the catalogue", number)
	}
	return catalogIn(d)
}

func keyOf(number int) string { return fmt.Sprintf("%s%09d", versions, number) }

// catalogIn returns the catalogue of a stored version.
func catalogIn(d store.Document) (offering.Catalog, error) {
	v, err := store.Decode[Version](d)
	if err != nil {
		return offering.Catalog{}, err
	}
	catalog, err := manifest.ParseCatalog(v.Body)
	if err != nil {
		err = fmt.Errorf("document %s: %w", d.Key, err)
	}
	return catalog, err
}

// Set puts another catalogue in force for later decisions. It first rolls
// accounts up to now by the old catalogue, so the price of running slots
// changes at their next boundary. Errors: Conflict if the catalogue lacks an
// offering of the old one while there are accounts, because they may hold it,
// and if replaces is given and is not the version in force.
func (s *Shelf) Set(ctx context.Context, c journal.Caller, catalog offering.Catalog, replaces *int) error {
	return s.Exclusively(func(x *Setup) error {
		if replaces != nil && *replaces != x.Version() {
			return fault.New(fault.Conflict, "catalog: version %d is in force, not %d; check what changed", x.Version(), *replaces)
		}
		if err := x.Check(ctx, catalog); err != nil {
			return err
		}
		return x.Put(ctx, c, catalog)
	})
}
