// Package server wires a running slotfarm together: Start takes a Config, opens
// the journal and listens; Addr says where; Close ends it. The command line and
// every end-to-end test use this same value.
package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/awsjson"
	"github.com/slotfarm/slotfarm/internal/backend"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/devicefarm"
	"github.com/slotfarm/slotfarm/internal/fault"
	"github.com/slotfarm/slotfarm/internal/files"
	"github.com/slotfarm/slotfarm/internal/iam"
	"github.com/slotfarm/slotfarm/internal/injection"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/offering"
	"github.com/slotfarm/slotfarm/internal/operator"
	"github.com/slotfarm/slotfarm/internal/sigv4"
	"github.com/slotfarm/slotfarm/internal/telemetry"
	"github.com/slotfarm/slotfarm/internal/throttle"
	"github.com/slotfarm/slotfarm/internal/wallclock"
	"github.com/slotfarm/slotfarm/internal/web"
)

// Time-outs and limits of the listener. They bound the resources that a slow or
// hostile client can hold. Only requests that a fault delays take longer.
const (
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	maxHeader     = 32 << 10  // bytes
	maxBodies     = 256 << 20 // bytes of all request bodies that are held at once
)

// defaultAccount is the sandbox account of callers whose access key id is not
// an account id.
const defaultAccount = "000000000000"

// Config says what to run. The zero value of a field is its default.
type Config struct {
	Listen   string            // address; "127.0.0.1:0" by default, port 0 picks a free one
	Data     string            // directory; "" keeps everything in memory
	Database string            // URL of a PostgreSQL that other processes use too, in place of Data
	MaxSlots int               // per offering, for accounts without a limit of their own; 100
	Frozen   *time.Time        // where clocks stand at the start; nil lets them run
	Catalog  *offering.Catalog // to begin with; offering.Default()
	Seed     *manifest.Seed    // planted at the start where it is not there yet
	Fleet    device.Fleet      // to begin with; none
	Simulate bool              // begin with a fleet of simulated devices and browsers in place of Fleet
	Now      func() time.Time  // the wall clock; time.Now
	NewID    func() string     // unique ids; random UUIDs

	// Elapsed is a clock that nobody sets. ClockJump is how far the wall clock
	// may get ahead of it before it is distrusted; 0 always trusts it.
	Elapsed   func() time.Duration
	ClockJump time.Duration

	Log   *slog.Logger    // default: none
	Build telemetry.Build // shown in the metrics
	Spans bool            // whether to export spans as the process's OTEL_* variables say

	// Secrets, if set, returns the secret of an access key id, and makes a
	// sandbox verify signatures.
	Secrets func(accessKeyID string) (string, error)

	AllowHosts []string // names under which a sandbox answers, in addition to loopback names

	// Master, if set, makes this a service for a team: requests have to be
	// signed by keys whose policies allow them, only operators open accounts,
	// and answers cannot be broken on purpose. Without it this is a sandbox.
	Master        *iam.MasterKey
	Limits        throttle.Limits // of each account and operation; default: none
	Strangers     throttle.Limit  // of each address, for requests that no key has signed; more are slowed; default: none
	TLSCert       string          // file of the certificate; without one, the server uses HTTP
	TLSKey        string          // file of its key
	PublicURL     string          // where clients reach the server; "" is as they reach its API
	MetricsListen string          // address of GET /metrics; a sandbox has it on Listen too
	CheckpointDir string          // keeps checkpoints too, beside those in Data
}

// DefaultMaxSlots is how many slots of one offering a sandbox account may hold
// by default.
const DefaultMaxSlots = 100

func (c Config) withDefaults() Config {
	if c.Listen == "" {
		c.Listen = "127.0.0.1:0"
	}
	if c.MaxSlots == 0 {
		c.MaxSlots = DefaultMaxSlots
	}
	if c.Catalog == nil {
		catalog := offering.Default()
		c.Catalog = &catalog
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewID == nil {
		c.NewID = uuid.NewString
	}
	if c.Elapsed == nil {
		c.Elapsed = wallclock.System().Elapsed
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Log = slog.New(telemetry.TraceIDs(c.Log.Handler()))
	return c
}

// Server is a running slotfarm. Start makes one.
type Server struct {
	listener net.Listener
	http     *http.Server
	journal  engine
	faults   *injection.Faults
	metrics  *telemetry.Metrics
	traces   *telemetry.Traces
	sweeper  *background
	notary   *notary
	notarise *background // has the notary look whether a checkpoint is due
	lab      *runner
	driving  *driving
	sim      simulated
	clock    *wallclock.Clock
	parts    *Parts
	measured *http.Server // for MetricsListen; nil without it
	secure   bool         // uses TLS
	draining atomic.Bool
	room     *web.Room  // for the bodies of requests
	failed   chan error // receives the error that ended serving, and is then closed
}

// Start opens the journal and serves until Close. When it returns, the server
// answers at Addr.
func Start(ctx context.Context, c Config) (*Server, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	listener, err := c.listen()
	if err != nil {
		return nil, err
	}
	s := &Server{
		listener: listener, failed: make(chan error, 1), metrics: telemetry.NewMetrics(c.Build),
		secure: c.TLSCert != "", room: web.NewRoom(maxBodies),
	}
	if s.sim, err = c.simulate(); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	if s.journal, err = c.open(ctx, s.metrics.Batch); err != nil {
		return nil, errors.Join(err, listener.Close(), s.sim.close(ctx))
	}
	s.faults = injection.New(injection.API{HasOperation: devicefarm.HasOperation, Exceptions: devicefarm.Exceptions()})
	s.traces = traces(ctx, c)
	handler, err := s.prepare(ctx, c)
	if err != nil {
		s.traces.Close(ctx)
		return nil, errors.Join(err, listener.Close(), s.journal.Close(), s.sim.close(ctx))
	}
	s.http = c.httpServer(handler)
	go s.serve()
	return s, nil
}

// httpServer returns an HTTP server for a handler.
func (c Config) httpServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(c.Log.Handler(), slog.LevelWarn),
	}
}

func (c Config) check() error {
	if c.MaxSlots < 0 || c.MaxSlots > account.MaxQuantity {
		return fault.New(fault.Argument, "max-slots %d is out of range; it must be from 1 to %d", c.MaxSlots, account.MaxQuantity)
	}
	if err := c.Fleet.Validate(); err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	return c.Catalog.Validate()
}

// prepare brings accounts to their initial state and returns the handler of
// requests.
func (s *Server) prepare(ctx context.Context, c Config) (http.Handler, error) {
	s.clock = c.watched()
	config := c.parts(s.traces.Store(s.journal))
	config.Now = s.clock.Now
	config.Swept = s.metrics.Sweep
	s.lab = &runner{client: backend.New()}
	config.Lab = LabConfig{Backend: s.lab.client, Log: c.Log, Observed: s.metrics.Session}
	parts, err := NewParts(ctx, config)
	if err != nil {
		return nil, err
	}
	s.parts = parts
	if c.Master == nil {
		err = prepareSandbox(ctx, c, parts)
	} else {
		err = parts.Installation.Check(ctx)
	}
	if err != nil {
		return nil, err
	}
	handler, err := s.handler(c, parts)
	if err == nil && c.MetricsListen != "" {
		err = s.serveMetrics(c)
	}
	if err == nil {
		settle(ctx, parts, c.Log)
		s.sweeper, s.notary = startSweeper(parts, s.clock, c.Log), s.newNotary(c, parts)
		s.notarise = repeat(checkpointPause, s.notary.tick)
		s.lab.start(parts.Lab)
		s.driving.start(c, parts)
	}
	return handler, err
}

func (s *Server) serve() {
	if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
		s.failed <- err
	}
	close(s.failed)
}

// Addr returns the address that the server listens on, as host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Endpoint returns the URL for clients.
func (s *Server) Endpoint() string {
	if s.secure {
		return "https://" + s.Addr()
	}
	return "http://" + s.Addr()
}

// Parts returns what the server is made of, for what happens in its process and
// comes by no API.
func (s *Server) Parts() *Parts { return s.parts }

// Failed receives an error if serving ends by itself, and is closed when
// serving has ended.
func (s *Server) Failed() <-chan error { return s.failed }

// Drain makes /readyz answer 503 from now on, so that load balancers send
// requests elsewhere. Requests that still come are answered.
func (s *Server) Drain() { s.draining.Store(true) }

// Close drains the server, stops listening, waits for the requests under way
// until ctx ends, writes the last checkpoint, closes the journal, and exports the
// last spans. Once it begins, faults no longer delay requests.
func (s *Server) Close(ctx context.Context) error {
	s.Drain()
	s.faults.Close()
	s.sweeper.close()
	s.notarise.close()
	err := s.http.Shutdown(ctx)
	if s.measured != nil {
		err = errors.Join(err, s.measured.Close())
	}
	if err != nil {
		err = errors.Join(err, s.http.Close())
	}
	s.driving.close()
	s.lab.close(ctx)
	s.notary.last(ctx)
	err = errors.Join(err, s.journal.Close(), s.sim.close(ctx))
	s.traces.Close(ctx)
	return err
}

// handler returns the handler of all requests to the listener.
func (s *Server) handler(c Config, parts *Parts) (http.Handler, error) {
	s.metrics.Read(telemetry.Readings{Size: s.journal.Size, Lag: parts.Sweeper.Lag, Jump: s.jump, Lab: parts.Lab.Census})
	slots := devicefarm.Config{
		Web: s.web(c, telemetry.DeviceFarm, devicefarm.Operations()), Accounts: parts.Accounts, Orders: parts.Orders,
		Devices: parts.Devices, Profiles: parts.Profiles, Projects: parts.Projects,
		Sessions: parts.Sessions, Grid: parts.Grid,
	}
	operations := operator.Config{
		Web:      s.web(c, telemetry.Operator, operator.Routes()),
		Accounts: parts.Accounts, Orders: parts.Orders, Catalog: parts.Catalog, Keys: parts.Keys, Fleet: parts.Fleet, Lab: parts.Lab,
		Clocks: parts.Clocks, Snapshots: parts.Snapshots, Seeds: parts.Seeds, Journals: parts.store, Verify: parts.Verify,
		Backup: backupOf(s.journal), Signed: c.Master != nil,
	}
	var err error
	if c.Master == nil {
		s.open(c, &slots, &operations)
	} else {
		operations.Trust = s.trust(c, parts)
		err = s.guard(c, newGate(parts, c.Now), &slots, &operations)
	}
	if err != nil {
		return nil, err
	}
	if s.driving, err = c.drive(parts, s.metrics); err != nil {
		return nil, err
	}
	s.driving.offer(c, &slots)
	return s.routes(c, slots, operations)
}

// web returns the configuration that the APIs share.
func (s *Server) web(c Config, api telemetry.API, operations []string) web.Config {
	return web.Config{NewID: c.NewID, Hosts: c.hosts(), Log: c.Log, Room: s.room, Observe: s.traces.Requests(api, s.metrics.Requests(api, operations))}
}

// hosts returns the names that a sandbox answers to. A server with signed
// requests answers to any name.
func (c Config) hosts() *web.Hosts {
	if c.Master != nil {
		return nil
	}
	return web.NewHosts(c.AllowHosts...)
}

// open lets everyone do everything in a sandbox, and lets its answers be broken
// on purpose.
func (s *Server) open(c Config, slots *devicefarm.Config, operations *operator.Config) {
	slots.Web.Authenticate, slots.Web.Authorize, slots.Web.Around = c.anyone(), web.Everyone, s.faults.Around
	operations.Web.Authenticate, operations.Web.Authorize, operations.Faults = web.Anyone, web.Everyone, s.faults
}

// guard requires callers to sign, and allows them what the policies of their
// keys allow.
func (s *Server) guard(c Config, g *gate, slots *devicefarm.Config, operations *operator.Config) error {
	limits, err := throttle.New(c.Limits, c.Now)
	if err != nil {
		return err
	}
	strangers, err := throttle.NewStrangers(c.Strangers, c.Now)
	if err != nil {
		return err
	}
	g.strange = func(r *web.Request) {
		s.metrics.Stranger(r.Source())
		strangers.Hold(r.Context(), r.Source())
	}
	slots.Web.Authenticate, slots.Web.Authorize, slots.Web.Throttle = g.authenticate, g.authorize, limits.Admit
	operations.Web.Authenticate, operations.Web.Authorize = g.authenticateOperator, g.authorizeOperator
	return nil
}

// routes returns the handlers of all paths.
func (s *Server) routes(c Config, slots devicefarm.Config, operations operator.Config) (http.Handler, error) {
	slotsAPI, err := devicefarm.Handler(slots)
	if err != nil {
		return nil, err
	}
	operatorAPI, err := operator.Handler(operations)
	if err != nil {
		return nil, err
	}
	nothing, err := awsjson.NotFound(s.web(c, telemetry.NoAPI, nil))
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("/{$}", s.traces.Around(slotsAPI))
	mux.Handle(operator.Prefix+"/", s.traces.Around(operatorAPI))
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { health(w, http.StatusOK) })
	mux.HandleFunc("GET /readyz", s.ready)
	if c.Master == nil {
		mux.Handle("GET /metrics", only(c.hosts(), s.metrics.Handler(c.Log)))
	}
	mux.Handle(files.Prefix, only(c.hosts(), s.driving.files))
	mux.Handle("/", s.traces.Around(nothing))
	return s.driving.before(c, mux), nil
}

// traces returns the traces, which export spans if the configuration says so.
func traces(ctx context.Context, c Config) *telemetry.Traces {
	if !c.Spans {
		return &telemetry.Traces{}
	}
	return telemetry.Export(ctx, c.Build, c.Log)
}

// anyone returns the Authenticate of a sandbox: it believes the key id that a
// caller names, but refuses pages under the names of other machines. If there
// are secrets, the signature has to match.
func (c Config) anyone() web.Authenticate {
	verifier, hosts := &sigv4.Verifier{Service: "devicefarm"}, c.hosts()
	return func(r *web.Request) (web.Identity, error) {
		if hosts.ForeignPage(r.Request) {
			return web.Identity{}, fault.New(fault.AccessDenied, "The request was sent by a page of %s; only pages of this machine may send it.", r.Header.Get("Origin"))
		}
		if c.Secrets != nil {
			body, err := r.ReadBody()
			if err != nil {
				return web.Identity{}, err
			}
			if _, err := verifier.Verify(sigv4.Message{HTTP: r.Request, Body: body}, c.Secrets, c.Now()); err != nil {
				return web.Identity{}, err
			}
		}
		return claimed(r.Request), nil
	}
}

// claimed accepts every caller: the account is the access key id if that is an
// account id, or else the default account. It checks no signature.
func claimed(r *http.Request) web.Identity {
	key := sigv4.AccessKeyID(r)
	if id, err := account.ParseID(key); err == nil {
		return web.Identity{Account: string(id), Key: key}
	}
	return web.Identity{Account: defaultAccount, Key: key}
}
