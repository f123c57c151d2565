package cli

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/slotfarm/slotfarm/internal/bench"
	"github.com/slotfarm/slotfarm/internal/benchserver"
)

// benchCommand measures a server under load.
type benchCommand struct {
	Workload    []string      `default:"offerings,purchases,status" placeholder:"NAME" help:"What to measure: offerings, purchases, renewals, status, paging or mix. Offerings is the floor, and is always measured."`
	Scenario    string        `placeholder:"NAME" help:"Measure a scenario instead: hot (all on one account), accounts (many against 1000), history (the deepest page against the first, and purchases with and without), advance (12 periods for each account)."`
	Connections int           `default:"64" placeholder:"N" help:"How many connections to keep open."`
	Accounts    int           `default:"100000" placeholder:"N" help:"How many accounts to spread the load over."`
	Duration    time.Duration `default:"10s" placeholder:"TIME" help:"How long to measure each workload."`
	Warmup      time.Duration `default:"1s" placeholder:"TIME" help:"How long to send the same load before each measurement. It does not count."`
	Rate        float64       `default:"0" placeholder:"N" help:"Send this many requests per second, on time even if answers are late. Latency counts from when a request was due. With 0, each connection sends its next request after the answer."`
	Rounds      int           `default:"1" placeholder:"N" help:"How many times to measure everything, in turns. The medians are printed."`
	History     int           `default:"100000" placeholder:"N" help:"How many transactions the account in the scenario history has."`
	Fdatasync   bool          `help:"Also measure an fdatasync of 4 KiB on the disk of --data."`
	EndpointURL string        `name:"endpoint-url" env:"-" placeholder:"URL" help:"Measure the server at this URL. Without it, the command starts a server, measures it and stops it."`
	Data        string        `env:"-" placeholder:"DIR" help:"Where to make a directory for the data of the server that it starts. That directory is removed at the end. By default in the system's directory for temporary files."`
	DatabaseURL string        `name:"database-url" env:"-" placeholder:"URL" help:"Measure a server on this PostgreSQL database. It must be empty, and holds data afterwards."`
	Output      string        `short:"o" enum:"text,json" default:"text" placeholder:"FORMAT" help:"Print text or json."`
	Yes         bool          `env:"-" help:"Send load to a server on another machine without asking."`
}

// Run measures, and prints the results, even if ctx ends before it is done.
func (c *benchCommand) Run(ctx context.Context, streams IO) error {
	config := c.config(streams)
	if err := config.Check(); err != nil {
		return usageError{err}
	}
	if err := c.agree(ctx, streams); err != nil {
		return err
	}
	report, err := c.measure(ctx, streams, config)
	if terminal(streams.Err) {
		fmt.Fprint(streams.Err, bench.ClearLine)
	}
	if err != nil {
		return err
	}
	if err := c.print(streams.Out, report); err != nil {
		return err
	}
	switch failed := report.Failed(); {
	case failed > 0:
		return fmt.Errorf("%d requests FAILED; the figures are void", failed)
	case report.Interrupted:
		return errors.New("interrupted; the figures cover the time until then")
	}
	return nil
}

// config returns what to measure. Without --endpoint-url, its endpoint is a
// placeholder for the server to be started.
func (c *benchCommand) config(streams IO) bench.Config {
	config := bench.Config{
		Endpoint: strings.TrimSuffix(c.EndpointURL, "/"), Workloads: c.Workload, Scenario: c.Scenario,
		Connections: c.Connections, Accounts: c.Accounts, Duration: c.Duration, Warmup: c.Warmup,
		Rate: c.Rate, Rounds: c.Rounds, History: c.History,
	}
	if config.Endpoint == "" {
		config.Endpoint = "http://127.0.0.1:0"
	}
	if terminal(streams.Err) {
		config.Progress = func(p bench.Progress) { fmt.Fprint(streams.Err, p.Line()) }
	}
	return config
}

// measure runs the measurement, on a server of its own if no other is given.
func (c *benchCommand) measure(ctx context.Context, streams IO, config bench.Config) (report bench.Report, err error) {
	dir, err := os.MkdirTemp(c.Data, "slotfarm-bench-")
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if c.Fdatasync {
		config.SyncDir = dir
	}
	if c.EndpointURL == "" {
		server, err := benchserver.Start(ctx, c.where(dir), streams.Err)
		if err != nil {
			return report, err
		}
		defer func() { err = errors.Join(err, server.Stop(drainTime)) }()
		config.Endpoint, config.PID = server.Endpoint, server.PID()
	}
	return bench.Run(ctx, config)
}

// where returns the variable that tells a server where its data goes.
func (c *benchCommand) where(dir string) string {
	if c.DatabaseURL != "" {
		return "SLOTFARM_DATABASE_URL=" + c.DatabaseURL
	}
	return "SLOTFARM_DATA=" + filepath.Join(dir, "data")
}

// agree warns about load on an endpoint that is not on this machine, and
// refuses it unless --yes is given or a person agrees.
func (c *benchCommand) agree(ctx context.Context, streams IO) error {
	u, err := url.Parse(c.EndpointURL)
	if err != nil || c.EndpointURL == "" || bench.Loopback(u.Hostname()) {
		return err
	}
	fmt.Fprintf(streams.Err, "WARNING: %s is not on this machine. This sends it all the load that %d connections can, and buys slots.\n",
		c.EndpointURL, c.Connections)
	if c.Yes {
		return nil
	}
	if terminal(streams.In) && terminal(streams.Err) {
		fmt.Fprint(streams.Err, "Go on? [y/N] ")
		if answer := readLine(ctx, streams.In); strings.HasPrefix(strings.ToLower(answer), "y") {
			return nil
		}
	}
	return usageError{fmt.Errorf("no load was sent to %s; give --yes to send it", c.EndpointURL)}
}

// readLine returns the next line of in, or "" if ctx ends first.
func readLine(ctx context.Context, in io.Reader) string {
	line := make(chan string, 1)
	go func() {
		text, _ := bufio.NewReader(in).ReadString('\n') // the end of the input means no
		line <- text
	}()
	select {
	case text := <-line:
		return strings.TrimSpace(text)
	case <-ctx.Done():
		return ""
	}
}

func (c *benchCommand) print(out io.Writer, report bench.Report) error {
	if c.Output == "json" {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(report)
	}
	return report.Print(out)
}
