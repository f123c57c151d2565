package bench_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/slotfarm/slotfarm/internal/bench"
	"github.com/slotfarm/slotfarm/internal/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a server until the test ends and returns a small measurement of it.
func start(t *testing.T, maxSlots int) bench.Config {
	t.Helper()
	s, err := server.Start(context.Background(), server.Config{MaxSlots: maxSlots})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return bench.Config{
		Endpoint: s.Endpoint(), Connections: 4, Accounts: 20,
		Duration: 100 * time.Millisecond, Warmup: 10 * time.Millisecond, Rounds: 1, History: 1000,
	}
}

func run(ctx context.Context, t *testing.T, c bench.Config) bench.Report {
	t.Helper()
	report, err := bench.Run(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// check finds that each row counts requests, and returns their names.
func check(t *testing.T, r bench.Report) []string {
	t.Helper()
	var names []string
	for _, row := range r.Rows {
		names = append(names, row.Name)
		l := row.Latency
		if row.Requests == 0 || row.Failed > 0 || row.PerSecond <= 0 || l.P50 <= 0 || l.P50 > l.P90 || l.P90 > l.P99 || l.P99 > l.P999 || l.P999 > l.Max {
			t.Errorf("row = %+v, want requests that succeed, and quantiles in order", row)
		}
	}
	return names
}

func TestWorkloads(t *testing.T) {
	t.Parallel()
	c := start(t, 1_000_000)
	c.Workloads, c.Rounds, c.SyncDir = []string{"purchases", "renewals", "status", "paging", "mix"}, 2, t.TempDir()
	r := run(context.Background(), t, c)
	if diff := cmp.Diff(append([]string{"offerings"}, c.Workloads...), check(t, r)); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if len(r.Rounds) != 2 || r.Interrupted || r.Rows[0].Ratio != 1 || r.Rows[1].Ratio <= 0 {
		t.Errorf("report = %+v, want two rounds and the ratios to the floor", r)
	}
	if r.Fdatasync.P50 <= 0 || len(r.Comparisons) != 1 {
		t.Errorf("fdatasync = %+v, comparisons = %+v; want the disk and purchases in comparison", r.Fdatasync, r.Comparisons)
	}
	if r.Prepared.Requests != 20+16*250 {
		t.Errorf("prepared with %d requests, want one for each account and 250 for each of 16", r.Prepared.Requests)
	}
}

func TestScenarios(t *testing.T) {
	t.Parallel()
	for scenario, want := range map[string][]string{
		"hot":      {"offerings", "purchases", "hot"},
		"accounts": {"offerings", "purchases-1000", "purchases"},
		"history":  {"offerings", "first-page", "deepest-page", "hot", "purchases-behind"},
		"advance":  {"offerings", "advance"},
	} {
		t.Run(scenario, func(t *testing.T) {
			t.Parallel()
			c := start(t, 1_000_000)
			c.Scenario, c.Rounds = scenario, 2
			r := run(context.Background(), t, c)
			if diff := cmp.Diff(want, check(t, r)); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
			switch last := r.Rows[len(r.Rows)-1]; scenario {
			case "advance":
				if last.Requests != 2*20 || last.TransactionsEachSec <= last.PerSecond {
					t.Errorf("advance = %+v, want each account once in each round", last)
				}
			default:
				if len(r.Comparisons) == 0 {
					t.Error("nothing is compared")
				}
			}
		})
	}
}

func TestOpenLoop(t *testing.T) {
	t.Parallel()
	c := start(t, 1_000_000)
	c.Rate, c.Duration = 100, 200*time.Millisecond
	r := run(context.Background(), t, c)
	check(t, r)
	if row := r.Rows[0]; row.Requests+row.Unsent != 20 {
		t.Errorf("%d requests and %d unsent, want 20 in all", row.Requests, row.Unsent)
	}
}

// TestFailures sells fewer slots than are asked for.
func TestFailures(t *testing.T) {
	t.Parallel()
	c := start(t, 1)
	c.Workloads, c.Accounts, c.Duration = []string{"purchases"}, 1, time.Second
	r := run(context.Background(), t, c)
	row := r.Rows[1]
	if r.Failed() == 0 || row.Failed != r.Failed() || len(row.Failures) != 1 {
		t.Fatalf("row = %+v, want failures of one kind", row)
	}
	if f := row.Failures[0]; f.Name != "LimitExceededException" || f.Count != row.Failed || !strings.Contains(f.Example, "this account may hold 1") {
		t.Errorf("failure = %+v", f)
	}
}

// TestPreparationFails makes the second purchase of an account exceed a limit.
func TestPreparationFails(t *testing.T) {
	t.Parallel()
	c := start(t, 1)
	c.Workloads, c.Accounts = []string{"purchases"}, 1
	run(context.Background(), t, c)
	if _, err := bench.Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), "LimitExceededException") {
		t.Errorf("Run: %v, want the exception", err)
	}
}

// TestInterrupted ends the context in the third round.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	c := start(t, 1_000_000)
	c.Rounds, c.Duration = 1000, 300*time.Millisecond
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	c.Progress = func(p bench.Progress) {
		if p.Round == 3 && p.Done > 0 {
			cancel()
		}
	}
	r := run(ctx, t, c)
	if !r.Interrupted || len(r.Rounds) < 2 || len(r.Rounds) > 3 {
		t.Errorf("%d rounds, interrupted %t; want what there was until then", len(r.Rounds), r.Interrupted)
	}
	check(t, r)
}

func TestNoServer(t *testing.T) {
	t.Parallel()
	c := start(t, 1)
	c.Endpoint = "http://127.0.0.1:1"
	if r, err := bench.Run(context.Background(), c); err == nil || !strings.Contains(err.Error(), "list the offerings") {
		t.Errorf("Run: %+v, %v; want an error", r, err)
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	good := bench.Config{Endpoint: "http://127.0.0.1:1", Connections: 1, Accounts: 1, Duration: time.Second, Rounds: 1, History: 200}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*bench.Config){
		`endpoint "x"`:                     func(c *bench.Config) { c.Endpoint = "x" },
		`workload "x" is unknown`:          func(c *bench.Config) { c.Workloads = []string{"x"} },
		`scenario "x" is unknown`:          func(c *bench.Config) { c.Scenario = "x" },
		"connections 0 is out of range":    func(c *bench.Config) { c.Connections = 0 },
		"accounts 0 is out of range":       func(c *bench.Config) { c.Accounts = 0 },
		"duration in seconds 0 is out of":  func(c *bench.Config) { c.Duration = 0 },
		"warmup in seconds -1 is out of":   func(c *bench.Config) { c.Warmup = -time.Second },
		"rate -1 is out of range":          func(c *bench.Config) { c.Rate = -1 },
		"rounds 0 is out of range":         func(c *bench.Config) { c.Rounds = 0 },
		"history 100 is out of range; it ": func(c *bench.Config) { c.History = 100 },
	} {
		c := good
		change(&c)
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Check: %v, want %q", err, want)
		}
		if _, err := bench.Run(context.Background(), c); err == nil {
			t.Errorf("%s: Run has no error", want)
		}
	}
}
