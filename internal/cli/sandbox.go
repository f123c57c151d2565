package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/account"
	"github.com/slotfarm/slotfarm/internal/device"
	"github.com/slotfarm/slotfarm/internal/manifest"
	"github.com/slotfarm/slotfarm/internal/server"
	"github.com/slotfarm/slotfarm/internal/telemetry"
)

// drainTime is how long a stopping server waits for requests under way.
const drainTime = 20 * time.Second

// sandboxCommand runs a server that accepts any credentials.
type sandboxCommand struct {
	listening
	Data        string   `placeholder:"DIR" help:"Keep the state in this directory. By default the state is kept in memory."`
	Seed        string   `placeholder:"FILE" help:"Start with the catalogue and the accounts of a seed, in YAML or JSON. What --data already holds stays as it is."`
	Time        instant  `placeholder:"RFC3339" help:"Start with the clock of every account frozen at this time. A clock that is already past it stays where it is."`
	MaxSlots    int      `default:"100" placeholder:"N" help:"How many slots of one offering an account may hold if it has no limit of its own."`
	Fleet       string   `placeholder:"FILE" help:"Start with the devices and browsers of a fleet document, in YAML or JSON, or with none if it is \"none\". By default the sandbox has simulated ones. What --data already holds stays as it is."`
	AllowHost   []string `placeholder:"NAME" help:"Also answer requests for this host, such as the name of a container, in addition to localhost and addresses. Repeat the flag for several hosts."`
	AllowRemote bool     `help:"Allow an address that is not loopback. Everyone who can reach the sandbox can use it."`
}

// listening holds the flags of the commands that serve.
type listening struct {
	Listen    string `default:"127.0.0.1:8623" placeholder:"HOST:PORT" help:"The address to listen on. Port 0 picks a free port."`
	PublicURL string `placeholder:"URL" help:"Where clients reach this server, such as a proxy. URLs that the server gives out begin with it. By default they begin with the address of the request."`
	LogLevel  level  `default:"info" placeholder:"LEVEL" help:"The lowest level to log: debug, info, warn or error."`
	LogFormat format `default:"text" placeholder:"NAME" help:"The format of the log: text or json."`
}

// Run serves until ctx ends.
func (c *sandboxCommand) Run(ctx context.Context, streams IO) error {
	if err := errors.Join(c.checkListen(), checkMaxSlots(c.MaxSlots), c.checkHosts(), checkPublicURL(c.PublicURL)); err != nil {
		return usageError{err}
	}
	log := slog.New(c.LogFormat.handler(streams.Err, c.LogLevel))
	seed, err := c.seed()
	if err != nil {
		return err
	}
	fleet, err := c.fleet()
	if err != nil {
		return err
	}
	s, err := server.Start(ctx, server.Config{
		Fleet: fleet, Simulate: c.Fleet == "", PublicURL: c.PublicURL,
		Listen: c.Listen, Data: c.Data, MaxSlots: c.MaxSlots, Seed: seed, Frozen: c.Time.time(), AllowHosts: c.AllowHost, Log: log,
		Build: telemetry.Build{Version: version, Commit: commit}, Spans: true,
	})
	if err != nil {
		return err
	}
	if terminal(streams.Err) {
		welcome(streams.Err, s.Endpoint())
	}
	if err := json.NewEncoder(streams.Out).Encode(map[string]string{"endpoint": s.Endpoint()}); err != nil {
		return errors.Join(fmt.Errorf("print the endpoint: %w", err), closeServer(ctx, s))
	}
	return serve(ctx, s, log, 0)
}

// seed returns the seed to start with, or nil if none is given.
func (c *sandboxCommand) seed() (*manifest.Seed, error) {
	if c.Seed == "" {
		return nil, nil
	}
	seed, err := manifest.LoadSeed(c.Seed)
	if err != nil {
		return nil, fmt.Errorf("seed: %w", err)
	}
	return &seed, nil
}

// fleet returns the fleet of a file to start with, and an empty one if none is given.
func (c *sandboxCommand) fleet() (device.Fleet, error) {
	if c.Fleet == "" || c.Fleet == "none" {
		return device.Fleet{}, nil
	}
	fleet, err := manifest.LoadFleet(c.Fleet)
	if err != nil {
		return fleet, fmt.Errorf("fleet: %w", err)
	}
	return fleet, nil
}

// checkListen refuses an address that others can reach, unless that is allowed,
// and an invalid port.
func (c *sandboxCommand) checkListen() error {
	if err := checkAddress("--listen", c.Listen); err != nil {
		return err
	}
	if c.AllowRemote || loopback(c.Listen) {
		return nil
	}
	return fmt.Errorf("--listen %q is not a loopback address, and everyone who can reach the sandbox can use it; give --allow-remote to allow that", c.Listen)
}

// checkHosts refuses values that are not names of hosts.
func (c *sandboxCommand) checkHosts() error {
	for _, name := range c.AllowHost {
		if name == "" || strings.ContainsAny(name, ":/*@? ") {
			return fmt.Errorf("--allow-host %q is not the name of a host, such as slotfarm; leave out the scheme and the port", name)
		}
	}
	return nil
}

// checkPublicURL refuses a text that is not the URL of a server.
func checkPublicURL(text string) error {
	u, err := url.Parse(text)
	if text == "" || err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" && u.User == nil && u.RawQuery == "" && u.Fragment == "" {
		return nil
	}
	return fmt.Errorf("--public-url %q is not a URL such as https://slotfarm.example.com", text)
}

// loopback reports whether only this machine can reach an address.
func loopback(listen string) bool {
	host, _, _ := net.SplitHostPort(listen)
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// checkAddress refuses a text that is not an address with a port.
func checkAddress(flag, listen string) error {
	_, port, err := net.SplitHostPort(listen)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		return fmt.Errorf("%s %q is not an address such as 127.0.0.1:8623", flag, listen)
	}
	return nil
}

func checkMaxSlots(n int) error {
	if n < 1 || n > account.MaxQuantity {
		return fmt.Errorf("--max-slots %d is out of range; it must be from 1 to %d", n, account.MaxQuantity)
	}
	return nil
}

// gcPercent makes garbage collection run when the heap has tripled, not
// doubled: most of it holds the newest states of accounts, which stay.
const gcPercent = 200

// serve waits until ctx or serving ends, then closes the server. If ctx ended,
// the server first drains for delay.
func serve(ctx context.Context, s *server.Server, log *slog.Logger, delay time.Duration) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	debug.FreeOSMemory() // memory that only the start needed
	select {
	case err := <-s.Failed():
		return errors.Join(fmt.Errorf("serve: %w", err), closeServer(ctx, s))
	case <-ctx.Done():
	}
	log.Info("draining")
	s.Drain()
	time.Sleep(delay)
	return closeServer(ctx, s)
}

// closeServer closes the server after the requests under way, even if ctx has
// ended.
func closeServer(ctx context.Context, s *server.Server) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	return s.Close(ctx)
}

// welcome prints what to paste into another terminal.
func welcome(w io.Writer, endpoint string) {
	fmt.Fprintf(w, `slotfarm sandbox at %[1]s. Any credentials will do. Paste into another terminal:

  export AWS_ACCESS_KEY_ID=111122223333 AWS_SECRET_ACCESS_KEY=any AWS_DEFAULT_REGION=us-west-2
  aws devicefarm list-offerings --endpoint-url %[1]s

Press Ctrl-C to stop.
`, endpoint)
}
