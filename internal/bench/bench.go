package bench

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Config says what to measure. Endpoint, Connections, Accounts, Duration, Rounds
// and History are required.
type Config struct {
	Endpoint    string        // URL
	Workloads   []string      // names from Workloads; the floor is always measured
	Scenario    string        // a name from Scenarios, instead of Workloads
	Connections int           // open at once
	Accounts    int           // number of accounts that share the load
	Duration    time.Duration // of each measurement
	Warmup      time.Duration // before each, with the same load, not counted
	Rate        float64       // requests per second of an open loop; 0: a closed loop
	Rounds      int           // how many times everything is measured
	History     int           // transactions of one account, in the scenario history
	SyncDir     string        // directory in which the disk is measured too; "": none
	PID         int           // of the server; 0: the process that listens at Endpoint
	Progress    func(Progress)
}

// Workloads returns the names of the workloads. Offerings is the floor.
func Workloads() []string {
	return []string{"offerings", "purchases", "renewals", "status", "paging", "mix"}
}

// Scenarios returns the names of the scenarios.
func Scenarios() []string { return []string{"hot", "accounts", "history", "advance"} }

// Bounds of a configuration.
const (
	maxConnections = 10_000
	maxAccounts    = 50_000_000 // account ids have twelve digits
)

// Check returns an error if the configuration cannot be measured.
func (c Config) Check() error {
	_, err := newTarget(c.Endpoint)
	for _, w := range c.Workloads {
		if !slices.Contains(Workloads(), w) {
			err = errors.Join(err, fmt.Errorf("workload %q is unknown; it must be one of %s", w, strings.Join(Workloads(), ", ")))
		}
	}
	if c.Scenario != "" && !slices.Contains(Scenarios(), c.Scenario) {
		err = errors.Join(err, fmt.Errorf("scenario %q is unknown; it must be one of %s", c.Scenario, strings.Join(Scenarios(), ", ")))
	}
	for _, n := range []struct {
		name           string
		value, at, end float64
	}{
		{"connections", float64(c.Connections), 1, maxConnections},
		{"accounts", float64(c.Accounts), 1, maxAccounts},
		{"duration in seconds", c.Duration.Seconds(), 0.001, 86400},
		{"warmup in seconds", c.Warmup.Seconds(), 0, 86400},
		{"rate", c.Rate, 0, 1e7},
		{"rounds", float64(c.Rounds), 1, 1000},
		{"history", float64(c.History), 2 * pageSize, 1e7},
	} {
		if !(n.value >= n.at && n.value <= n.end) {
			err = errors.Join(err, fmt.Errorf("%s %g is out of range; it must be from %g to %g", n.name, n.value, n.at, n.end))
		}
	}
	return err
}

// runner is a run under way.
type runner struct {
	config    Config
	target    target
	keys      *keyring
	purchases []*template // one for each offering
	renewals  []*template
	deepest   string   // the token of the last full page, in the scenario history
	offerings []string // ids
	round     int      // counted from 1
	pid       int      // of the server; 0 is unknown
}

// Run measures and returns the report, which includes failed requests. If ctx
// ends, Run returns what was measured so far. It returns an error if nothing
// could be measured: Check refuses the configuration, or the accounts could not
// be prepared.
func Run(ctx context.Context, c Config) (Report, error) {
	if err := c.Check(); err != nil {
		return Report{}, err
	}
	to, _ := newTarget(c.Endpoint)
	r := &runner{config: c, target: to, pid: c.PID, keys: newKeyring(c.Accounts+extraAccounts, time.Now())}
	if r.pid == 0 {
		r.pid = listener(to.address)
	}
	report := Report{
		Machine:  Machine{Cores: runtime.GOMAXPROCS(0), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH},
		Settings: settingsOf(c),
	}
	var err error
	if report.Prepared, err = r.prepare(ctx); err == nil {
		err = r.rounds(ctx, &report)
	}
	report.Interrupted = ctx.Err() != nil
	if report.Interrupted {
		err = nil
	}
	report.sum()
	return report, err
}

// rounds measures round by round, until ctx ends.
func (r *runner) rounds(ctx context.Context, report *Report) error {
	phases := r.phases()
	for r.round = 1; r.round <= r.config.Rounds && ctx.Err() == nil; r.round++ {
		round, err := r.measureRound(ctx, phases)
		if len(round.Rows) > 0 {
			report.Rounds = append(report.Rounds, round)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// measureRound measures all phases once. If it fails, it returns what it
// measured before.
func (r *runner) measureRound(ctx context.Context, phases []phase) (round Round, err error) {
	defer func() { round.compare(r.config.Scenario) }()
	if r.config.SyncDir != "" {
		took, err := measureSync(ctx, r.config.SyncDir)
		if err != nil {
			return round, fmt.Errorf("measure the disk: %w", err)
		}
		round.Fdatasync = latencyOf(took)
	}
	for _, p := range phases {
		row, err := r.measure(ctx, p)
		if err != nil {
			return round, fmt.Errorf("%s: %w", p.name, err)
		}
		if row.Requests > 0 {
			round.Rows = append(round.Rows, row)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return round, nil
}

// measure runs a phase: its preparation, the warm-up, and the measurement.
func (r *runner) measure(ctx context.Context, p phase) (Row, error) {
	if p.before != nil {
		if err := p.before(ctx); err != nil {
			return Row{}, err
		}
	}
	workers, err := newPool(ctx, r.target, r.keys, r.config.Connections)
	if err != nil {
		return Row{}, err
	}
	defer workers.close()
	sources := make([]source, len(workers))
	for i := range sources {
		sources[i] = p.source()
	}
	length, rate := r.config.Duration, r.config.Rate
	if p.once > 0 {
		length, rate = 0, 0
	} else if r.config.Warmup > 0 {
		workers.drive(ctx, begin(wallClock(), r.config.Warmup, rate, 0), sources)
	}
	s := begin(wallClock(), length, rate, p.once)
	defer r.watch(s, p.name)()
	server, own := r.meter(), meterOf(os.Getpid())
	got := workers.drive(ctx, s, sources)
	row := rowOf(p, s, got)
	row.Connections = r.config.Connections
	row.Server, row.Generator = server.since(row.Requests), own.since(row.Requests)
	return row, nil
}

// meter measures the server, or nothing if its process is not known.
func (r *runner) meter() meter {
	if r.pid == 0 {
		return meter{}
	}
	return meterOf(r.pid)
}
