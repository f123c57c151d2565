package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/journal"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/store"
)

// maxFleet is how many bytes a fleet may have as JSON, so that it fits in a
// document with who put it in force.
const maxFleet = store.MaxBody - 4<<10

// Fleet is what there is. New makes one.
type Fleet struct {
	config  Config
	current atomic.Pointer[Edition]
	seen    atomic.Int64 // version of the document of Head that said so

	changes sync.Mutex // held while another edition comes into force
}

// head is what the document of Head holds.
type head struct {
	Version int `json:"version"`
}

// Version is a fleet that was put in force, and by whom. Versions count from 1;
// before the first one the fleet to begin with is in force.
type Version struct {
	Number int             `json:"version"`
	At     time.Time       `json:"at"`            // by the wall clock
	Key    string          `json:"key,omitempty"` // of the caller
	Body   json.RawMessage `json:"fleet"`         // as manifest.FormatFleet writes it
}

// Current returns the fleet in force. It asks nobody.
func (f *Fleet) Current() *Edition { return f.current.Load() }

// Refresh has the newest stored fleet be in force, whichever process put it there.
func (f *Fleet) Refresh(ctx context.Context) error {
	found, err := f.config.Store.Get(ctx, Head)
	if err != nil {
		return err
	}
	return f.Follow(ctx, store.Find(found, Head))
}

// Follow is Refresh with the document of Head as it was just read. It reads nothing
// else unless that has changed.
func (f *Fleet) Follow(ctx context.Context, now store.Document) error {
	if now.Version == f.seen.Load() {
		return nil
	}
	f.changes.Lock()
	defer f.changes.Unlock()
	return f.load(ctx)
}

// load takes the newest stored version, or the one to begin with.
func (f *Fleet) load(ctx context.Context) error {
	found, err := store.Read(ctx, f.config.Store, Head)
	if err != nil {
		return err
	}
	var now head
	if d, ok := found[Head]; ok {
		if now, err = store.Decode[head](d); err != nil {
			return err
		}
	}
	fleet, err := f.Of(ctx, now.Version)
	if err != nil {
		return err
	}
	f.take(newEdition(now.Version, fleet), found[Head].Version)
	return nil
}

// take puts an edition in force, which a version of the document of Head says.
func (f *Fleet) take(e *Edition, seen int64) {
	f.current.Store(e)
	f.seen.Store(seen)
}

// Versions returns every version of the fleet, oldest first.
func (f *Fleet) Versions(ctx context.Context) ([]Version, error) {
	found, err := store.All(ctx, f.config.Store, versions)
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

// Of returns the fleet by a version, 0 being the one to begin with. NotFound for
// one that never was.
func (f *Fleet) Of(ctx context.Context, number int) (device.Fleet, error) {
	if number == 0 {
		return f.config.Fleet, nil
	}
	key := keyOf(number)
	found, err := store.Read(ctx, f.config.Store, key)
	if err != nil {
		return device.Fleet{}, err
	}
	d, ok := found[key]
	if !ok {
		return device.Fleet{}, fault.New(fault.NotFound, "there is no version %d of the fleet", number)
	}
	v, err := store.Decode[Version](d)
	if err != nil {
		return device.Fleet{}, err
	}
	fleet, err := manifest.ParseFleet(v.Body)
	if err != nil {
		err = fmt.Errorf("document %s: %w", d.Key, err)
	}
	return fleet, err
}

func keyOf(number int) string { return fmt.Sprintf("%s%09d", versions, number) }

// Change is what putting a fleet in force has changed.
type Change struct {
	Version int // that is in force now
	Changes []device.Change
}

// Set puts another fleet in force. Argument for one that is not valid, TooLarge for
// one that no document holds, Conflict where replaces is given and is not the
// version in force, and where another process was faster.
func (f *Fleet) Set(ctx context.Context, c journal.Caller, fleet device.Fleet, replaces *int) (Change, error) {
	if err := fleet.Validate(); err != nil {
		return Change{}, err
	}
	f.changes.Lock()
	defer f.changes.Unlock()
	if err := f.load(ctx); err != nil {
		return Change{}, err
	}
	now := f.Current()
	if replaces != nil && *replaces != now.Number {
		return Change{}, fault.New(fault.Conflict, "fleet: version %d is in force, and not %d; look at what changed", now.Number, *replaces)
	}
	next := newEdition(now.Number+1, fleet)
	seen, err := f.keep(ctx, c, next)
	if errors.Is(err, store.ErrConflict) {
		return Change{}, fault.New(fault.Conflict, "fleet: version %d was put in force by another process meanwhile; look at what changed", next.Number)
	}
	if err != nil {
		return Change{}, err
	}
	f.take(next, seen)
	return Change{next.Number, device.Changes(now.Fleet, fleet)}, nil
}

// keep stores an edition and its head, which follows the one that was seen last.
func (f *Fleet) keep(ctx context.Context, c journal.Caller, next *Edition) (seen int64, err error) {
	body, err := manifest.FormatFleet(next.Fleet)
	if err != nil {
		return 0, err
	}
	version := Version{Number: next.Number, At: f.config.Now().UTC().Truncate(time.Millisecond), Key: c.Key, Body: body}
	newest, err := store.Encode(keyOf(next.Number), version)
	if err != nil {
		return 0, err
	}
	if len(newest.Body) > maxFleet {
		return 0, fault.New(fault.TooLarge, "the fleet has %d bytes as JSON; it may have %d", len(newest.Body), maxFleet)
	}
	now, err := store.Encode(Head, head{next.Number})
	if err != nil {
		return 0, err
	}
	act := f.config.Acts.As(c.By, "fleet put in force", fmt.Sprintf("version %d", next.Number))
	return act.Commit(ctx, store.Commit{
		If:  map[string]int64{Head: f.seen.Load(), newest.Key: 0},
		Put: []store.Document{now, newest},
	})
}
