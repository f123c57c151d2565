package server

import (
	"context"
	"log/slog"
	"sync/atomic"

	"github.com/google/uuid"

	"github.com/slotfarm/slotfarm/internal/backend"
	"github.com/slotfarm/slotfarm/internal/fleet"
	"github.com/slotfarm/slotfarm/internal/inventory"
)

// LabConfig is how what goes on in a lab is kept going. The zero value of a field is
// its default.
type LabConfig struct {
	Backend  fleet.Backend           // how back-ends are asked; over HTTP
	Node     string                  // unique among the processes on the store, also over restarts; at random
	Log      *slog.Logger            // nothing is logged
	Observed func(fleet.Observation) // hears of what happened to sessions
}

// newLab returns what goes on in the fleet of the parts. It does nothing before it
// runs. NewID does not name its node: what a test has it return may repeat itself
// in another process.
func (p *Parts) newLab(c PartsConfig) *fleet.Fleet {
	lab := c.Lab
	if lab.Backend == nil {
		lab.Backend = backend.New()
	}
	if lab.Node == "" {
		lab.Node = uuid.NewString()
	}
	return fleet.New(fleet.Config{
		Store: c.Store, Accounts: p.Accounts, Backend: lab.Backend, Units: p.Units,
		Now: c.Now, NewID: c.NewID, Node: lab.Node, Log: lab.Log, Observe: lab.Observed,
	})
}

// unitsOf returns a function that returns the units of the fleet in force.
func unitsOf(f *inventory.Fleet) func() *fleet.Units {
	type made struct {
		edition *inventory.Edition
		units   *fleet.Units
	}
	var last atomic.Pointer[made]
	return func() *fleet.Units {
		now := f.Current()
		if m := last.Load(); m != nil && m.edition == now {
			return m.units
		}
		m := &made{now, fleet.UnitsOf(now.Fleet)}
		last.Store(m)
		return m.units
	}
}

// runner keeps what goes on in a lab going in the background.
type runner struct {
	client  *backend.Client
	fleet   *fleet.Fleet
	stop    context.CancelFunc
	stopped chan struct{}
}

// start keeps what goes on in a lab going until the runner is closed.
func (r *runner) start(f *fleet.Fleet) {
	ctx, stop := context.WithCancel(context.Background())
	r.fleet, r.stop, r.stopped = f, stop, make(chan struct{})
	go func() {
		defer close(r.stopped)
		f.Run(ctx)
	}()
}

// close has the lab finish what it does, and waits for that until ctx ends.
func (r *runner) close(ctx context.Context) {
	r.stop()
	select {
	case <-r.stopped:
	case <-ctx.Done():
	}
	r.client.Close()
}
