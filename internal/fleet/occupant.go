package fleet

import (
	"context"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/lease"
	"github.com/slotfarm/slotfarm/internal/store"
)

// occupant is the account that is on a browser which serves one at a time: who
// drives a browser reaches what others do on its machine.
type occupant struct {
	Account account.ID `json:"account"`
	Seats   int        `json:"seats"` // that are held or not yet clean
}

// occupant returns who is on a unit; nobody if its seats are for many.
func (f *Fleet) occupant(ctx context.Context, unit string) (occupant, error) {
	if u, ok := f.config.Units().Unit(unit); !ok || !u.Shared {
		return occupant{}, nil
	}
	found, err := store.Read(ctx, f.config.Store, occupantKey(unit))
	if err != nil {
		return occupant{}, err
	}
	return decode[occupant](found[occupantKey(unit)])
}

// occupy takes one more seat of a unit for the account, or reports false if another
// account is on it.
func (b *batch) occupy(unit string, docs store.Moment) (bool, error) {
	if u, ok := b.fleet.config.Units().Unit(unit); !ok || !u.Shared {
		return true, nil
	}
	on, again := b.on[unit]
	if !again {
		d, ok := docs[occupantKey(unit)]
		if !ok {
			d.Key = occupantKey(unit)
		}
		b.change.when(d)
		var err error
		if on, err = decode[occupant](d); err != nil {
			return false, err
		}
	}
	if on.Seats > 0 && on.Account != b.account {
		return false, nil
	}
	on = occupant{b.account, on.Seats + 1}
	b.on[unit] = on
	b.change.put(occupantKey(unit), on)
	return true, nil
}

// vacate gives back the seat of an instance that is clean again.
func (c *change) vacate(i lease.Instance, docs store.Moment) error {
	d, ok := docs[occupantKey(i.Unit)]
	if !ok || i.Session == "" {
		return nil
	}
	on, err := decode[occupant](d)
	if err != nil {
		return err
	}
	c.when(d)
	if on.Seats--; on.Seats <= 0 {
		c.remove(d.Key)
		return nil
	}
	c.put(d.Key, on)
	return nil
}
