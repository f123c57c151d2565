package fleet

import (
	"context"
	"errors"
	"reflect"
	"strings"

	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/schedule"
	"github.com/slotfarm/slotfarm/internal/store"
)

func conflict(err error) bool { return errors.Is(err, store.ErrConflict) }

// Instance returns an instance. NotFound if there is none.
func (f *Fleet) Instance(ctx context.Context, id string) (lease.Instance, error) {
	i, d, err := f.instance(ctx, id)
	if err == nil && d.Version == 0 {
		err = noInstance(id)
	}
	return i, err
}

func noInstance(id string) error {
	return fault.New(fault.NotFound, "There is no device or browser instance %s.", fault.Quote(id))
}

// instance returns an instance and its document, which has version 0 if there is
// none.
func (f *Fleet) instance(ctx context.Context, id string) (lease.Instance, store.Document, error) {
	key := instanceKey(id)
	if store.CheckKey(key) != nil {
		return lease.Instance{}, store.Document{Key: key}, nil
	}
	found, err := f.config.Store.Get(ctx, key)
	if err != nil {
		return lease.Instance{}, store.Document{}, err
	}
	d := store.Find(found, key)
	i, err := decode[lease.Instance](d)
	return i, d, err
}

// Instances returns all instances, in the order of their ids.
func (f *Fleet) Instances(ctx context.Context) ([]lease.Instance, error) {
	found, err := store.All(ctx, f.config.Store, instances)
	if err != nil {
		return nil, err
	}
	all := make([]lease.Instance, 0, len(found))
	for _, d := range found {
		i, err := store.Decode[lease.Instance](d)
		if err != nil {
			return nil, err
		}
		all = append(all, i)
	}
	return all, nil
}

// Change changes an instance by an operator's word and returns it. Errors: those of
// decide; NotFound if there is none.
func (f *Fleet) Change(ctx context.Context, id string, decide func(lease.Instance) (lease.Instance, error)) (lease.Instance, error) {
	return f.changeInstance(ctx, id, func(i lease.Instance) (lease.Instance, error) { return decide(i) })
}

// changeInstance changes an instance, and with it the mark that it is free.
func (f *Fleet) changeInstance(ctx context.Context, id string, decide func(lease.Instance) (lease.Instance, error)) (lease.Instance, error) {
	for attempt := 0; ; attempt++ {
		before, d, err := f.instance(ctx, id)
		if err != nil {
			return before, err
		}
		if d.Version == 0 {
			return before, noInstance(id)
		}
		after, err := decide(before)
		if err != nil || reflect.DeepEqual(before, after) {
			return before, err
		}
		err = f.replace(ctx, d, before, after)
		if conflict(err) && attempt < attempts {
			if err := pause(ctx, attempt); err != nil {
				return before, err
			}
			continue
		}
		if err == nil && after.Phase == lease.Ready && before.Phase != lease.Ready {
			err = f.dispatch(ctx, after.Unit)
		}
		return after, err
	}
}

// replace commits an instance in place of what it was. It is conditional on d.
func (f *Fleet) replace(ctx context.Context, d store.Document, before, after lease.Instance) error {
	c := newChange()
	c.when(d)
	c.put(d.Key, after)
	switch seat, ok := f.config.Units().Seat(after.ID); {
	case after.Phase == lease.Ready && ok:
		c.put(readyKey(after), schedule.Free{ID: after.ID, Unit: after.Unit, For: seat.For})
	case before.Phase == lease.Ready:
		c.remove(readyKey(after))
	}
	if before.Session != "" && after.Session == "" {
		on, err := store.Read(ctx, f.config.Store, occupantKey(before.Unit))
		if err == nil {
			err = c.vacate(before, on)
		}
		if err != nil {
			return err
		}
	}
	return f.commit(ctx, c)
}

// Sync makes the instances those of the fleet's units: new ones are prepared, and
// what left the fleet goes once no session holds it.
func (f *Fleet) Sync(ctx context.Context) error {
	have, err := f.Instances(ctx)
	if err != nil {
		return err
	}
	units := f.config.Units()
	known := map[string]lease.Instance{}
	for _, i := range have {
		known[i.ID] = i
		if _, ok := units.Seat(i.ID); !ok {
			err = errors.Join(err, f.retire(ctx, i.ID))
		}
	}
	for id, seat := range units.seats {
		i, ok := known[id]
		switch {
		case !ok:
			err = errors.Join(err, f.add(ctx, seat))
		case i.Unit != seat.Unit && i.Phase != lease.Held:
			err = errors.Join(err, f.retire(ctx, id)) // it is added to its other unit by the next Sync
		}
	}
	return err
}

// add puts a new instance in.
func (f *Fleet) add(ctx context.Context, s Seat) error {
	c := newChange()
	c.when(store.Document{Key: instanceKey(s.ID)})
	c.put(instanceKey(s.ID), lease.NewInstance(s.ID, s.Unit, f.config.Now().UTC()))
	if err := f.commit(ctx, c); err != nil && !conflict(err) {
		return err
	}
	return nil
}

// retire removes an instance that left the fleet, unless a session holds it.
func (f *Fleet) retire(ctx context.Context, id string) error {
	i, d, err := f.instance(ctx, id)
	if err != nil || d.Version == 0 || i.Phase == lease.Held {
		return err
	}
	c := newChange()
	c.when(d)
	c.remove(d.Key)
	c.remove(readyKey(i))
	if on, err := store.Read(ctx, f.config.Store, occupantKey(i.Unit)); err != nil {
		return err
	} else if err := c.vacate(i, on); err != nil {
		return err
	}
	if err := f.commit(ctx, c); err != nil && !conflict(err) {
		return err
	}
	return nil
}

// segmentAfter returns the segment of a key that follows a prefix.
func segmentAfter(key, prefix string) string {
	segment, _, _ := strings.Cut(strings.TrimPrefix(key, prefix), "/")
	return segment
}
