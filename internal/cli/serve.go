package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/telemetry"
	"github.com/slotfarm/slotfarm/internal/throttle"
)

// serveCommand runs the service for a team: it checks signatures, and only the
// operator makes accounts and keys. The default rates and bursts are those that
// AWS documents for Device Farm (developer guide, limits).
type serveCommand struct {
	storage
	listening
	TLSCert        string        `name:"tls-cert" placeholder:"FILE" help:"The certificate for TLS. The server reads it again when the file changes."`
	TLSKey         string        `name:"tls-key" placeholder:"FILE" help:"The private key of the certificate."`
	AllowPlaintext bool          `help:"Allow an address that is not loopback without TLS, such as behind a proxy that terminates TLS. Anyone who can listen on the network in between can read everything and resend a captured purchase."`
	MetricsListen  string        `placeholder:"HOST:PORT" help:"Serve GET /metrics on this address. By default there are no metrics."`
	CheckpointDir  string        `placeholder:"DIR" help:"Also write a checkpoint into this directory every day and at the end, beside the one in the data directory. The directory must exist; it is best on another machine."`
	MaxSlots       int           `default:"10" placeholder:"N" help:"How many slots of one offering an account may hold if it has no limit of its own."`
	ReadRate       float64       `default:"10" placeholder:"N" help:"How many calls per second an account may make to each List or Get operation. 0 means no limit."`
	ReadBurst      int           `default:"50" placeholder:"N" help:"How many of these calls an account may make at once."`
	WriteRate      float64       `default:"1" placeholder:"N" help:"How many calls per second an account may make to each other operation. 0 means no limit."`
	WriteBurst     int           `default:"10" placeholder:"N" help:"How many of these calls an account may make at once."`
	ClockJump      time.Duration `default:"1h" placeholder:"TIME" help:"Distrust the wall clock if it jumps forward by more than this; 0 always trusts it. On Linux, sleep of the machine does not count as a jump."`
	DrainDelay     time.Duration `default:"3s" placeholder:"TIME" help:"How long /readyz fails before the listener closes, so that load balancers notice. At most 1m."`
}

// maxDrainDelay is long enough for a load balancer that checks twice a minute.
const maxDrainDelay = time.Minute

// Run serves until ctx ends.
func (c *serveCommand) Run(ctx context.Context, streams IO) error {
	if err := errors.Join(checkAddress("--listen", c.Listen), checkMaxSlots(c.MaxSlots), c.checkLimits(), c.checkListeners(), checkPublicURL(c.PublicURL)); err != nil {
		return usageError{err}
	}
	if err := errors.Join(c.check(), c.offline().Check()); err != nil {
		return err
	}
	if err := server.KeepMemory(); err != nil { // before any secrets are read
		return fmt.Errorf("keep secrets out of core dumps: %w", err)
	}
	master, err := c.offline().MasterKey()
	if err != nil {
		return err
	}
	log := slog.New(c.LogFormat.handler(streams.Err, c.LogLevel))
	s, err := server.Start(ctx, server.Config{
		Listen: c.Listen, Data: c.Data, Database: c.DatabaseURL, MaxSlots: c.MaxSlots, Master: &master, Log: log,
		Limits: throttle.Limits{
			Reads:  throttle.Limit{Rate: c.ReadRate, Burst: c.ReadBurst},
			Writes: throttle.Limit{Rate: c.WriteRate, Burst: c.WriteBurst},
		},
		Strangers: throttle.Limit{Rate: strangerRate, Burst: strangerBurst},
		TLSCert:   c.TLSCert, TLSKey: c.TLSKey, MetricsListen: c.MetricsListen, ClockJump: c.ClockJump, CheckpointDir: c.CheckpointDir,
		Build: telemetry.Build{Version: version, Commit: commit}, Spans: true, PublicURL: c.PublicURL,
	})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(streams.Out).Encode(map[string]string{"endpoint": s.Endpoint()}); err != nil {
		return errors.Join(fmt.Errorf("print the endpoint: %w", err), closeServer(ctx, s))
	}
	return serve(ctx, s, log, c.DrainDelay)
}

// For each address, this many requests per second that no key has signed, and
// this many at once, are refused without a delay.
const (
	strangerRate  = 1
	strangerBurst = 100
)

func (c *serveCommand) checkLimits() error {
	if c.ReadRate < 0 || c.WriteRate < 0 || c.ReadBurst < 1 || c.WriteBurst < 1 {
		return errors.New("rates must be at least 0, and bursts at least 1")
	}
	if c.ClockJump < 0 {
		return fmt.Errorf("--clock-jump %s is out of range; it must be at least 0s", c.ClockJump)
	}
	if c.DrainDelay < 0 || c.DrainDelay > maxDrainDelay {
		return fmt.Errorf("--drain-delay %s is out of range; it must be from 0s to %s", c.DrainDelay, maxDrainDelay)
	}
	return nil
}

func (c *serveCommand) checkListeners() error {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		return errors.New("--tls-cert and --tls-key belong together; one of them is missing")
	}
	if c.TLSCert == "" && !loopback(c.Listen) && !c.AllowPlaintext {
		return fmt.Errorf("--listen %q is not a loopback address, and without TLS anyone who can listen on the network can read secrets and resend a purchase; give --tls-cert and --tls-key, or --allow-plaintext behind a proxy that terminates TLS", c.Listen)
	}
	if c.MetricsListen == "" {
		return nil
	}
	return checkAddress("--metrics-listen", c.MetricsListen)
}
