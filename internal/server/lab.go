package server

import (
	"context"
	"log/slog"

	"github.com/google/uuid"

	"github.com/slotfarm/slotfarm/internal/backend"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/fleet"
)

// LabConfig is what a lab works with. The zero value is a lab without devices.
type LabConfig struct {
	Units    func() *fleet.Units     // what there is now
	Backend  fleet.Backend           // how back-ends are asked
	Node     string                  // unique among the processes on the store, also over restarts
	Log      *slog.Logger            // nothing is logged
	Observed func(fleet.Observation) // hears of what happened to sessions
}

// newFleet returns the fleet of the parts, which does nothing before it runs. Other
// processes must never have the name of its node, so NewID does not make it: tests
// have that repeat itself.
func (p *Parts) newFleet(c PartsConfig) *fleet.Fleet {
	lab := c.Lab
	if lab.Units == nil {
		none := fleet.UnitsOf(device.Fleet{})
		lab.Units = func() *fleet.Units { return none }
	}
	if lab.Backend == nil {
		lab.Backend = backend.New()
	}
	if lab.Node == "" {
		lab.Node = uuid.NewString()
	}
	return fleet.New(fleet.Config{
		Store: c.Store, Accounts: p.Accounts, Backend: lab.Backend, Units: lab.Units,
		Now: c.Now, NewID: c.NewID, Node: lab.Node, Log: lab.Log, Observe: lab.Observed,
	})
}

// labConfig returns how the lab of the server works, and what asks its back-ends.
func (s *Server) labConfig(c Config) (LabConfig, *backend.Client) {
	client := backend.New()
	return LabConfig{Units: c.Units, Backend: client, Log: c.Log, Observed: s.metrics.Session}, client
}

// runner keeps a fleet going in the background.
type runner struct {
	fleet   *fleet.Fleet
	stop    context.CancelFunc
	stopped chan struct{}
	client  *backend.Client
}

// startFleet keeps a fleet going until it is closed.
func startFleet(f *fleet.Fleet, client *backend.Client) *runner {
	ctx, stop := context.WithCancel(context.Background())
	r := &runner{f, stop, make(chan struct{}), client}
	go func() {
		defer close(r.stopped)
		f.Run(ctx)
	}()
	return r
}

// close has the fleet finish what it does, and waits for that until ctx ends.
func (r *runner) close(ctx context.Context) {
	r.stop()
	select {
	case <-r.stopped:
	case <-ctx.Done():
	}
	r.client.Close()
}
